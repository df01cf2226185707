from datetime import date

from psycopg2.errors import CheckViolation, RestrictViolation

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common import MANAGER, PREPARER, REVIEWER, SettlementCase


@tagged("post_install", "-at_install")
class TestAdjustments(SettlementCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rule = cls._make_rule("B", value=8)
        cls.preparer = cls._make_user("t_preparer", PREPARER)
        cls.reviewer = cls._make_user("t_reviewer", REVIEWER)
        cls.Adjustment = cls.env["scrm.settlement.adjustment"].with_user(cls.preparer)

    def _adjust(self, **vals):
        return self.Adjustment.create(
            {
                "partner_id": self.dealer.id,
                "product_id": self.part.id,
                "date": date(2026, 11, 20),
                "reason": "Forgotten in October",
                **vals,
            }
        )

    def test_by_the_rules(self):
        adjustment = self._adjust(quantity=7)
        self.assertRecordValues(
            adjustment.line_id,
            [
                {
                    "source_type": "adjustment",
                    "partner_id": self.dealer.id,
                    "date": date(2026, 11, 20),
                    "quantity": 7,
                    "price_unit": 117.76,
                    "amount": 824.32,
                    "rule_id": self.rule.id,
                    "state": "pending",
                }
            ],
        )

    def test_an_amount(self):
        line = self._adjust(pricing="amount", amount=-55.5, quantity=1).line_id
        self.assertEqual((-1, 55.5, -55.5), (line.quantity, line.price_unit, line.amount))
        self.assertEqual("Forgotten in October", line.price_reason)
        self.assertEqual(-55.5, self._generate().amount_untaxed)

    def test_money_of_the_company_that_is_chosen(self):
        other = self.company_other
        other.currency_id = self.env.ref("base.EUR")
        self.preparer.company_ids |= other
        companies = (self.company | other).ids
        with Form(self.Adjustment.with_context(allowed_company_ids=companies)) as form:
            form.partner_id = self.dealer
            form.product_id = self.part
            form.reason = "Forgotten"
            form.pricing = "amount"
            form.amount = 50
            self.assertEqual(self.cny, form.currency_id)
            form.company_id = other
        self.assertEqual(other.currency_id, form.record.line_id.currency_id)

    def test_an_amount_that_no_unit_price_makes(self):
        line = self._adjust(pricing="amount", amount=100, quantity=3).line_id
        self.assertEqual((3, 33.333333, 100), (line.quantity, line.price_unit, line.amount))
        line = self._adjust(pricing="amount", amount=100000, quantity=90000.07).line_id
        self.assertEqual(100000, self.cny.round(line.quantity * line.price_unit))

    def test_a_correction_names_its_line(self):
        line = self._record({"quantity": 10})
        action = line.with_user(self.preparer).action_adjust()
        with Form(self.Adjustment.with_context(**action["context"])) as form:
            self.assertEqual(self.dealer, form.partner_id)
            form.pricing = "amount"
            form.amount = -17.6
            form.date = date(2026, 11, 20)
            form.reason = "Agreed by telephone"
        correction = line.correction_ids
        self.assertEqual((-17.6, 1), (correction.amount, line.correction_count))
        self.assertEqual(form.record, correction._get_source_document())

    def test_a_return_by_hand(self):
        line = self._record({"quantity": 10})
        context = line.with_user(self.preparer).action_return()["context"]
        self.assertEqual(10, context["default_quantity"])
        with Form(self.Adjustment.with_context(**context)) as form:
            form.quantity = 3
            form.reason = "Came back by the dealer's own van"
        self.assertEqual(-353.28, line.correction_ids.amount)
        self.assertEqual(7, line.action_return()["context"]["default_quantity"])
        with self.assertRaisesRegex(UserError, "7.00 of 10.00 are left"):
            self._adjust(kind="return", origin_line_id=line.id, quantity=8)

    def test_it_is_written_once(self):
        adjustment = self._adjust()
        with self.assertRaises(UserError):
            adjustment.sudo().write({"reason": "Another"})
        with self.assertRaises(UserError):
            adjustment.sudo().unlink()
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(RestrictViolation),
            self.cr.savepoint(),
        ):
            self.cr.execute("UPDATE scrm_settlement_adjustment SET quantity = quantity + 1")

    @mute_logger("odoo.sql_db")
    def test_what_is_missing_is_refused(self):
        for vals in ({"pricing": "amount"}, {"quantity": 0}, {"kind": "return"}):
            with self.assertRaises(CheckViolation), self.cr.savepoint():
                self._adjust(**vals)

    def test_who_may(self):
        adjustment = self._adjust()
        adjustment.with_user(self.reviewer).read(["reason"])
        with self.assertRaises(AccessError):
            self._adjust_as(self.reviewer)
        stranger = self._make_user("t_stranger", MANAGER, company=self.company_other)
        with self.assertRaises(AccessError):
            adjustment.with_user(stranger).read(["reason"])
        salesman = self._make_user("t_salesman", "sales_team.group_sale_salesman")
        with self.assertRaises(AccessError):
            adjustment.with_user(salesman).read(["reason"])

    def test_claims_of_a_spreadsheet_are_sources_too(self):
        claim = self._prepare_source(source_type="import", quantity=2)
        line = self.env["scrm.settlement.line"]._record_sources([claim])
        self.assertEqual(("import", 235.52), (line.source_type, line.amount))
        self.assertFalse(self.env["scrm.settlement.line"]._record_sources([claim]))

    def test_parts_of_one_source(self):
        source = self._prepare_source()
        Line = self.env["scrm.settlement.line"]
        self.assertEqual(2, len(Line._record_sources([source, {**source, "seq": 1}])))
        other_model = {**source, "source_model": "res.users"}
        self.assertEqual(1, len(Line._record_sources([source, other_model])))

    def test_merging_two_contacts_keeps_the_adjustment(self):
        adjustment = self._adjust(partner_id=self.dealer_2.id)
        self.env["base.partner.merge.automatic.wizard"]._merge(
            (self.dealer | self.dealer_2).ids, self.dealer
        )
        self.env.invalidate_all()
        self.assertEqual(self.dealer, adjustment.partner_id)

    def _adjust_as(self, user):
        self.Adjustment.with_user(user).create(
            {"partner_id": self.dealer.id, "product_id": self.part.id, "reason": "None"}
        )
