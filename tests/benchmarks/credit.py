"""What 1,000 dealers owe, and what the check costs an order, against core.

The company has 1,000 dealers with a credit account, ten confirmed orders and ten posted invoices
each. Their exposure is read by `scrm.credit.account._get_exposures`; beside it, core reads
`credit` and `credit_to_invoice` of the same contacts (a narrower figure: what is ordered and not
delivered, drafts and deposits are not in it). Exactly 1,000 are asked about: with the dealer whom
the others are copies of there are 1,001, more than Odoo fetches at once. Then orders of one dealer
are confirmed with the check, and with it switched off.

    python tests/benchmarks/credit.py
    SCALE=full python tests/benchmarks/credit.py    ten times the orders and invoices
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from harness import stage
from harness.scales import Scale, chosen

DEALERS = 1000
EACH = {"small": 10, "full": 100}
CONFIRMED = 10
# At most this share of what core takes; and of what a confirmation takes without the check.
SHARE_TARGET = 0.1
CONFIRM_TARGET = 1.2
KEY = "bench.credit"


def seed(env, scale):
    """Make dealers, accounts, orders and invoices: one of each by Odoo, the others by SQL."""
    from harness.seed import _copied

    if env["ir.config_parameter"].get_param(KEY):
        return
    company, cr = env.company, env.cr
    env["account.chart.template"].try_loading("generic_coa", company=company, install_demo=False)
    company.account_use_credit_limit = True
    partner = env["res.partner"].create({"name": "Bench dealer", "is_company": True})
    account = env["scrm.credit.account"].create(
        {"partner_id": partner.id, "limit_mode": "amount", "own_limit": 10**9}
    )
    product = env["product.product"].create(
        {"name": "Bench", "type": "consu", "invoice_policy": "delivery", "taxes_id": []}
    )
    line = {"product_id": product.id, "product_uom_qty": 10, "price_unit": 100}
    order = env["sale.order"].create({"partner_id": partner.id, "order_line": [(0, 0, line)]})
    order.with_context(skip_procurement=True).action_confirm()
    order.order_line.qty_delivered = 4
    invoice = env["account.move"].create(
        {
            "move_type": "out_invoice",
            "partner_id": partner.id,
            "invoice_date": "2026-01-01",
            "invoice_line_ids": [(0, 0, {"name": "Bench", "price_unit": 500, "tax_ids": []})],
        }
    )
    invoice.action_post()
    env.flush_all()
    # The copies refer to rows made just before; checking each again would take most of the time.
    cr.execute("SET LOCAL session_replication_role = replica")
    each = EACH[scale.name.removeprefix("credit_")]
    of = f"n / {each}"

    def copy(record, count, changes):
        number = f"(SELECT max(id) FROM {record._table})"
        statement = _copied(cr, record._table, changes)
        cr.execute(
            f"{statement} CROSS JOIN generate_series(0, {count - 1}) n WHERE t.id = {record.id}"
        )
        return number

    cr.execute("SELECT max(id) + 1 FROM res_partner")
    first = cr.fetchone()[0]
    cr.execute("SELECT setval('res_partner_id_seq', %s)", [first - 1])
    copy(partner, DEALERS, {"name": "'Bench dealer ' || n", "ref": "'bench'",
                            "commercial_partner_id": f"{first} + n"})  # fmt: skip
    copy(account, DEALERS, {"partner_id": f"{first} + n"})
    for parent, child, key in (
        (order, order.order_line, "order_id"),
        (invoice, invoice.line_ids.filtered(lambda e: e.account_id.account_type
                                            == "asset_receivable"), "move_id"),
    ):  # fmt: skip
        cr.execute(f"SELECT max(id) + 1 FROM {parent._table}")
        base = cr.fetchone()[0]
        cr.execute(f"SELECT setval('{parent._table}_id_seq', {base - 1})")
        dealer = f"{first} + {of}"
        changes = {"partner_id": dealer, "name": "'BENCH/' || n"}
        if parent is order:
            changes |= {"partner_invoice_id": dealer, "partner_shipping_id": dealer,
                        "access_token": "NULL"}  # fmt: skip
        else:
            changes |= {"commercial_partner_id": dealer, "sequence_number": "n + 100"}
        copy(parent, DEALERS * each, changes)
        copy(child, DEALERS * each, {key: f"{base} + n",
                                     **({"partner_id": dealer} if key == "move_id" else {}),
                                     **({"order_partner_id": dealer} if key == "order_id"
                                        else {})})  # fmt: skip
    env["ir.config_parameter"].set_param(KEY, f"{first},{product.id}")
    env.flush_all()
    cr.commit()
    cr._cnx.autocommit = True
    for table in ("res_partner", "sale_order", "sale_order_line", "account_move",
                  "account_move_line", "scrm_credit_account"):  # fmt: skip
        cr.execute(f"VACUUM ANALYZE {table}")
    cr._cnx.autocommit = False


def exposure(env):
    accounts = env["scrm.credit.account"].search([], limit=DEALERS)
    exposures = accounts._get_exposures()
    assert len(exposures) == DEALERS
    return exposures


def core(env):
    """Read the two figures that core's own banner adds up."""
    partners = env["res.partner"].search([("ref", "=", "bench")])
    assert len(partners) == DEALERS
    return [(p.credit, p.credit_to_invoice) for p in partners]


def make_orders(env):
    """Have orders to confirm, not timed."""
    first, product_id = map(int, env["ir.config_parameter"].get_param(KEY).split(","))
    line = {"product_id": product_id, "product_uom_qty": 1, "price_unit": 100}
    env["sale.order"].create(
        [
            {
                "partner_id": first + n,
                "client_order_ref": "bench-confirm",
                "order_line": [(0, 0, line)] * 5,
            }
            for n in range(CONFIRMED)
        ]
    )


def confirm(env):
    for order in env["sale.order"].search([("client_order_ref", "=", "bench-confirm")]):
        order.action_confirm()
        assert order.state == "sale"


def confirm_unchecked(env):
    env.cr.execute("DELETE FROM scrm_credit_account WHERE id IN (SELECT account.id FROM"
                   " scrm_credit_account account JOIN sale_order o"
                   " ON o.partner_id = account.partner_id"
                   " AND o.client_order_ref = 'bench-confirm')")  # fmt: skip
    confirm(env)


def main() -> None:
    scale = chosen()
    stage.ADDON, stage.seed = "scrm_settlement", seed
    place = stage.Stage(Scale(f"credit_{scale.name}", 0, 0, 0, 0)).open()
    report = place.report
    with place.session() as env:
        exposure(env)  # warm: what Odoo and PostgreSQL cache once
        env.invalidate_all()
        report.compare(
            f"exposure of {DEALERS:,} dealers", env, product=exposure, bare=core,
            target=SHARE_TARGET,
        )  # fmt: skip
        env.invalidate_all()
        before = env.cr.sql_log_count
        exposure(env)
        report.note(f"queries for {DEALERS:,} dealers: {env.cr.sql_log_count - before}")
        make_orders(env)
        confirm(env)  # warm
        env.cr.execute("UPDATE sale_order SET client_order_ref = NULL"
                       " WHERE client_order_ref = 'bench-confirm'")  # fmt: skip
        env.invalidate_all()
        report.compare(
            f"confirm {CONFIRMED} orders with the check", env, product=confirm,
            bare=confirm_unchecked, target=CONFIRM_TARGET, prepare=make_orders,
        )  # fmt: skip


if __name__ == "__main__":
    main()
