from datetime import date, datetime

from psycopg2.errors import CheckViolation

from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common import SettlementCase


@tagged("post_install", "-at_install")
class TestResolution(SettlementCase):
    def _resolve(self, product=None, day=date(2026, 11, 5), scenario=None, dealer=None):
        [resolution] = self.env["scrm.settlement.rule"]._resolve(
            self.company,
            [
                {
                    "partner": dealer or self.dealer,
                    "product": product or self.part,
                    "day": day,
                    "scenario": scenario or self.env["scrm.settlement.scenario"],
                }
            ],
        )
        return resolution

    def _make_example_8(self):
        self.rule_a = self._make_rule("A", value=0)
        self.rule_b = self._make_rule(
            "B",
            value=8,
            region_ids=[(6, 0, self.key_cities.ids)],
            scenario_ids=[(6, 0, self.strategic.ids)],
        )
        self.rule_c = self._make_rule(
            "C",
            value=5,
            grade_ids=[(6, 0, self.grade_store.ids)],
            target="product",
            product_id=self.part.id,
        )
        self.rule_e = self._make_rule(
            "E",
            method="fixed",
            value=99,
            partner_ids=[(6, 0, self.dealer.ids)],
            scenario_ids=[(6, 0, self.campaign.ids)],
            date_from=date(2026, 11, 1),
            date_to=date(2026, 11, 12),
        )

    def test_overlapping_rules(self):
        """Worked example 8: a store in a key city under four rules."""
        self._make_example_8()
        cases = (
            (self.strategic, 5, self.rule_b, 117.76),
            (self.campaign, 5, self.rule_e, 99.00),
            (self.campaign, 12, self.rule_e, 99.00),
            (self.campaign, 13, self.rule_c, 121.60),
        )
        for scenario, day, rule, price in cases:
            resolution = self._resolve(day=date(2026, 11, day), scenario=scenario)
            self.assertEqual((rule, price), (resolution["rule"], resolution["price_unit"]))
        self.dealer.grade_id = self.grade_distributor
        resolution = self._resolve(scenario=self.retail)
        self.assertEqual((self.rule_a, 128.00), (resolution["rule"], resolution["price_unit"]))

    def test_the_last_minute_of_a_campaign(self):
        """Worked example 8: 12 November 23:59 in Shanghai still has the campaign's price."""
        self._make_example_8()
        last_minute, next_day = self._record(
            {"occurred_at": datetime(2026, 11, 12, 15, 59), "scenario_id": self.campaign.id},
            {"occurred_at": datetime(2026, 11, 12, 16, 0), "scenario_id": self.campaign.id},
        ).sorted("occurred_at")
        self.assertEqual((99.00, date(2026, 11, 12)), (last_minute.price_unit, last_minute.date))
        self.assertEqual((121.60, date(2026, 11, 13)), (next_day.price_unit, next_day.date))

    def test_the_dealer_has_a_default_scenario(self):
        self._make_example_8()
        self.assertEqual(self.rule_b, self._resolve()["rule"])

    def test_losers_are_explained(self):
        self._make_example_8()
        resolution = self._resolve()
        reasons = {v.rule: (v.outcome, v.reason) for v in resolution["verdicts"]}
        self.assertEqual(
            {
                self.rule_b.id: ("won", "best"),
                self.rule_c.id: ("lost", "scenario"),
                self.rule_a.id: ("lost", "scenario"),
                self.rule_e.id: ("mismatch", "scenario"),
            },
            reasons,
        )
        line = self._record()
        self.assertIn("Tier / B: Parts ¥128.00 − 8 % = ¥117.76", _plain(line.price_reason))
        self.assertIn(
            "Not “C” (¥121.60): Another rule names this scenario.", _plain(line.price_reason)
        )

    def test_explanations_outlive_their_rules(self):
        self._make_example_8()
        line = self._record()
        before = line.price_reason
        self.rule_b.write({"name": "Renamed", "value": 50})
        self.rule_c.active = False
        line.invalidate_recordset()
        self.assertEqual((before, 117.76), (line.price_reason, line.price_unit))

    def test_margin_on_the_cost(self):
        """Worked example 3, through the records: 86.40 + 15 % = 99.36, 25 of them 2,484.00."""
        self._make_rule("Margin", method="margin", value=15)
        self.part.with_company(self.company).standard_price = 86.40
        line = self._record({"quantity": 25})
        self.assertEqual((99.36, 2484.00), (line.price_unit, line.amount))

    def test_unit_rounding(self):
        """Worked example 2: 3 × 33.34 = 100.02, and 3 × 33.335 = 100.01."""
        self.library.line_ids.price = 33.335
        rule = self._make_rule("Cent", value=0)
        self.assertEqual(100.02, self._record({"quantity": 3}).amount)
        rule.price_round = 0
        line = self._record({"quantity": 3})
        self.assertEqual((33.335, 100.01), (line.price_unit, line.amount))

    def test_discount(self):
        """Worked example 1: 128.00 − 8 % = 117.76, seven of them 824.32."""
        self._make_rule("B", value=8)
        line = self._record({"quantity": 7})
        self.assertEqual((128.00, 117.76, 824.32), (line.base_price, line.price_unit, line.amount))

    def test_prices_are_those_of_the_day(self):
        self.library.line_ids.valid_to = date(2026, 10, 31)
        self.library.line_ids.create(
            {
                "library_id": self.library.id,
                "product_id": self.part.id,
                "price": 140,
                "valid_from": date(2026, 11, 1),
            }
        )
        self._make_rule("Standard", value=0)
        self.assertEqual(128, self._resolve(day=date(2026, 10, 31))["price_unit"])
        self.assertEqual(140, self._resolve(day=date(2026, 11, 1))["price_unit"])

    def test_without_a_base_price_the_next_rule_applies(self):
        self._make_rule("Of the library", value=8, target="product", product_id=self.part_2.id)
        fallback = self._make_rule("Of the list", value=10, base="list_price")
        resolution = self._resolve(product=self.part_2)
        self.assertEqual((fallback, 180), (resolution["rule"], resolution["price_unit"]))

    def test_regions_go_from_near_to_far(self):
        rules = {
            region: self._make_rule(region.name, value=1, region_ids=[(6, 0, region.ids)])
            for region in (self.nation, self.guangdong, self.shenzhen)
        }
        accounts = self.env["scrm.region"].create(
            {
                "name": "Accounts",
                "code": "T-ACC",
                "kind": "accounts",
                "partner_ids": [(6, 0, self.dealer.ids)],
            }
        )
        rules[accounts] = self._make_rule("Accounts", value=1, region_ids=[(6, 0, accounts.ids)])
        for region in (accounts, self.shenzhen, self.guangdong, self.nation):
            self.assertEqual(rules[region], self._resolve()["rule"])
            rules[region].active = False
        self.assertFalse(self._resolve()["rule"])

    def test_categories_go_from_deep_to_shallow(self):
        parent = self.env["product.category"].create({"name": "Parent"})
        child = self.env["product.category"].create({"name": "Child", "parent_id": parent.id})
        self.part.categ_id = child
        on_parent = self._make_rule("P", value=1, target="category", category_id=parent.id)
        on_child = self._make_rule("C", value=2, target="category", category_id=child.id)
        on_library = self._make_rule("L", value=3, target="library", library_id=self.library.id)
        for rule in (on_child, on_parent, on_library):
            self.assertEqual(rule, self._resolve()["rule"])
            rule.active = False

    def test_other_companies_rules_do_not_apply(self):
        tier = self.env["scrm.settlement.tier"].create(
            {"name": "Other", "company_id": self.company_other.id}
        )
        self._make_rule("Foreign", tier_id=tier.id, method="fixed", value=1)
        self.assertFalse(self._resolve()["rule"])

    def test_queries_do_not_grow_with_the_lines(self):
        self._make_example_8()
        products = self.env["product.product"].create(
            [{"name": f"P{number}", "type": "consu"} for number in range(40)]
        )

        def resolve(some):
            self.env.invalidate_all()
            requests = [
                {"partner": self.dealer, "product": product, "day": date(2026, 11, 5)}
                for product in some
            ]
            with self.assertQueryCount(40):
                before = self.env.cr.sql_log_count
                self.env["scrm.settlement.rule"]._resolve(self.company, requests)
                return self.env.cr.sql_log_count - before

        resolve(products[:4])  # warm: access rights and the like are cached once
        self.assertEqual(resolve(products[:4]), resolve(products))

    @mute_logger("odoo.sql_db")
    def test_the_database_refuses_senseless_rules(self):
        for vals in (
            {"method": "discount", "value": 101},
            {"method": "fixed", "value": -1},
            {"method": "margin", "value": -100},
            {"target": "product"},
            {"date_from": date(2026, 11, 2), "date_to": date(2026, 11, 1)},
        ):
            with self.assertRaises(CheckViolation), self.cr.savepoint():
                self._make_rule("Bad", **vals).flush_recordset()

    def test_price_tester(self):
        self._make_example_8()
        with Form(self.env["scrm.settlement.price.tester"]) as tester:
            tester.partner_id = self.dealer
            tester.product_id = self.part
            tester.date = date(2026, 11, 5)
            self.assertEqual(self.strategic, tester.scenario_id)
            tester.quantity = 7
            self.assertEqual((117.76, 824.32), (tester.price_unit, tester.amount))
            tester.scenario_id = self.campaign
            self.assertEqual(99.00, tester.price_unit)
        record = tester.record
        self.assertEqual(
            [
                (self.rule_e, "won", "Applies: the most specific rule."),
                (self.rule_c, "lost", "Another rule names this dealer."),
                (self.rule_a, "lost", "Another rule names this dealer."),
                (self.rule_b, "mismatch", "For another scenario."),
            ],
            [(c.rule_id, c.outcome, c.reason) for c in record.candidate_ids.sorted("position")],
        )

    def test_a_line_opens_the_price_tester_with_its_own_case(self):
        self._make_example_8()
        line = self._record({"quantity": 7, "scenario_id": self.campaign.id})
        self.dealer.scrm_scenario_id = self.retail
        action = line.action_test_price()
        tester = Form(self.env[action["res_model"]].with_context(**action["context"])).save()
        self.assertEqual(
            (self.campaign, 99, line.amount), (tester.scenario_id, tester.price_unit, tester.amount)
        )
        self.assertEqual(
            ["won", "lost", "lost", "mismatch"],
            tester.candidate_ids.sorted("position").mapped("outcome"),
        )


def _plain(text):
    return text.replace("\N{NO-BREAK SPACE}", " ").replace("¥ ", "¥")
