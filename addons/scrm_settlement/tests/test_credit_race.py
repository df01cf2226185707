from odoo import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.scrm_base.tests.common import unprotected
from odoo.addons.scrm_base.tests.race_case import RaceCase

CODE = "credit-race-test"


@tagged("post_install", "-at_install")
class TestCreditRace(RaceCase):
    """Two orders of one dealer are confirmed at once, on two real connections."""

    is_production = False

    def _prepare(self, env):
        company = env.ref("base.main_company")
        # The company's own contact is nobody's customer, so nothing else is made for it.
        partner = company.partner_id
        product = env["product.product"].create(
            {"name": CODE, "type": "service", "taxes_id": [Command.clear()]}
        )
        account = env["scrm.credit.account"].create(
            {
                "company_id": company.id,
                "partner_id": partner.id,
                "limit_mode": "amount",
                "own_limit": 100000,
            }
        )

        def make_order(amount):
            line = {"product_id": product.id, "price_unit": amount}
            return env["sale.order"].create(
                {
                    "partner_id": partner.id,
                    "company_id": company.id,
                    "client_order_ref": CODE,
                    "order_line": [Command.create(line)],
                }
            )

        make_order(70000).action_confirm()
        self.order_ids = [make_order(20000).id, make_order(20000).id]
        self.account_id = account.id

    def _take_away(self, env):
        cr = env.cr
        with unprotected(cr, "scrm_credit_hold", "scrm_credit_review", "scrm_flow_log"):
            cr.execute("SELECT id FROM sale_order WHERE client_order_ref = %s", [CODE])
            orders = [row[0] for row in cr.fetchall()]
            cr.execute("SELECT id FROM scrm_credit_hold WHERE order_id = ANY(%s)", [orders])
            holds = [row[0] for row in cr.fetchall()]
            cr.execute("SELECT id FROM scrm_credit_review WHERE account_id = %s", [self.account_id])
            reviews = [row[0] for row in cr.fetchall()]
            for model, ids in (
                ("scrm.credit.hold", holds),
                ("scrm.credit.review", reviews),
                ("scrm.credit.account", [self.account_id]),
                ("sale.order", orders),
            ):
                for table, column in (
                    ("mail_activity", "res_model"),
                    ("mail_message", "model"),
                    ("mail_followers", "res_model"),
                    ("scrm_flow_log", "res_model"),
                    ("scrm_outbox", "res_model"),
                ):
                    cr.execute(  # pylint: disable=sql-injection
                        f"DELETE FROM {table} WHERE {column} = %s AND res_id = ANY(%s)",
                        [model, ids],
                    )
            cr.execute("DELETE FROM scrm_credit_hold WHERE id = ANY(%s)", [holds])
            cr.execute("DELETE FROM scrm_credit_review WHERE id = ANY(%s)", [reviews])
            cr.execute("DELETE FROM scrm_credit_account WHERE id = %s", [self.account_id])
            cr.execute("DELETE FROM sale_order WHERE id = ANY(%s)", [orders])
            env["product.product"].search([("name", "=", CODE)]).product_tmpl_id.unlink()
            env.ref("base.main_company").partner_id.credit_limit = 0

    def _confirm(self, env, number):
        order = env["sale.order"].browse(self.order_ids[number])
        order.action_confirm()
        env.flush_all()
        return order.scrm_credit_state

    @mute_logger("odoo.sql_db", "odoo.service.model")
    def test_worked_example_15_two_orders_at_once(self):
        """Exposure 70,000, two orders of 20,000: one passes (90,000), the other is held."""
        outcome = self._race(lambda env: self._confirm(env, 0), lambda env: self._confirm(env, 1))
        self.assertEqual((False, "held", 2), outcome)
        with self._connect() as env:
            account = env["scrm.credit.account"].browse(self.account_id)
            self.assertEqual(90000, account.amount_exposure)
            hold = account.hold_ids
            self.assertEqual((90000, 20000), (hold.amount_exposure, hold.amount_open))
            self.assertEqual(10000, hold.amount_over)
