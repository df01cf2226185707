from datetime import timedelta

from freezegun import freeze_time
from lxml import etree
from psycopg2.errors import CheckViolation, RestrictViolation

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger
from odoo.tools.safe_eval import safe_eval

from .credit_case import CREDIT_MANAGER, CreditCase

DAY = timedelta(days=1)


@tagged("post_install", "-at_install")
class TestCreditHold(CreditCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.account = cls._open_account()

    def _confirm(self, order, user=None):
        """Confirm as somebody from the sales team does it without looking."""
        order.with_user(user or self.salesman).action_confirm()
        return order

    def _approve(self, order, amount=None, days=5, user=None):
        hold = order.scrm_credit_hold_id.with_user(user or self.manager)
        hold._approve(
            order.amount_total if amount is None else amount,
            self.company._scrm_local_day(fields.Datetime.now()) + timedelta(days=days),
            "Paid tomorrow",
        )
        return hold

    # === CONFIRM === #

    def test_worked_example_14_at_the_limit_and_a_cent_above(self):
        self._use_70000()
        order = self._confirm(self._make_order(30000))
        self.assertEqual("sale", order.state)
        self.assertFalse(order.scrm_credit_state)
        self.assertTrue(order.picking_ids)
        order._action_cancel()
        over = self._confirm(self._make_order(30000.01))
        self.assertEqual("held", over.scrm_credit_state)
        self.assertEqual("sale", over.state)
        self.assertFalse(over.picking_ids)
        hold = over.scrm_credit_hold_id
        self.assertEqual(70000, hold.amount_exposure)
        self.assertAlmostEqual(0.01, hold.amount_over)
        self.assertEqual("36000.00", hold.snapshot["parts"]["receivable"])
        self.assertEqual(self.salesman, hold.requester_id)
        self.assertIn("exceed the limit", hold.reason)

    def test_the_holds_of_a_dealer_are_those_that_its_number_opens(self):
        branch = self.env["res.company"].create(
            {"name": "Branch", "parent_id": self.company.id, "scrm_pool_id": self.pool.id}
        )
        self._confirm(self._make_order(100001, company_id=branch.id), self.env.user)
        self._confirm(self._make_order(100001))
        for companies, count in ((self.company, 1), (self.company + branch, 2)):
            self.manager.company_ids = companies
            self.env.invalidate_all()
            dealer = self.dealer.with_user(self.manager)
            dealer = dealer.with_context(allowed_company_ids=companies.ids)
            self.assertEqual(count, dealer.scrm_credit_hold_count)
            action = dealer.action_scrm_credit_holds()
            holds = dealer.env[action["res_model"]].search(action["domain"])
            self.assertEqual(["open"] * count, holds.mapped("state"))

    def test_a_branch_decides_on_its_orders(self):
        """The account, and with it the policy, is the company's above."""
        branch = self.env["res.company"].create(
            {"name": "Branch", "parent_id": self.company.id, "scrm_pool_id": self.pool.id}
        )
        manager = self._make_user("credit.branch", CREDIT_MANAGER, company=branch)
        order = self._confirm(self._make_order(100001, company_id=branch.id), self.env.user)
        hold = order.scrm_credit_hold_id.with_user(manager)
        action = hold.action_open_decision()
        decision = self.env["scrm.credit.decision"].with_user(manager)
        self.env.invalidate_all()
        with Form(decision.with_context(**action["context"])) as form:
            self.assertEqual(100001, form.amount_approved)
        form.record.action_approve()
        self.assertEqual("released", order.scrm_credit_state)

    def test_the_button_asks_before_it_confirms(self):
        order = self._make_order(100001).with_user(self.salesman)
        action = order.with_context(scrm_credit_ask=True).action_confirm()
        self.assertEqual("scrm.credit.request", action["res_model"])
        self.assertEqual("draft", order.state)
        request = self.env["scrm.credit.request"].with_user(self.salesman).browse(action["res_id"])
        self.assertIn("exceeds the credit", request.sentence)
        request.note = "New shop opens"
        request.action_request()
        self.assertEqual("sale", order.state)
        self.assertEqual("held", order.scrm_credit_state)
        self.assertEqual("New shop opens", order.scrm_credit_hold_id.request_note)
        self.assertEqual(self.manager, order.scrm_credit_hold_id.activity_ids.user_id)

    def test_a_policy_warns_refuses_or_does_not_look(self):
        self.policy.on_confirm = "warn"
        self.assertFalse(self._confirm(self._make_order(100001)).scrm_credit_state)
        self.policy.on_confirm = "none"
        self.assertFalse(self._confirm(self._make_order(100001)).scrm_credit_state)
        self.policy.on_confirm = "block"
        order = self._make_order(100001)
        with self.assertRaisesRegex(UserError, "exceeds the credit"):
            order.with_user(self.salesman).with_context(scrm_credit_ask=True).action_confirm()
        self._confirm(order)  # not by the button: kept as a quotation, on hold
        self.assertEqual(("draft", "held"), (order.state, order.scrm_credit_state))

    def test_an_order_that_is_written_as_confirmed_is_checked(self):
        order, small = self._make_order(500000), self._make_order(5)
        (order + small).with_user(self.salesman).write({"state": "sale"})
        self.assertEqual(["held", False], (order + small).mapped("scrm_credit_state"))
        self.assertEqual("confirm", order.scrm_credit_hold_id.checkpoint)

    def test_one_order_without_credit_stops_no_other_one(self):
        small, big, small_2 = (self._make_order(amount) for amount in (10, 100001, 20))
        other = self._make_order(10**6, partner=self.dealer_2)  # no account: stock Odoo
        (small | big | small_2 | other).with_user(self.salesman).action_confirm()
        self.assertEqual(
            [False, "held", False, False],
            (small | big | small_2 | other).mapped("scrm_credit_state"),
        )
        self.assertEqual({"sale"}, set((small | big | small_2 | other).mapped("state")))

    def test_orders_of_one_batch_see_each_other(self):
        orders = self._make_order(60000) | self._make_order(50000)
        orders.with_user(self.salesman).action_confirm()
        self.assertEqual([False, "held"], orders.mapped("scrm_credit_state"))

    def test_a_held_order_takes_no_credit_from_others(self):
        self._confirm(self._make_order(150000))
        self.assertFalse(self._confirm(self._make_order(90000)).scrm_credit_state)

    def test_overdue_invoices(self):
        self.policy.write({"check_overdue": True, "max_days_overdue": 10})
        today = self.company._scrm_local_day(fields.Datetime.now())
        self._invoice(1, invoice_date=today - 40 * DAY, invoice_date_due=today - 11 * DAY)
        order = self._confirm(self._make_order(1))
        self.assertEqual("overdue", order.scrm_credit_hold_id.reason_codes)
        self.assertIn("11 days overdue", order.scrm_credit_reason)

    # === RELEASE === #

    def test_release_lets_it_go_and_tells(self):
        order = self._confirm(self._make_order(150000, quantity=10))
        self.assertFalse(order.picking_ids)
        hold = self._approve(order)
        self.assertEqual(("approved", "released"), (hold.state, order.scrm_credit_state))
        self.assertEqual("assigned", order.picking_ids.move_ids.state)
        self.assertFalse(hold.activity_ids)
        self._deliver(order)
        self.assertEqual("done", order.picking_ids.state)

    def test_worked_example_15_release_of_35000(self):
        self._use_70000()
        with freeze_time("2026-11-26 04:00:00"):
            order = self._confirm(self._make_order(35000, quantity=10))
            self.assertEqual("held", order.scrm_credit_state)
            order.scrm_credit_hold_id.with_user(self.manager)._approve(35000, "2026-11-30")
            self.assertEqual("released", order.scrm_credit_state)
            line = order.order_line
            line.price_unit = 3400
            self.assertEqual((34000, "released"), (order.amount_total, order.scrm_credit_state))
            line.price_unit = 3550
            self.assertEqual((35500, "held"), (order.amount_total, order.scrm_credit_state))
            line.price_unit = 3500
            order.scrm_credit_hold_id.with_user(self.manager)._approve(35000, "2026-11-30")
        with freeze_time("2026-12-01 04:00:00"):
            # The dealer still has no credit: the goods issue is checked anew and refused.
            result = self._deliver(order)
            self.assertNotEqual("done", result.state)
            self.assertEqual("held", order.scrm_credit_state)
            self.assertEqual("issue", order.scrm_credit_hold_id.checkpoint)
            # He pays: checked again, it goes.
            self._entry(self._receivable(), 20000)
            order.scrm_credit_hold_id.with_user(self.salesman).action_check_again()
            self.assertFalse(order.scrm_credit_state)
            self.assertEqual("done", self._deliver(order).state)

    def test_the_last_day_is_the_companys(self):
        """A release until 30 November ends at midnight in Shanghai, not in London."""
        with freeze_time("2026-11-29 04:00:00"):
            order = self._confirm(self._make_order(150000))
            order.scrm_credit_hold_id.with_user(self.manager)._approve(150000, "2026-11-30")
        Hold = self.env["scrm.credit.hold"]
        with freeze_time("2026-11-30 15:59:00"):
            Hold._cron_expire()
            self.assertEqual("released", order.scrm_credit_state)
        with freeze_time("2026-11-30 16:01:00"):
            Hold._cron_expire()
            self.assertEqual("expired", order.scrm_credit_state)

    def test_increase_of_an_order_that_had_the_credit(self):
        self.product.list_price = 9000
        order = self._confirm(self._make_order(90000, quantity=10))
        line = order.order_line
        line.with_user(self.salesman).product_uom_qty = 11
        self.assertFalse(order.scrm_credit_state)
        self.assertEqual(11, order.picking_ids.move_ids.product_uom_qty)
        line.with_user(self.salesman).product_uom_qty = 12
        self.assertEqual("held", order.scrm_credit_state)
        self.assertEqual("increase", order.scrm_credit_hold_id.checkpoint)
        # The twelfth is procured when the order is released.
        self.assertEqual(11, sum(order.picking_ids.move_ids.mapped("product_uom_qty")))
        self._approve(order)
        self.assertEqual(12, sum(order.picking_ids.move_ids.mapped("product_uom_qty")))

    def test_a_line_added_to_a_confirmed_order(self):
        order = self._confirm(self._make_order(90000))
        vals = {"order_id": order.id, "product_id": self.product.id, "price_unit": 20000}
        self.env["sale.order.line"].with_user(self.salesman).create({**vals, "tax_ids": []})
        self.assertEqual("held", order.scrm_credit_state)
        self.assertEqual(1, len(order.picking_ids.move_ids))

    def test_rejection_needs_a_reason_and_may_be_asked_again(self):
        order = self._confirm(self._make_order(150000))
        hold = order.scrm_credit_hold_id.with_user(self.manager)
        with self.assertRaisesRegex(UserError, "Say why"):
            hold._reject(" ")
        hold._reject("Pay first")
        self.assertEqual("rejected", order.scrm_credit_state)
        self.assertFalse(order.picking_ids)
        order.with_user(self.salesman).action_scrm_request_credit()
        self.assertEqual("held", order.scrm_credit_state)
        self.assertNotEqual(hold.id, order.scrm_credit_hold_id.id)
        self._approve(order)
        self.assertTrue(order.picking_ids)

    def _shows(self, button, order):
        """Tell whether the salesperson finds a button on the order."""
        seen = order.with_user(self.salesman)
        arch = etree.fromstring(seen.get_view(view_type="form")["arch"])
        values = seen.read(["state", "delivery_status", "scrm_credit_state"])[0]
        return any(
            not any(
                safe_eval(node.get("invisible") or "False", values)
                for node in (found, *found.iterancestors("div"))
            )
            for found in arch.iterfind(f".//button[@name='{button}']")
        )

    def _expire(self):
        """Return an order whose release has ended."""
        with freeze_time("2026-11-28 04:00:00"):
            order = self._confirm(self._make_order(150000))
            order.scrm_credit_hold_id.with_user(self.manager)._approve(150000, "2026-11-30")
        with freeze_time("2026-12-01 04:00:00"):
            self.env["scrm.credit.hold"]._cron_expire()
        return order

    def test_an_expired_release_may_be_asked_again(self):
        order = self._confirm(self._make_order(150000))
        ask = "action_scrm_request_credit"
        self.assertFalse(self._shows(ask, order))
        order = self._expire()
        self.assertTrue(self._shows(ask, order))
        order.with_user(self.salesman).action_scrm_request_credit()
        self.assertEqual("request", order.scrm_credit_hold_id.checkpoint)
        self.assertEqual("held", order.scrm_credit_state)
        self.assertFalse(self._shows(ask, order))
        self._approve(order)
        self._deliver(order)
        self.assertEqual("full", order.delivery_status)

    def test_an_expired_release_is_not_asked_for_once_all_is_delivered(self):
        order = self._expire()
        self._entry(self._receivable(), 60000)
        self._deliver(order)
        self.assertEqual(("expired", "full"), (order.scrm_credit_state, order.delivery_status))
        self.assertFalse(self._shows("action_scrm_request_credit", order))

    def test_who_asks_again_without_need_is_told(self):
        order = self._expire()
        self._entry(self._receivable(), 60000)
        told = order.with_user(self.salesman).action_scrm_request_credit()
        self.assertIn("has the credit", told["params"]["message"])
        self.assertEqual("expired", order.scrm_credit_state)

    def test_cancelling_the_order_ends_its_hold(self):
        order = self._confirm(self._make_order(150000))
        order.with_user(self.salesman)._action_cancel()
        self.assertFalse(order.scrm_credit_state)
        self.assertEqual("lifted", order.scrm_credit_hold_ids.state)

    # === WHO === #

    def test_who_asked_does_not_decide(self):
        both = self._make_user(
            "credit.both",
            "sales_team.group_sale_salesman_all_leads",
            "scrm_settlement.group_scrm_settlement_credit_manager",
        )
        order = self._confirm(self._make_order(150000), user=both)
        with self.assertRaisesRegex(UserError, "cannot decide"):
            self._approve(order, user=both)
        hold = order.scrm_credit_hold_id
        with (
            self.assertRaises(CheckViolation),
            mute_logger("odoo.sql_db"),
            self.env.cr.savepoint(),
        ):
            self.env.cr.execute(
                "UPDATE scrm_credit_hold SET approver_id = requester_id WHERE id = %s",
                [hold.id],
            )
        self._approve(order)
        self.assertEqual("approved", hold.state)

    def test_the_sales_team_may_not_decide(self):
        order = self._confirm(self._make_order(150000))
        with self.assertRaises(AccessError):
            self._approve(order, user=self.salesman)
        with self.assertRaises(AccessError):
            self._approve(
                order,
                user=self._make_user(
                    "credit.channel", "scrm_settlement.group_scrm_settlement_channel_manager"
                ),
            )

    def test_a_release_below_the_order_is_refused(self):
        order = self._confirm(self._make_order(150000))
        with self.assertRaisesRegex(UserError, "lets nothing go"):
            self._approve(order, amount=149999.99)
        with self.assertRaisesRegex(UserError, "still to come"):
            self._approve(order, days=-1)

    @mute_logger("odoo.sql_db")
    def test_the_facts_of_a_hold_are_written_once(self):
        hold = self._confirm(self._make_order(150000)).scrm_credit_hold_id
        for statement in (
            "UPDATE scrm_credit_hold SET amount_requested = 1 WHERE id = %s",
            "UPDATE scrm_credit_hold SET snapshot = NULL WHERE id = %s",
            "DELETE FROM scrm_credit_hold WHERE id = %s",
        ):
            with self.assertRaises(RestrictViolation), self.env.cr.savepoint():
                self.env.cr.execute(statement, [hold.id])
        with self.assertRaises(UserError):
            hold.with_user(self.manager).write({"state": "approved"})

    def test_nobody_writes_the_audits_answer_on_the_order(self):
        order = self._confirm(self._make_order(150000)).with_user(self.salesman)
        for state in (False, "released"):
            with self.assertRaisesRegex(AccessError, "not edited by hand"):
                order.scrm_credit_state = state
        order.write({"scrm_credit_state": "held", "note": "As the screen sends it"})
        self.assertEqual("held", order.scrm_credit_state)

    def test_notices_reach_manager_salesperson_and_dealer(self):
        order = self._confirm(self._make_order(150000))
        Outbox = self.env["scrm.outbox"]
        domain = [
            ("res_model", "=", "scrm.credit.hold"),
            ("res_id", "=", order.scrm_credit_hold_id.id),
        ]
        told = Outbox.search(domain)
        self.assertIn(self.manager, told.user_id)
        self.assertIn(self.salesman, told.user_id)
        self.assertTrue(told.filtered(lambda row: row.medium == "email"))
        before = len(told)
        self._approve(order)
        self.assertEqual(before + 2, Outbox.search_count(domain))

    def test_who_was_told_of_a_hold_hears_that_it_is_lifted(self):
        order = self._confirm(self._make_order(150000))
        hold = order.scrm_credit_hold_id
        self._entry(self._receivable(), 60000)
        hold.with_user(self.manager).action_check_again()
        self.assertEqual("lifted", hold.state)
        told = self.env["scrm.outbox"].search(
            [
                ("res_model", "=", hold._name),
                ("res_id", "=", hold.id),
                ("rule_id.event", "=", "lift"),
            ]
        )
        self.assertEqual({"inapp", "email"}, set(told.mapped("medium")))
        self.assertEqual(self.salesman, told.user_id)

    # === STOCK ODOO === #

    def test_customers_without_an_account_cost_one_query(self):
        plain = self._make_order(10**7, partner=self.dealer_2)
        plain._scrm_get_credit_accounts()  # what the first look loads
        self.env.flush_all()
        with self.assertQueryCount(1):
            plain._scrm_get_credit_accounts()
        self._confirm(plain)
        self.assertFalse(plain.scrm_credit_state)
        self.assertEqual("done", self._deliver(plain).state)
