"""Statements: generating them for many dealers, and posting what they become in Invoicing."""

import sys
from datetime import date
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parent))

from harness import stage as stages
from harness.measure import ROUNDS, take
from harness.scales import chosen
from harness.seed import PROGRESS, _copied, _done, _in_slices
from harness.stage import Stage

DEALERS = {"small": 500, "full": 10_000}
LINES = {"small": 100, "full": 100}
LOOP = {"small": 20, "full": 500}
BILLS = {"small": 10, "full": 1000}
BATCH = 1000
FIRST, LAST = date(2026, 11, 1), date(2026, 11, 30)
REF = "bench-dealer-"


class SettlementStage(Stage):
    """A database with the settlement addon, its dealers and their journal."""

    def __init__(self, scale):
        super().__init__(scale)
        self.name = f"bench_statements_{scale.name}"


def seed(env, scale):
    """Dealers and their pending lines, by SQL in slices that are kept when it is broken off."""
    cr = env.cr
    cr.execute(PROGRESS)
    cr.commit()
    if _done(cr, "ready"):
        return
    line = _make_template(env)
    values = {"line": line.id, "partner": line.partner_id.id, "lines": LINES[scale.name]}
    partner = _copied(
        cr,
        "res_partner",
        {
            "name": "'Dealer ' || n",
            "complete_name": "'Dealer ' || n",
            "ref": f"'{REF}' || n",
            "commercial_partner_id": "NULL",
        },
    )
    _in_slices(
        cr,
        "dealers",
        DEALERS[scale.name],
        f"{partner}, generate_series(%(first)s, %(last)s) n WHERE t.id = %(partner)s",
        values,
    )
    cr.execute(
        "UPDATE res_partner SET commercial_partner_id = id"
        " WHERE ref LIKE %s AND commercial_partner_id IS NULL",
        [f"{REF}%"],
    )
    cr.execute(
        "CREATE TABLE IF NOT EXISTS bench_dealer AS"
        " SELECT id, row_number() OVER (ORDER BY id) AS n FROM res_partner WHERE ref LIKE %s",
        [f"{REF}%"],
    )
    cr.execute("CREATE UNIQUE INDEX IF NOT EXISTS bench_dealer_n ON bench_dealer (n)")
    cr.commit()
    pending = _copied(
        cr,
        "scrm_settlement_line",
        {
            "partner_id": "d.id",
            "source_id": "1000 + g.n",
            "date": "DATE '2026-11-01' + (g.n %% 30)::int",
            "quantity": "1 + g.n %% 7",
            "amount": "round((1 + g.n %% 7) * t.price_unit, 2)",
        },
    )
    _in_slices(
        cr,
        "lines of the journal",
        DEALERS[scale.name] * LINES[scale.name],
        f"""
        {pending}, generate_series(%(first)s, %(last)s) g(n)
          JOIN bench_dealer d ON d.n = 1 + (g.n - 1) / %(lines)s
         WHERE t.id = %(line)s
        """,
        values,
    )
    cr.execute("INSERT INTO bench_progress VALUES ('ready', 1)")
    cr.commit()
    cr._cnx.autocommit = True
    # The tables too that are empty: PostgreSQL takes them for large until it has counted.
    cr.execute("VACUUM ANALYZE")


def _make_template(env):
    """Make one dealer and one line through the product; the seed copies them."""
    company = env.company
    if not company.chart_template:
        env["account.chart.template"].try_loading("generic_coa", company, install_demo=False)
    partner = env["res.partner"].create({"name": "Bench dealer", "is_company": True})
    product = env["product.product"].create({"name": "Bench part", "type": "consu"})
    tier = env["scrm.settlement.tier"].create({"name": "Bench", "company_id": company.id})
    env["scrm.settlement.rule"].create(
        {
            "name": "Bench",
            "tier_id": tier.id,
            "method": "fixed",
            "value": 117.76,
            "target": "product",
            "product_id": product.id,
        }
    )
    line = env["scrm.settlement.line"]._record_sources(
        [
            {
                "source_type": "part",
                "source_model": "bench",
                "source_id": 1,
                "company_id": company.id,
                "partner_id": partner.id,
                "product_id": product.id,
                "quantity": 1,
                "occurred_at": "2026-12-20 04:00:00",
            }
        ]
    )
    env.cr.commit()
    return line


def dealers(env, count):
    env.cr.execute("SELECT id FROM bench_dealer WHERE n <= %s ORDER BY n", [count])
    return env["res.partner"].browse([row[0] for row in env.cr.fetchall()])


def generate(env, count):
    """Generate as a run does: a thousand dealers at a time."""
    found = dealers(env, count)
    for number in range(0, count, BATCH):
        env["scrm.settlement.statement"]._generate(
            env.company, FIRST, LAST, found[number : number + BATCH]
        )
        env.flush_all()
        env.invalidate_all()


def generate_in_a_loop(env, count):
    """Generate as addons do that search for each dealer and create for each line.

    What was found is marked as settled too, or the next run would settle it again.
    """
    Line = env["scrm.settlement.line"]
    tester = env["scrm.settlement.price.tester"].create({})
    for dealer in dealers(env, count):
        lines = Line.search(
            [
                ("company_id", "=", env.company.id),
                ("partner_id", "=", dealer.id),
                ("state", "=", "pending"),
                ("date", ">=", FIRST),
                ("date", "<=", LAST),
            ]
        )
        statement = env["scrm.settlement.statement"].create(
            {
                "company_id": env.company.id,
                "partner_id": dealer.id,
                "currency_id": lines.currency_id.id,
                "date_from": FIRST,
                "date_to": LAST,
            }
        )
        for line in lines:
            # A small row for each line, as a line of a settlement is there
            env["scrm.settlement.price.candidate"].create(
                {
                    "tester_id": tester.id,
                    "position": statement.id,
                    "rule_id": line.rule_id.id,
                    "price_unit": line.price_unit,
                    "reason": line.name,
                }
            )
        lines.write({"statement_id": statement.id, "state": "claimed"})
        statement._write_derived({"amount_total": sum(line.amount for line in lines)})
        env.flush_all()


def seconds_for(stage, count):
    with stage.session() as env:
        return min(_once(env, count) for _round in range(2))


def _once(env, count):
    env.cr.execute("SAVEPOINT once")
    taken = take(env.cr, lambda: generate(env, count))
    env.clear()
    env.cr.execute("ROLLBACK TO SAVEPOINT once")
    return taken.cpu


def prepared_statements(env, count):
    """Return as many draft statements, a hundred lines each."""
    preparer = env.ref("base.user_admin")
    return (
        env["scrm.settlement.statement"]
        .with_user(preparer)
        ._generate(env.company, FIRST, LAST, dealers(env, count))
    )


def submit(env):
    prepared_statements(env, 1).action_submit()


def make_bill(env):
    """Make the bill of the same statement, and nothing else of a submission."""
    vals = prepared_statements(env, 1)._prepare_document_vals()
    env["account.move"].sudo().create({**vals, "scrm_is_settlement": False})


def reviewed_bills(env, count):
    """Return draft bills of as many reviewed statements."""
    statements = prepared_statements(env, count)
    statements.action_submit()
    statements.with_user(1).action_review()
    env.flush_all()
    # As where bills are posted each month: core's search for their payments crawls without
    env.cr.execute("ANALYZE")
    return statements.sudo().move_id.ids


def post(env, ids):
    env["account.move"].browse(ids).action_post()


def post_plain(env, ids):
    """Post the same bills as if they were no settlement's."""
    env.cr.execute("UPDATE account_move SET scrm_is_settlement = FALSE WHERE id = ANY(%s)", [ids])
    env.invalidate_all()
    post(env, ids)


def main() -> None:
    scale = chosen()
    stages.ADDON = "scrm_settlement"
    stages.seed = seed
    stage = SettlementStage(scale).open()
    compare = stage.report.compare
    many, loop = DEALERS[scale.name], LOOP[scale.name]
    few = seconds_for(stage, many // 10)
    with stage.session() as env:
        cpu = compare(
            f"statements for {many:,} dealers, to {many // 10:,}",
            env,
            product=lambda env: generate(env, many),
            bare=few,
            target=12,
        )
        looped = median(
            stage.report._run(env, lambda env: generate_in_a_loop(env, loop), None).cpu
            for _round in range(ROUNDS)
        )
        each, bare = 1000 * cpu / many, 1000 * looped / loop
        stage.report.note(f"a dealer: {each:.1f} ms CPU, {bare:.1f} in a loop over {loop} dealers")
        stage.report._print("a dealer's, to the loop's (ms)", each, each, bare, each / bare, 0.05)
        compare(
            f"submit {LINES[scale.name]} lines, to their bill",
            env,
            product=submit,
            bare=make_bill,
            target=1.15,
        )
        ids = reviewed_bills(env, BILLS[scale.name])
        grown = stage.report.get_growth()
        stage.report.note(f"{len(ids)} statements generated, submitted, reviewed: +{grown} MB")
        compare(
            f"post {len(ids)} settlement bills, to plain",
            env,
            product=lambda env: post(env, ids),
            bare=lambda env: post_plain(env, ids),
            target=1.15,
        )
    stage.report.note(f"{many * LINES[scale.name]:,} lines; +MB is above the loaded server")


if __name__ == "__main__":
    main()
