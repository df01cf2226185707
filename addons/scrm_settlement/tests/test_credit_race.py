import threading
import time
from contextlib import contextmanager
from functools import partial
from unittest.mock import patch

from odoo import SUPERUSER_ID, Command, api
from odoo.modules.registry import Registry
from odoo.service.model import retrying
from odoo.tests import BaseCase, tagged
from odoo.tests.common import get_db_name
from odoo.tools import mute_logger

from odoo.addons.scrm_base.tests.common import unprotected

DEADLINE = 30
CODE = "credit-race-test"


@tagged("post_install", "-at_install")
class TestCreditRace(BaseCase):
    """Two real connections on committed data, which the test takes away again."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.registry = Registry(get_db_name())

    @contextmanager
    def _connect(self):
        with self.registry.cursor() as cr:
            yield api.Environment(cr, SUPERUSER_ID, {"tracking_disable": True})

    def setUp(self):
        super().setUp()
        self.addCleanup(self._take_away)
        with self._connect() as env:
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

    def _take_away(self):
        with (
            self._connect() as env,
            unprotected(env.cr, "scrm_credit_hold", "scrm_credit_review", "scrm_flow_log"),
        ):
            cr = env.cr
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
        attempts, outcome, backend = [], [], threading.Event()

        def second():
            with self._connect() as env:
                env.cr.execute("SELECT pg_backend_pid()")
                self.backend_pid = env.cr.fetchone()[0]
                backend.set()

                def attempt():
                    attempts.append(1)
                    return self._confirm(env, 1)

                with patch("time.sleep"):
                    outcome.append(retrying(attempt, env))

        with self._connect() as env:
            first = self._confirm(env, 0)
            thread = threading.Thread(target=second)
            thread.start()
            try:
                self.assertTrue(backend.wait(DEADLINE))
                self._await_lock(self.backend_pid)
            finally:
                env.cr.commit()
                thread.join(DEADLINE)
        self.assertFalse(thread.is_alive())
        self.assertEqual((False, ["held"], 2), (first, outcome, len(attempts)))
        with self._connect() as env:
            account = env["scrm.credit.account"].browse(self.account_id)
            self.assertEqual(90000, account.amount_exposure)
            hold = account.hold_ids
            self.assertEqual((90000, 20000), (hold.amount_exposure, hold.amount_open))
            self.assertEqual(10000, hold.amount_over)

    def _await_lock(self, pid):
        """Return when the other connection waits for a lock of ours."""
        limit = time.monotonic() + DEADLINE
        waiting = partial(self._is_waiting, pid)
        while not waiting():
            self.assertLess(time.monotonic(), limit, "the second transaction never waited")

    def _is_waiting(self, pid):
        with self.registry.cursor() as cr:
            cr.execute("SELECT wait_event_type FROM pg_stat_activity WHERE pid = %s", [pid])
            return cr.fetchone() == ("Lock",)
