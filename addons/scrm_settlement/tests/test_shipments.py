from datetime import date, datetime

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import CHANNEL_MANAGER, MANAGER, PREPARER
from .journal_case import JournalCase


@tagged("post_install", "-at_install")
class TestShipments(JournalCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rebate = cls._make_rebate()

    # === WHAT IS FETCHED === #

    def test_deliveries_are_valued_as_they_were_sold(self):
        move = self._ship(10, 86.4)
        self.assertRecordValues(
            self._pull(),
            [
                {
                    "source_type": "shipment",
                    "source_model": "stock.move",
                    "source_id": move.id,
                    "partner_id": self.dealer.id,
                    "date": date(2026, 11, 5),
                    "quantity": 10,
                    "source_amount": 864,
                    "price_unit": 2,
                    "amount": 20,
                    "rule_id": self.rebate.id,
                    "state": "pending",
                }
            ],
        )

    def test_a_second_run_adds_nothing(self):
        self._ship()
        self.assertEqual(1, len(self._pull()))
        self.assertFalse(self._pull())
        self.assertEqual((0, False), self.Line._pull(self.company))

    def test_parts_of_an_order_are_settled_as_they_leave(self):
        order = self._order(10)
        first = self._complete(order.picking_ids.move_ids, 4)
        second = self._complete(order.picking_ids.move_ids - first, 6)
        lines = self._pull()
        self.assertEqual([(4, 400), (6, 600)], [(ln.quantity, ln.source_amount) for ln in lines])
        self.assertEqual((first | second).ids, lines.mapped("source_id"))

    def test_nothing_is_fetched_without_a_tier_for_shipments(self):
        self._ship()
        self.shipping_tier.active = False
        self.assertFalse(self._pull())
        self.shipping_tier.active = True
        self.assertEqual(1, len(self._pull()))

    def test_the_past_is_not_paid_by_accident(self):
        self._ship(moment=datetime(2026, 10, 31, 15, 59))
        move = self._ship(moment=datetime(2026, 10, 31, 16, 0))
        self.rebate.date_from = date(2026, 11, 1)
        self.assertEqual(move.ids, self._pull().mapped("source_id"))
        self.rebate.date_from = False
        self._ship(moment=datetime(2020, 1, 1))
        self.assertFalse(self._pull())

    def test_the_date_of_another_rule_pays_no_past(self):
        """A rule without a first day prices nothing from before it was made, whoever fetches it."""
        self.rebate.write({"product_id": self.part.id, "target": "product"})
        undated = self._make_rule("Undated", tier_id=self.shipping_tier.id, method="fixed", value=3)
        made = undated._get_day_made()
        past = self._ship(moment=datetime(2026, 3, 5, 4))
        today = self._ship(moment=self.company._scrm_local_noon(made))
        states = {past.id: ("no_price", 0), today.id: ("pending", 30)}
        self.assertEqual(
            states, {line.source_id: (line.state, line.amount) for line in self._pull()}
        )
        requests = [
            {"partner": self.dealer, "product": self.goods, "day": day, "scope": "shipment"}
            for day in (date(2026, 3, 5), made)
        ]
        Rule = self.env["scrm.settlement.rule"]
        for resolve in (Rule._resolve, Rule._resolve_many):
            found = [result["rule"] for result in resolve(self.company, requests)]
            self.assertEqual([Rule, undated], found)
        undated.date_from = date(2026, 1, 1)
        self.Line.search([("state", "=", "no_price")])._find_prices()
        self.assertEqual("pending", self.Line.search([("source_id", "=", past.id)]).state)

    def test_only_dealers_are_settled(self):
        self._ship(partner=self._make_partner(name="Retail customer"))
        self.assertFalse(self._pull())

    def test_contacts_order_for_their_company(self):
        self._ship(partner=self._make_partner(name="Clerk", parent_id=self.dealer.id))
        self.assertEqual(self.dealer, self._pull().partner_id)

    def test_other_companies_have_their_own_journal(self):
        self._ship()
        self.Line._pull(self.company_other)
        self.assertFalse(self.Line.search([("company_id", "=", self.company_other.id)]))

    def test_the_frequent_run_looks_at_recent_moves_only(self):
        self._ship(moment=datetime(2026, 11, 1, 4, 0))
        move = self._ship(moment=datetime(2026, 11, 10, 4, 0))
        lines = self._pull(since=datetime(2026, 11, 9))
        self.assertEqual(move.ids, lines.mapped("source_id"))
        self.assertEqual(1, len(self._pull()), "the nightly run finds what was missed")

    def test_foreign_orders_count_in_the_companys_currency(self):
        usd = self.env.ref("base.USD")
        usd.active = True
        self.env["res.currency.rate"].create(
            {
                "currency_id": usd.id,
                "company_id": self.company.id,
                "name": date(2026, 11, 1),
                "rate": 0.125,
            }
        )
        pricelist = self.env["product.pricelist"].create({"name": "USD", "currency_id": usd.id})
        self._ship(10, 12.5, pricelist_id=pricelist.id)
        self.assertEqual(1000, self._pull().source_amount)

    def test_other_units(self):
        dozen = self.env.ref("uom.product_uom_dozen")
        move = self._order(2, 120, uom=dozen).picking_ids.move_ids
        self._complete(move, move.product_uom_qty)
        line = self._pull()
        self.assertEqual((24, 240, 48), (line.quantity, line.source_amount, line.amount))

    def test_what_was_not_ordered_waits_for_a_person(self):
        move = self._ship()
        move.sale_line_id.flush_recordset()
        # As of what the warehouse adds to a transfer, which nobody ordered.
        self.env.cr.execute(
            "UPDATE sale_order_line SET product_uom_qty = 0 WHERE id = %s", [move.sale_line_id.id]
        )
        self.assertFalse(self._pull())
        exception = self._get_exception(move)
        self.assertEqual(("other_item", "open"), (exception.reason, exception.state))

    def test_what_was_sold_at_a_negative_price_waits_for_a_person(self):
        """A discount that is a product of the kind goods leaves with the delivery."""
        self.rebate.write({"method": "percent", "value": 5})
        move = self._ship(1, -7)
        self.assertFalse(self._pull(), "or the discount would earn 0.35")
        exception = self._get_exception(move)
        self.assertEqual(("negative", 1), (exception.reason, exception.quantity))
        with self.assertRaises(UserError):
            exception.action_record()
        self.assertFalse(self._pull())

    # === WHAT COMES BACK === #

    def test_goods_come_back_at_the_price_of_their_line(self):
        move = self._ship(10)
        line = self._pull()
        self.rebate.value = 3
        self._bring_back(move, 3)
        back = self._pull()
        self.assertRecordValues(
            back,
            [
                {
                    "source_type": "return",
                    "origin_line_id": line.id,
                    "quantity": -3,
                    "price_unit": 2,
                    "amount": -6,
                    "source_amount": -300,
                    "date": date(2026, 11, 20),
                }
            ],
        )
        self.assertFalse(self._pull())

    def test_parts_of_a_return_add_up_to_the_line(self):
        self.rebate.write({"value": 0.335, "price_round": 0})
        move = self._ship(3, 33.333333)
        line = self._pull()
        self.assertEqual(1.01, line.amount)  # 1.005 rounded
        for _piece in range(3):
            self._bring_back(move, 1)
        back = self._pull()
        self.assertEqual([-0.34, -0.33, -0.34], back.mapped("amount"))
        self.assertEqual(0, self.cny.round(line.amount + sum(back.mapped("amount"))))
        self.assertEqual(0, self.cny.round(line.source_amount + sum(back.mapped("source_amount"))))
        for part in back:
            self.assertEqual(part.amount, self.cny.round(part.quantity * part.price_unit))

    def test_what_was_paid_comes_back_after_the_tier_is_gone(self):
        move = self._ship(10)
        self._pull()
        self.shipping_tier.active = False
        self._bring_back(move, 3)
        self.assertEqual(-6, self._pull().amount)

    def test_more_than_was_settled_is_refused(self):
        """Worked example 12, its end: what exceeds the rest is not taken back."""
        move = self._ship(10)
        self._pull()
        self._bring_back(move, 3)
        self._pull()
        back = self._bring_back(move, 7)
        back.quantity = 8
        self.assertFalse(self._pull())
        exception = self._get_exception(back)
        self.assertEqual("too_much", exception.reason)
        with self.assertRaisesRegex(UserError, "7.00 of 10.00 are left"):
            exception.action_settle()

    def test_a_return_without_refund_waits_for_a_person(self):
        move = self._ship(10)
        self._pull()
        back = self._bring_back(move, 3, to_refund=False)
        self.assertFalse(self._pull())
        exception = self._get_exception(back)
        self.assertEqual(("no_refund", 3), (exception.reason, exception.quantity))
        exception.action_settle()
        self.assertEqual("settled", exception.state)
        line = self.Line.search([("source_id", "=", back.id), ("source_type", "=", "return")])
        self.assertEqual(-6, line.amount)
        self.assertFalse(self._pull())

    def test_a_person_says_that_nothing_is_to_settle(self):
        move = self._ship(10)
        self._pull()
        back = self._bring_back(move, 3, to_refund=False)
        self._pull()
        preparer = self._make_user("t_preparer", PREPARER)
        exception = self._get_exception(back).with_user(preparer)
        with self.assertRaisesRegex(UserError, "Decision"):
            exception.action_dismiss()
        exception.note = "Exchanged under warranty"
        exception.action_dismiss()
        self.assertEqual("dismissed", exception.state)
        self.assertFalse(self._pull())
        with self.assertRaises(UserError):
            exception.note = "Changed my mind"

    def test_a_return_waits_for_the_price_of_its_line(self):
        self.rebate.write({"target": "product", "product_id": self.part.id})
        move = self._ship(10)
        line = self._pull()
        self.assertEqual("no_price", line.state)
        back = self._bring_back(move, 10)
        self._pull()
        self.assertEqual("unpriced", self._get_exception(back).reason)
        self.rebate.write({"target": "all", "product_id": False})
        line.action_find_price()
        self.assertEqual(-20, self._pull().amount)
        self.assertEqual("settled", self._get_exception(back).state)

    # === WHO MAY === #

    def test_people_fetch_too(self):
        self._ship()
        salesman = self._make_user("t_salesman", "sales_team.group_sale_salesman")
        with self.assertRaises(AccessError):
            self.Line.with_user(salesman).action_pull()
        manager = self._make_user("t_channel", CHANNEL_MANAGER)
        params = self.Line.with_user(manager).action_pull()["params"]
        self.assertEqual("1 sources fetched.", params["message"])
        # A screen of its own: the address may be loaded again.
        self.assertEqual("ir.actions.act_window", params["next"]["type"])
        self.shipping_tier.active = False
        message = self.Line.with_user(manager).action_pull()["params"]["message"]
        self.assertIn("No active tier", message)

    def test_the_clock_fetches_too(self):
        self._ship(moment=datetime(2026, 11, 5, 4, 0))
        for cron in ("ir_cron_pull_sources", "ir_cron_pull_all_sources"):
            with self.enter_registry_test_mode():
                self.env.ref(f"scrm_settlement.{cron}").method_direct_trigger()
        self.assertEqual(1, self.Line.search_count([("company_id", "=", self.company.id)]))

    def test_exceptions_of_other_companies(self):
        move = self._ship(10)
        self._pull()
        back = self._bring_back(move, 3, to_refund=False)
        self._pull()
        stranger = self._make_user("t_stranger", MANAGER, company=self.company_other)
        with self.assertRaises(AccessError):
            self._get_exception(back).with_user(stranger).read(["name"])

    def test_the_number_of_queries_does_not_grow_with_the_moves(self):
        def count(moves):
            for _move in range(moves):
                self._ship()
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.assertEqual(moves, self.Line._pull(self.company)[0])
            return self.env.cr.sql_log_count - before

        count(1)
        self.assertEqual(count(2), count(12))

    def test_a_replay_gives_the_same_journal(self):
        move = self._ship(10)
        self._ship(4, 12.34)
        self._bring_back(move, 3)
        self._pull()
        before = self._get_fingerprint()
        self.env.cr.execute("ALTER TABLE scrm_settlement_line DISABLE TRIGGER USER")
        self.env.cr.execute(
            "DELETE FROM scrm_settlement_line WHERE company_id = %s", [self.company.id]
        )
        self.env.cr.execute("ALTER TABLE scrm_settlement_line ENABLE TRIGGER USER")
        self.env.invalidate_all()
        self.assertEqual(3, len(self._pull()))
        self.assertEqual(before, self._get_fingerprint())

    def _get_fingerprint(self):
        """Return a hash of every fact and price of the company's journal."""
        self.env.flush_all()
        self.env.cr.execute(
            """
            SELECT md5(string_agg(fact, E'\\n' ORDER BY fact)) FROM (
                SELECT (to_jsonb(line) - '{id,origin_line_id,create_date,write_date}'::text[]
                        )::text || COALESCE(origin.source_id, 0) AS fact
                  FROM scrm_settlement_line line
             LEFT JOIN scrm_settlement_line origin ON origin.id = line.origin_line_id
                 WHERE line.company_id = %s) facts
            """,
            [self.company.id],
        )
        return self.env.cr.fetchone()[0]

    def _get_exception(self, move):
        return self.env["scrm.settlement.exception"].search(
            [("source_model", "=", "stock.move"), ("source_id", "=", move.id)]
        )
