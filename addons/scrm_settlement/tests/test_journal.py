from datetime import date, datetime

from psycopg2.errors import RestrictViolation

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.base.models.ir_model import MODULE_UNINSTALL_FLAG

from .common import SettlementCase


@tagged("post_install", "-at_install")
class TestJournal(SettlementCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rule = cls._make_rule("B", value=8)

    def test_a_source_is_recorded_once(self):
        """Worked example 13, its last part: the second run of the same sources adds nothing."""
        sources = [self._prepare_source() for _number in range(3)]
        Line = self.env["scrm.settlement.line"]
        self.assertEqual(3, len(Line._record_sources(sources)))
        self.assertFalse(Line._record_sources(sources))
        self.assertEqual(
            3, Line.search_count([("source_id", "in", [s["source_id"] for s in sources])])
        )

    def test_the_same_id_of_another_kind_is_another_source(self):
        source = self._prepare_source()
        labour = {**source, "source_type": "labour"}
        self.assertEqual(2, len(self.env["scrm.settlement.line"]._record_sources([source, labour])))

    def test_the_day_is_the_companys(self):
        """Worked example 9: 31 October 16:30 UTC is November in Shanghai, for the price too."""
        self.rule.date_to = date(2026, 10, 31)
        november = self._make_rule("November", value=12, date_from=date(2026, 11, 1))
        october, line = self._record(
            {"occurred_at": datetime(2026, 10, 31, 15, 59)},
            {"occurred_at": datetime(2026, 10, 31, 16, 30)},
        ).sorted("occurred_at")
        self.assertEqual((date(2026, 10, 31), self.rule), (october.date, october.rule_id))
        self.assertEqual((date(2026, 11, 1), november), (line.date, line.rule_id))
        statement = self._generate()
        self.assertEqual(line, statement.line_ids)

    def test_contacts_earn_for_their_company(self):
        contact = self._make_partner(name="Clerk", parent_id=self.dealer.id)
        self.assertEqual(self.dealer, self._record({"partner_id": contact.id}).partner_id)

    def test_quantities_are_in_the_products_unit(self):
        dozen = self.env.ref("uom.product_uom_dozen")
        line = self._record({"quantity": 2, "uom_id": dozen.id})
        self.assertEqual((24, self.part.uom_id), (line.quantity, line.uom_id))
        self.assertEqual(2826.24, line.amount)

    @mute_logger("odoo.sql_db")
    def test_facts_and_prices_are_written_once(self):
        line = self._record()
        for assignment in (
            "quantity = 2",
            "statement_id = NULL, quantity = 2",
            "date = date - 1",
            "price_unit = 1",
            "amount = amount + 1",
            "rule_id = NULL",
            "explanation = NULL",
            "state = 'no_price'",
        ):
            with self.assertRaises(RestrictViolation), self.cr.savepoint():
                self.cr.execute(  # pylint: disable=sql-injection
                    f"UPDATE scrm_settlement_line SET {assignment} WHERE id = %s", [line.id]
                )
        with self.assertRaises(RestrictViolation), self.cr.savepoint():
            self.cr.execute("DELETE FROM scrm_settlement_line WHERE id = %s", [line.id])

    @mute_logger("odoo.sql_db", "odoo.registry", "odoo.addons.base.models.ir_model")
    def test_facts_of_columns_that_come_and_go(self):
        """A column that is added later is a fact; when it is dropped, the guard stays."""
        line = self._record()
        self.addCleanup(self.registry._setup_models__, self.cr)
        field = self.env["ir.model.fields"].create(
            {
                "name": "x_batch",
                "field_description": "Batch",
                "model_id": self.env["ir.model"]._get_id(line._name),
                "ttype": "char",
            }
        )
        self._check_refused("UPDATE scrm_settlement_line SET x_batch = 'x' WHERE id = %s", line)
        # As an addon's columns go: without its models being set up once more
        field.with_context(**{MODULE_UNINSTALL_FLAG: True}).unlink()
        self._check_refused("UPDATE scrm_settlement_line SET quantity = 2 WHERE id = %s", line)
        self._check_refused("DELETE FROM scrm_settlement_line WHERE id = %s", line)

    def _check_refused(self, statement, line):
        with self.assertRaises(RestrictViolation), self.cr.savepoint():
            self.cr.execute(statement, [line.id])

    def test_code_writes_no_facts_either(self):
        line = self._record().sudo()
        for vals in ({"quantity": 2}, {"partner_id": self.dealer_2.id}):
            with self.assertRaises(UserError):
                line.write(vals)
        with self.assertRaises(UserError):
            line.unlink()

    def test_merging_two_contacts_keeps_what_they_earned(self):
        line = self._record({"partner_id": self.dealer_2.id})
        statement = self._generate(partners=self.dealer_2)
        self.env["base.partner.merge.automatic.wizard"]._merge(
            (self.dealer | self.dealer_2).ids, self.dealer
        )
        self.env.invalidate_all()
        self.assertFalse(self.dealer_2.exists())
        self.assertEqual((self.dealer, 117.76), (line.partner_id, line.amount))
        self.assertEqual(self.dealer, statement.partner_id)

    def test_a_line_without_a_rule_waits_for_its_price(self):
        self.rule.active = False
        line = self._record({"quantity": 2})
        self.assertEqual(("no_price", 0), (line.state, line.amount))
        with self.assertRaisesRegex(UserError, "1 lines of this period have no price"):
            self._generate()
        self.rule.active = True
        line.action_find_price()
        self.assertEqual(("pending", 117.76, 235.52), (line.state, line.price_unit, line.amount))

    def test_a_dealers_unpriced_lines_block_the_submission(self):
        self._record({}, {"product_id": self.part_2.id})
        statement = self._generate()
        with self.assertRaisesRegex(UserError, "1 lines of this dealer and period have no price"):
            statement.action_submit()

    def test_a_return_has_the_price_of_what_was_settled(self):
        """Worked example 12: 3 of 10 come back at 117.76 although November's tier is −12 %."""
        line = self._record({"quantity": 10, "occurred_at": datetime(2026, 10, 5)})
        self.rule.value = 12
        taken_back = self._return(line, 3)
        self.assertEqual((117.76, -353.28), (taken_back.price_unit, taken_back.amount))
        self.assertEqual("Returned at the price of 10/05/2026", taken_back.price_reason[:35])
        with self.assertRaisesRegex(UserError, "7.00 of 10.00 are left"):
            self._return(line, 8)
        self._return(line, 7)
        with self.assertRaises(UserError):
            self._return(line, 1)

    def test_nothing_is_returned_twice(self):
        line = self._record({"quantity": 10})
        self._return(line, 3, source_id=4711)
        self.assertFalse(self._return(line, 3, source_id=4711))

    def test_a_source_that_is_gone_leaves_its_line(self):
        line = self._record({"source_model": "model.of.a.removed.app"})
        self.assertEqual("Filter", line.source_label)
        with self.assertRaises(UserError):
            line.action_open_source()

    def test_a_source_without_a_name_is_called_by_its_line(self):
        item = self.env["scrm.library.line"].search([], limit=1)
        self.assertEqual(f"scrm.library.line,{item.id}", item.display_name)
        line = self._record({"source_model": item._name, "source_id": item.id})
        self.assertEqual("Filter", line.source_label)

    def test_the_source_opens(self):
        line = self._record({"source_id": self.dealer.id})
        self.assertEqual("Dealer", line.source_label)
        action = line.action_open_source()
        self.assertEqual(("res.partner", self.dealer.id), (action["res_model"], action["res_id"]))

    def _return(self, line, quantity, source_id=None):
        type(self).next_source += 1
        return line._record_return(
            quantity,
            source_model="res.partner",
            source_id=source_id or self.next_source,
            occurred_at=datetime(2026, 11, 5, 4, 0),
        )
