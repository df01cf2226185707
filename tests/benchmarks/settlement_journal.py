"""What it takes to bring a year's deliveries into the settlement journal, each exactly once.

Dealers' orders and their done moves are seeded by SQL; `scrm.settlement.line._pull` finds, values,
prices and writes them, a batch after the other. Beside it, one INSERT … SELECT writes the very same
rows into the same table, with its key and its indexes. Then the pull runs again and must find
nothing.

    python tests/benchmarks/settlement_journal.py               20,000 deliveries
    SCALE=full python tests/benchmarks/settlement_journal.py    1,000,000 deliveries
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from harness import stage
from harness.measure import take
from harness.scales import Scale, chosen
from harness.seed import PROGRESS, _copied, _done, _in_slices

LINES = {"small": 20_000, "full": 1_000_000}
DEALERS = 1_000
ROUNDS = {"small": 3, "full": 1}
REPEAT_TARGET = 0.6
INSERT_TARGET = 6
LINEAR_TARGET = 1.2
# A tenth by the clock's way costs what it always costs, too.
TENTH_TARGET = 2


def seed(env, scale):
    """Make dealers, their orders and what was delivered of them, in slices that are kept."""
    cr = env.cr
    cr.execute(PROGRESS)
    cr.commit()
    if _done(cr, "ready"):
        return
    dealer, order, move = _make_templates(env)
    lines = LINES[scale.name.removeprefix("journal_")]
    values = {"dealer": dealer.id, "order": order.id, "line": order.order_line.id,
              "move": move.id}  # fmt: skip
    _in_slices(
        cr,
        "dealers",
        DEALERS,
        _copied(
            cr,
            "res_partner",
            {
                "name": "'Dealer ' || n",
                "ref": "'bench-' || n",
                "complete_name": "'Dealer ' || n",
                "commercial_partner_id": "NULL",
            },
        )
        + ", generate_series(%(first)s, %(last)s) n WHERE t.id = %(dealer)s",
        values,
    )
    cr.execute("UPDATE res_partner SET commercial_partner_id = id WHERE ref LIKE 'bench-%'")
    cr.execute(
        "CREATE TABLE IF NOT EXISTS bench_dealer AS"
        " SELECT substr(ref, 7)::int AS n, id FROM res_partner WHERE ref LIKE 'bench-%'"
    )
    _in_slices(
        cr,
        "orders",
        DEALERS,
        _copied(
            cr,
            "sale_order",
            {
                "name": "'B' || d.n",
                "partner_id": "d.id",
                "partner_invoice_id": "d.id",
                "partner_shipping_id": "d.id",
                "access_token": "NULL",
            },
        )
        + ", bench_dealer d WHERE t.id = %(order)s AND d.n BETWEEN %(first)s AND %(last)s",
        values,
    )
    _seed_deliveries(cr, lines, values)
    cr.execute("INSERT INTO bench_progress VALUES ('ready', 1)")
    cr.commit()
    cr._cnx.autocommit = True
    for table in ("res_partner", "sale_order", "sale_order_line", "stock_move"):
        cr.execute(f"VACUUM ANALYZE {table}")
    cr._cnx.autocommit = False


def _seed_deliveries(cr, lines, values):
    """One line of an order for each delivery, spread over the dealers and the year 2026."""
    cr.execute(
        "CREATE TABLE IF NOT EXISTS bench_order AS"
        " SELECT substr(name, 2)::int AS n, id FROM sale_order WHERE name ~ '^B[0-9]+$'"
    )
    _in_slices(
        cr,
        "lines of orders",
        lines,
        _copied(
            cr,
            "sale_order_line",
            {
                "order_id": "o.id",
                "sequence": "g.n",
                "product_uom_qty": "1 + g.n % 20",
                "price_subtotal": "(1 + g.n % 20) * 99.9",
            },
        ).replace("%", "%%")
        + ", generate_series(%(first)s, %(last)s) g(n)"
        f" JOIN bench_order o ON o.n = 1 + g.n %% {DEALERS} WHERE t.id = %(line)s",
        values,
    )
    _in_slices(
        cr,
        "deliveries",
        lines,
        _copied(
            cr,
            "stock_move",
            {
                "sale_line_id": "l.id",
                "quantity": "l.product_uom_qty",
                "picking_id": "NULL",
                "product_uom_qty": "l.product_uom_qty",
                "reference": "'WH/OUT/' || l.sequence",
                "date": f"timestamp '2026-01-01' + l.sequence * interval '360 days' / {lines}",
            },
        )
        + ", sale_order_line l WHERE t.id = %(move)s AND l.id <> %(line)s"
        " AND l.sequence BETWEEN %(first)s AND %(last)s",
        values,
    )


def _make_templates(env):
    """Make, through the ORM, one of each, and the rules that price deliveries."""
    grade = env["res.partner.grade"].create({"name": "Bench"})
    dealer = env["res.partner"].create(
        {"name": "Bench template", "is_company": True, "grade_id": grade.id}
    )
    product = env["product.product"].create({"name": "Bench", "type": "consu"})
    order = env["sale.order"].create(
        {
            "partner_id": dealer.id,
            "order_line": [(0, 0, {"product_id": product.id, "price_unit": 99.9, "sequence": 0})],
        }
    )
    order.action_confirm()
    move = order.picking_ids.move_ids
    move.write({"quantity": 1, "picked": True})
    move._action_done()
    move.date = "2025-01-01"  # before the rules, so that the template itself is not settled
    tier = env["scrm.settlement.tier"].create({"name": "Bench", "scope": "shipment"})
    env["scrm.settlement.rule"].create(
        [
            {"name": "2 a piece", "tier_id": tier.id, "method": "fixed", "value": 2,
             "date_from": "2026-01-01", "date_to": "2026-06-30"},
            {"name": "3 %", "tier_id": tier.id, "method": "percent", "value": 3,
             "date_from": "2026-07-01"},
        ]
    )  # fmt: skip
    env.flush_all()
    env.cr.commit()
    return dealer, order, move


def pull(env, since=None):
    taken, more = env["scrm.settlement.line"]._pull(env.company, since)
    assert not more
    return taken


def timed(env, work):
    """Return what a piece of work took, with what it returned."""
    results = []
    taken = take(env.cr, lambda: results.append(work()))
    return taken, results[0]


def empty(env):
    """Empty the journal, in the session's transaction."""
    env.invalidate_all()
    env.cr.execute("TRUNCATE scrm_settlement_line CASCADE")


def copy(env):
    """Write the rows that the pull made, by one statement."""
    env.cr.execute("INSERT INTO scrm_settlement_line SELECT * FROM bench_line")
    return env.cr.rowcount


def one_round(env, lines):
    """Return what the pull, the bare insert, the second pull and a tenth of the pull took."""
    empty(env)
    env.cr.execute("DROP TABLE IF EXISTS bench_line")
    first, taken = timed(env, lambda: pull(env))
    assert taken == lines, f"{taken} of {lines} deliveries were found"
    again, taken = timed(env, lambda: pull(env))
    assert taken == 0, f"the second run found {taken}"
    env.cr.execute("SELECT count(*) FROM scrm_settlement_line WHERE state = 'pending'")
    assert env.cr.fetchone()[0] == lines
    env.cr.execute("CREATE TEMP TABLE bench_line AS SELECT * FROM scrm_settlement_line")
    empty(env)
    bare, written = timed(env, lambda: copy(env))
    assert written == lines
    empty(env)
    # The last 36 of 360 days: a tenth of the deliveries.
    tenth, taken = timed(env, lambda: pull(env, _moment(env)))
    assert abs(taken - lines / 10) <= 2, taken
    return first, bare, again, tenth


def _moment(env):
    env.cr.execute("SELECT timestamp '2026-01-01' + interval '324 days'")
    return env.cr.fetchone()[0]


def main() -> None:
    scale = chosen()
    stage.ADDON, stage.seed = "scrm_settlement", seed
    place = stage.Stage(Scale(f"journal_{scale.name}", 0, 0, 0, 0)).open()
    lines, report = LINES[scale.name], place.report
    with place.session() as env:
        pull(env, _moment(env))  # warm: what Odoo and PostgreSQL cache once
        empty(env)
        Path("/proc/self/clear_refs").write_text("5")  # forget the peak so far
        rounds = [one_round(env, lines) for _round in range(ROUNDS[scale.name])]
    first, bare, again, tenth = (
        sorted(part, key=lambda taken: taken.cpu)[len(part) // 2]
        for part in zip(*rounds, strict=True)
    )
    report.note(f"{lines:,} deliveries: {first.cpu / lines * 1e6:.0f} us CPU each")
    for what, taken, base, target in (
        ("pull, of a bare insert's", first, bare.cpu, INSERT_TARGET),
        ("second pull (0 rows), of the first", again, first.cpu, REPEAT_TARGET),
        ("pull, of ten times a tenth's", first, 10 * tenth.cpu, LINEAR_TARGET),
        ("a tenth's, of a tenth of the pull's", tenth, first.cpu / 10, TENTH_TARGET),
    ):
        report._print(what, taken.wall, taken.cpu, base, taken.cpu / base, target)


if __name__ == "__main__":
    main()
