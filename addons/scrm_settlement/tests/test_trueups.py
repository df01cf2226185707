from datetime import date, datetime

from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from lxml import html
from psycopg2 import IntegrityError

from odoo.exceptions import UserError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from ..models.scrm_settlement_statement_paper import REPORT
from .journal_case import JournalCase

MONTH_ENDS = {10: 31, 11: 30, 12: 31}


@tagged("post_install", "-at_install")
class TestTrueups(JournalCase):
    """Rules that measure a period: worked examples 6 and 7."""

    def _make_contract(self, *steps, **vals):
        return self._make_rule(
            "Contract",
            **{
                "tier_id": self.shipping_tier.id,
                "method": "percent",
                "accumulation": "period",
                "basis": "amount",
                "date_from": date(2026, 1, 1),
                "date_to": date(2026, 12, 31),
                "bracket_ids": self._make_scale(*steps),
                **vals,
            },
        )

    def _sell(self, amount, month, year=2026):
        """Ship goods worth an amount in the middle of a month, and fetch it."""
        self._ship(1, amount, datetime(year, month, 15, 4))
        return self._pull()

    def _true_up(self, year, month, day=None):
        """Run the end of a month; return what the true-ups come to."""
        last = date(year, month, day or MONTH_ENDS.get(month, 31))
        lines = self.Line._record_trueups(self.company, last.replace(day=1), last)
        self.assertFalse(
            self.Line._record_trueups(self.company, last.replace(day=1), last),
            "a second run adds nothing",
        )
        return sum(lines.mapped("amount"))

    def _sell_the_year(self):
        """The course of worked example 7 until the end of its period."""
        self.assertEqual("counted", self._sell(3000, 10).state)
        self.assertEqual(0, self._true_up(2026, 10))
        self._sell(4000, 11)
        self.assertEqual(140, self._true_up(2026, 11))
        line = self._sell(20000, 12)
        self.assertEqual(940, self._true_up(2026, 12))
        return line

    def test_a_final_settlement_is_net_of_the_partial_ones(self):
        self._make_contract((0, 0), (5000, 2), (10000, 4))
        line = self._sell_the_year()
        back = line._record_return(
            0.15, source_model="res.partner", source_id=1, occurred_at=datetime(2027, 1, 20)
        )
        self.assertEqual(("counted", 0, -3000), (back.state, back.amount, back.source_amount))
        self.assertEqual(-120, self._true_up(2027, 1))

    def test_a_month_counts_for_itself(self):
        self._make_contract((0, 0), (5000, 2), (10000, 4), period="month")
        line = self._sell(6000, 10)
        self.assertEqual(120, self._true_up(2026, 10))
        self._sell(6000, 11)
        line._record_return(
            1 / 3, source_model="res.partner", source_id=1, occurred_at=datetime(2026, 11, 20)
        )
        # November earns 120; October has 4,000 left, which earn nothing
        self.assertEqual(120 - 120, self._true_up(2026, 11))
        trueups = self.Line.search([("source_type", "=", "trueup")], order="id")
        self.assertEqual(
            {(120, "2026-10-01"), (-120, "2026-10-01"), (120, "2026-11-01")},
            {(line.amount, line.explanation["trueup"]["from"]) for line in trueups},
        )

    def test_a_quarter_counts_for_itself(self):
        rule = self._make_contract((0, 0), (5000, 2), period="quarter", date_to=False)
        self.assertIn("Each quarter", rule.price_label)
        self._sell(3000, 11)
        self.assertEqual(0, self._true_up(2026, 11))
        self._sell(4000, 12)
        self.assertEqual(140, self._true_up(2026, 12))
        self._sell(4000, 1, 2027)
        self.assertEqual(0, self._true_up(2027, 1))

    def test_a_period_earns_a_price_or_a_share(self):
        for method in ("discount", "margin", "formula", "pricelist"):
            with (
                self.subTest(method=method),
                mute_logger("odoo.sql_db"),
                self.assertRaisesRegex(IntegrityError, "period_method"),
                self.cr.savepoint(),
            ):
                self._make_contract((0, 2), method=method)
                self.env.flush_all()

    def test_measuring_a_period_chooses_a_method_that_it_can_have(self):
        with Form(self.env["scrm.settlement.rule"]) as form:
            form.name, form.tier_id, form.value = "Rebate", self.shipping_tier, 2
            self.assertEqual("discount", form.method)
            form.accumulation = "period"
            self.assertEqual("percent", form.method)

    def test_a_return_that_leaves_the_bracket(self):
        self._make_contract((0, 0), (5000, 2), (20000, 4))
        line = self._sell_the_year()
        line._record_return(
            0.4, source_model="res.partner", source_id=1, occurred_at=datetime(2027, 1, 20)
        )
        self.assertEqual(-700, self._true_up(2027, 1))

    def test_items_reach_a_level_together(self):
        """Worked example 6: 1,200 × 10 at 10 %; and 125.00 reaches the level of 15 %."""
        self._make_contract((0, 5), (100, 15))
        for amount in (45, 30, 50):
            self._sell(amount, 10)
        self.assertEqual(18.75, self._true_up(2026, 10))

    def test_volume_by_quantity_pays_a_share_of_the_amount(self):
        self._make_contract((0, 0), (1000, 10), basis="quantity")
        self._ship(700, 10, datetime(2026, 10, 5))
        self._ship(500, 10, datetime(2026, 10, 6))
        self._pull()
        self.assertEqual(1200, self._true_up(2026, 10))

    def test_a_new_year_begins_anew(self):
        self._make_contract((0, 0), (5000, 2), date_to=False)
        self._sell(4000, 12)
        self._sell(4000, 1, 2027)
        self.assertEqual(0, self._true_up(2027, 1))
        self._sell(1000, 1, 2027)
        self.assertEqual(100, self._true_up(2027, 1))

    def test_each_dealer_has_a_volume_of_his_own(self):
        self._make_contract((0, 0), (5000, 2))
        self.dealer_2.grade_id = self.grade_store
        self._ship(1, 4000, datetime(2026, 10, 5))
        self._ship(1, 6000, datetime(2026, 10, 5), partner=self.dealer_2)
        self._pull()
        last = date(2026, 10, 31)
        self.Line._prepare_period(self.company, date(2026, 10, 1), last, self.dealer)
        self.assertFalse(self.Line.search([("source_type", "=", "trueup")]))
        self.Line._prepare_period(self.company, date(2026, 10, 1), last)
        line = self.Line.search([("source_type", "=", "trueup")])
        self.assertEqual((self.dealer_2, 120, last), (line.partner_id, line.amount, line.date))

    def test_a_late_delivery_of_a_settled_month(self):
        self._make_contract((0, 2))
        self._sell(1000, 10)
        self.assertEqual(20, self._true_up(2026, 10))
        self._sell(1000, 11)
        self.assertEqual(20, self._true_up(2026, 11))
        self._sell(500, 10)
        self.assertEqual(10, self._true_up(2026, 10))
        self.assertEqual(0, self._true_up(2026, 11))

    def test_a_later_month_generated_first_pays_the_earlier_one(self):
        self._make_contract((0, 10))
        self._sell(1000, 10)
        self._sell(2000, 11)
        self.assertEqual(300, self._true_up(2026, 11))
        self.assertEqual(0, self._true_up(2026, 10))
        with self.assertRaisesRegex(UserError, "nothing more has been earned"):
            self._generate(date_from=date(2026, 10, 1), date_to=date(2026, 10, 31))
        self.assertEqual(300, self._generate().amount_total)
        self.assertEqual({}, self._get_due())
        self._sell(500, 10)
        self.assertEqual(50, self._true_up(2026, 10))
        line = self.Line.search([("source_type", "=", "trueup")], order="id desc", limit=1)
        self.assertEqual("2026-11-30", line.explanation["trueup"]["to"])

    def test_the_clock_compares_the_latest_true_up_with_its_target(self):
        contract = self._make_contract((0, 10))
        self._sell(1000, 11)
        self.env["scrm.settlement.statement"]._generate(
            self.company, date(2026, 11, 1), date(2026, 11, 30), self.dealer
        )
        self.assertEqual({}, self._get_due())
        contract.bracket_ids.value = 8
        self.assertEqual(
            {(date(2026, 11, 1), date(2026, 11, 30)): {self.dealer.id}}, self._get_due()
        )
        self.assertEqual(-20, self._true_up(2026, 11))

    def _get_due(self):
        return {
            period: dealers & {self.dealer.id}
            for period, dealers in self.env["scrm.settlement.run"]
            ._get_due(self.company, date(2027, 3, 20))
            .items()
        }

    def test_the_true_up_is_what_the_statement_pays(self):
        self._make_contract((0, 0), (5000, 2))
        counted = self._sell(7000, 11)
        self.Line._prepare_period(self.company, date(2026, 11, 1), date(2026, 11, 30))
        statement = self._generate()
        self.assertEqual(140, statement.amount_untaxed)
        line = statement.line_ids
        self.assertEqual("trueup", line.source_type)
        reason = line.price_reason.replace("\xa0", " ")
        self.assertIn("¥ 7,000.00 from 01/01/2026 to 11/30/2026 earn", reason)
        self.assertIn("¥ 140.00 remain", reason)
        self.assertEqual(counted, self.Line.search(line.action_open_counted()["domain"]))
        self.assertIn("Counted for the period by", counted.price_reason)

    def test_the_dealer_reads_a_rebate_and_no_rule(self):
        """The name goes to portal, PDF, spreadsheet and bill; the reason to the PDF."""
        self._make_contract((0, 0), (5000, 2))
        self._sell(7000, 11)
        self.Line._prepare_period(self.company, date(2026, 11, 1), date(2026, 11, 30))
        statement = self._generate()
        self.assertEqual("Rebate for the period 01/01/2026 – 11/30/2026", statement.line_ids.name)
        page, _kind = self.env["ir.actions.report"]._render_qweb_html(REPORT, statement.ids)
        page = html.fromstring(page.decode())
        [reason] = page.xpath("//table[@name='corrections']/tbody/tr/td[3]/text()")
        self.assertIn("from 01/01/2026 to 11/30/2026 earn", reason)
        self.assertNotIn("Contract", page.text_content())
        rows = [cell for row in statement._prepare_line_rows() for cell in row]
        self.assertNotIn("Contract", " ".join(map(str, rows)))
        # Colleagues still read which rule it was
        self.assertIn("Contract: ", statement.line_ids.price_reason)

    def test_volume_of_services_is_no_rebate(self):
        tier = self._make_tier("Labour", "service")
        self._make_contract((0, 0), (5, 2), method="fixed", basis="quantity", tier_id=tier.id)
        self._record({"source_type": "labour", "product_id": self.labour.id, "quantity": 7})
        self.Line._prepare_period(self.company, date(2026, 11, 1), date(2026, 11, 30))
        line = self.Line.search([("source_type", "=", "trueup")], limit=1)
        self.assertEqual((14, self.dealer), (line.amount, line.partner_id))
        self.assertEqual("Volume of the period 01/01/2026 – 11/30/2026", line.name)

    def test_the_clock_settles_what_is_only_counted(self):
        """Nothing waits to be settled until the true-up is written, which the run does."""
        self._make_contract((0, 0), (5000, 2))
        self.company.scrm_settlement_grace_days = 5
        run = self.env["scrm.settlement.run"]
        october, november = (
            (date(2026, 10, 1), date(2026, 10, 31)),
            (date(2026, 11, 1), date(2026, 11, 30)),
        )
        self._sell(3000, 10)
        self.assertEqual({}, run._get_due(self.company, date(2026, 12, 20)), "3,000 earn nothing")
        self._sell(4000, 11)
        self.assertEqual({}, run._get_due(self.company, date(2026, 11, 20)))
        due = run._get_due(self.company, date(2026, 12, 20))
        self.assertEqual({november: {self.dealer.id}}, due)
        self.assertNotIn(october, due)
        self.env["scrm.settlement.statement"]._generate(self.company, *november, self.dealer)
        self.assertEqual({}, run._get_due(self.company, date(2026, 12, 20)))

    def test_what_comes_back_of_an_adjustment_counts_where_it_counted(self):
        tier = self._make_tier("Labour", "service")
        terms = {"method": "fixed", "basis": "quantity", "period": "month", "tier_id": tier.id}
        self._make_contract((0, 0), (5, 2), **terms)
        work = {"source_type": "labour", "product_id": self.labour.id}
        line = self._record({**work, "quantity": 3, "occurred_at": datetime(2026, 10, 5)})
        work.update(source_type="adjustment", origin_line_id=line.id)
        adjustment = self._record({**work, "quantity": 4, "occurred_at": datetime(2026, 11, 5)})
        self.assertEqual(14, self._true_up(2026, 11))
        adjustment._record_return(4, source_model="res.partner", source_id=1)
        self.assertEqual(-14, self._true_up(2026, 12))

    def test_a_true_up_is_not_taken_back(self):
        self._make_contract((0, 2))
        self._sell(1000, 11)
        self._true_up(2026, 11)
        line = self.Line.search([("source_type", "=", "trueup")])
        with self.assertRaisesRegex(UserError, "follows from other lines"):
            line._record_return(1, source_model="res.partner", source_id=1)

    def test_a_run_without_result_names_what_is_counted(self):
        self._make_contract((0, 0), (5000, 2))
        self._sell(3000, 11)
        self.Line._prepare_period(self.company, date(2026, 11, 1), date(2026, 11, 30))
        with self.assertRaisesRegex(UserError, "1 lines are counted for their rule's period"):
            self._generate()

    @settings(max_examples=20, deadline=None, phases=(Phase.explicit, Phase.generate))
    @given(
        amounts=st.lists(st.integers(1, 9000), min_size=1, max_size=4),
        months=st.lists(st.sampled_from((10, 11, 12)), min_size=4, max_size=4),
    )
    def test_true_ups_add_up_to_what_the_whole_volume_earns(self, amounts, months):
        """Whatever the order of sales and runs: Σ true-ups = what the volume earns at the end."""
        with self.env.cr.savepoint() as savepoint:
            self._make_contract((0, 1), (5000, 2), (10000, 4), bracket_mode="stepped")
            paid = 0
            for amount, month in zip(amounts, months, strict=False):
                self._record(
                    {
                        "source_type": "shipment",
                        "source_amount": amount,
                        "occurred_at": datetime(2026, month, 15, 4),
                    }
                )
                paid += self._true_up(2026, month)
            paid += self._true_up(2026, 12)
            volume = sum(amounts)
            earned = (
                min(volume, 5000) * 0.01
                + max(0, min(volume, 10000) - 5000) * 0.02
                + max(0, volume - 10000) * 0.04
            )
            self.assertAlmostEqual(earned, paid, places=2)
            savepoint.rollback()
        self.env.invalidate_all()
