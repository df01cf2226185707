from datetime import date, timedelta

from psycopg2.errors import ExclusionViolation

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common import CHANNEL_MANAGER, PREPARER, SettlementCase

DAY = date(2026, 11, 5)


@tagged("post_install", "-at_install")
class TestTiers(SettlementCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.channel = cls._make_user("tiers.channel", CHANNEL_MANAGER)
        cls.rule = cls._make_rule(
            "R", value=8, bracket_ids=[Command.create({"max_value": 9, "value": 8})]
        )
        cls.today = cls.company._scrm_local_day(fields.Datetime.now())

    def _resolve(self, **vals):
        request = {"partner": self.dealer, "product": self.part, "day": DAY, **vals}
        [resolution] = self.env["scrm.settlement.rule"]._resolve(self.company, [request])
        return resolution

    # === STATES === #

    def test_a_draft_prices_nothing(self):
        draft = self.env["scrm.settlement.tier"].create(
            {"name": "Draft", "company_id": self.company.id, "state": "draft"}
        )
        rule = self._make_rule("Draft", tier_id=draft.id, method="fixed", value=1,
                               partner_ids=[Command.set(self.dealer.ids)])  # fmt: skip
        self.assertEqual(self.rule, self._resolve()["rule"])
        draft.with_user(self.channel).action_approve()
        self.assertEqual((rule, 1), (self._resolve()["rule"], self._resolve()["price_unit"]))
        self.assertEqual(("active", self.channel), (draft.state, draft.approved_by_id))

    def test_what_a_person_makes_is_a_draft(self):
        Tier = self.tier.browse().with_user(self.channel).with_company(self.company)
        typed = Tier.browse(Tier.name_create("Typed into a rule")[0])
        copied = self.tier.with_user(self.channel).copy()
        loaded = Tier.browse(Tier.load(["name"], [["From a spreadsheet"]])["ids"])
        for tier in (typed, copied, loaded):
            self.assertEqual("draft", tier.state, tier.name)
        with self.assertRaises(UserError):
            Tier.create({"name": "Forged", "state": "active"})

    def test_what_is_approved_stays(self):
        tier = self.tier.with_user(self.channel)
        tier.action_approve()
        rule = self.rule.with_user(self.channel)
        for change in (
            lambda: tier.write({"scope": "shipment"}),
            lambda: rule.write({"value": 1}),
            lambda: rule.bracket_ids.write({"value": 1}),
            lambda: rule.bracket_ids.unlink(),
            lambda: rule.copy(),
            lambda: rule.sudo().unlink(),
            lambda: rule.bracket_ids.create({"rule_id": rule.id, "min_value": 9}),
            lambda: tier.action_approve(),
        ):
            with self.assertRaises(UserError), self.cr.savepoint():
                change()
        tier.write({"date_to": self.today, "rank": 3})
        self.assertEqual(self.today, tier.date_to)

    def test_the_state_has_one_way_in(self):
        with self.assertRaises(UserError):
            self.tier.with_user(self.channel).write({"state": "closed"})
        preparer = self._make_user("tiers.preparer", PREPARER)
        with self.assertRaises(AccessError):
            self.tier.with_user(preparer).action_approve()

    def test_a_new_version(self):
        tier = self.tier.with_user(self.channel)
        tier.action_approve()
        draft = tier.browse(tier.action_new_version()["res_id"])
        self.assertEqual(("draft", 2, tier), (draft.state, draft.version, draft.previous_id))
        copied = draft.rule_ids
        self.assertEqual((8, 8), (copied.value, copied.bracket_ids.value))
        copied.bracket_ids.value = 10
        begin = self.today + timedelta(days=1)
        draft.action_approve()
        self.assertEqual(("closed", self.today), (tier.state, tier.date_to))
        self.assertEqual((self.rule, 117.76), self._priced(self.today))
        self.assertEqual((copied, 115.2), self._priced(begin))

    def test_one_new_version_follows(self):
        tier = self.tier.with_user(self.channel)
        tier.action_approve()
        drafts = [tier.browse(tier.action_new_version()["res_id"]) for _draft in range(2)]
        drafts[0].action_approve()
        with self.assertRaisesRegex(UserError, "Another version follows"):
            drafts[1].action_approve()

    def _priced(self, day):
        resolution = self._resolve(day=day)
        return resolution["rule"], resolution["price_unit"]

    def test_a_closed_tier_prices_what_comes_late(self):
        self.tier.with_user(self.channel).action_close()
        self.assertEqual(self.rule, self._resolve(day=self.today)["rule"])
        self.assertFalse(self._resolve(day=self.today + timedelta(days=1))["rule"])

    def test_a_tier_that_is_closed_before_it_begins_prices_nothing(self):
        tier = self.tier.with_user(self.channel)
        begin = self.today + timedelta(days=5)
        tier.date_from = begin
        tier.action_approve()
        tier.action_close()
        self.assertEqual(("closed", self.today), (tier.state, tier.date_to))
        for day in (self.today, begin):
            self.assertFalse(self._resolve(day=day)["rule"])

    def test_rules_begin_with_what_their_tier_proposes(self):
        self.tier.write(
            {"grade_ids": [Command.set(self.grade_store.ids)], "currency_id": self.cny.id}
        )
        Rule = self.env["scrm.settlement.rule"].with_context(default_tier_id=self.tier.id)
        with Form(Rule) as form:
            form.name = "New"
            self.assertEqual(self.grade_store.ids, form.grade_ids.ids)

    # === SCOPE === #

    def test_each_scope_has_its_own_rules(self):
        tier = self.env["scrm.settlement.tier"].create(
            {"name": "Commission", "scope": "commission", "company_id": self.company.id}
        )
        share = self._make_rule(
            "5 %", tier_id=tier.id, method="percent", value=5, date_from=date(2026, 1, 1)
        )
        self.assertEqual(self.rule, self._resolve()["rule"])
        commission = self._resolve(scope="commission", quantity=10, amount=8640)
        self.assertEqual((share, 43.2), (commission["rule"], commission["price_unit"]))
        self.assertFalse(self._resolve(scope="shipment")["rule"])
        self.assertFalse(self._resolve(scope="commission")["rule"], "a share of nothing known")

    # === BRACKETS === #

    def _make_scale(self, *steps, **vals):
        """Make a rule of brackets `(from, value)`, each ending where the next begins."""
        ends = [start for start, _value in steps[1:]] + [0]
        return self._make_rule(
            "Scale",
            target="product",
            product_id=self.part.id,
            bracket_ids=[
                Command.create({"min_value": start, "max_value": end, "value": value})
                for (start, value), end in zip(steps, ends, strict=True)
            ],
            **{"method": "fixed", **vals},
        )

    def _amount(self, quantity, **vals):
        resolution = self._resolve(quantity=quantity, **vals)
        return resolution["currency"].round(quantity * resolution["price_unit"])

    def test_edges_of_a_whole_scale(self):
        """Worked example 4, 499.9999995 pieces included, which the unit rounds to 500."""
        scale = self._make_scale((0, 0), (500, 2), (1000, 3))
        for quantity, amount in ((499, 0), (500, 1000), (999, 1998), (1000, 3000)):
            self.assertEqual(amount, self._amount(quantity))
        self.assertEqual(1000, self._amount(499.9999995))
        self.assertEqual(scale.bracket_ids[1], self._resolve(quantity=500)["bracket"])

    def test_a_stepped_scale(self):
        """Worked example 5."""
        self._make_scale((0, 0), (500, 2), (1000, 3), bracket_mode="stepped")
        for quantity, amount in ((1200, 1600), (500, 0), (501, 2), (1000, 1000), (1001, 1003)):
            self.assertEqual(amount, self._amount(quantity))

    def test_a_bracket_is_told_in_the_readers_language(self):
        self.env["res.lang"]._activate_lang("zh_CN")
        self._make_scale((0, 0), (500, 2), bracket_mode="stepped")
        Rule = self.env["scrm.settlement.rule"]
        explanation = self._resolve(quantity=400)["explanation"]
        describe = Rule.with_context(lang="zh_CN")._describe_explanation
        told = describe(explanation, 1, self.env.company.currency_id)
        self.assertIn("0 至 500 以下", told)
        self.assertNotIn("below", told)

    def test_amounts_choose_the_bracket(self):
        """Worked example 6: the sum of 125.00 reaches the second level, 15 % of it."""
        self._make_scale((0, 10), (100, 15), method="percent", basis="amount")
        self.assertEqual(1200, self._amount(1, amount=12000) * 10 / 15)
        self.assertEqual(18.75, self._amount(5, amount=125))
        self.assertEqual(7.5, self._amount(5, amount=75))

    def test_a_period_is_priced_as_a_whole(self):
        """Worked example 7: what the contract's volume has earned so far."""
        rule = self._make_scale(
            (5000, 2), (20000, 4), method="percent", basis="amount", accumulation="period"
        )
        for volume, earned in ((3000, 0), (7000, 140), (27000, 1080), (24000, 960), (19000, 380)):
            self.assertEqual(earned, rule._get_period_amount(1, volume))
        line = self._resolve(quantity=1, amount=3000)
        self.assertEqual((rule, 0), (line["rule"], line["price_unit"]))

    def test_outside_of_the_brackets_the_next_rule_applies(self):
        self._make_scale((10, 1))
        self.assertEqual(self.rule, self._resolve(quantity=8)["rule"])
        reasons = {v.reason for v in self._resolve(quantity=8)["verdicts"]}
        self.assertIn("bracket", reasons)

    @mute_logger("odoo.sql_db")
    def test_overlapping_brackets_are_refused(self):
        scale = self._make_scale((0, 1), (10, 2))
        with self.assertRaises(ExclusionViolation), self.cr.savepoint():
            scale.bracket_ids.create({"rule_id": scale.id, "min_value": 5, "max_value": 7})
        low, high = scale.bracket_ids
        scale.write(
            {
                "bracket_ids": [
                    Command.update(high.id, {"min_value": 8}),
                    Command.update(low.id, {"max_value": 8}),
                ]
            }
        )
        scale.flush_recordset()
        self.assertEqual([8, 8], [low.max_value, high.min_value])

    # === METHODS === #

    def test_formula(self):
        """The order of core's pricelists: base, discount, rounding, surcharge, floor, ceiling."""
        rule = self._make_rule(
            "Formula", target="product", product_id=self.part.id, method="formula", value=10,
            price_round=1, surcharge=0.5,
        )  # fmt: skip
        self.assertEqual(115.5, self._resolve()["price_unit"])
        rule.price_min = 120
        self.assertEqual(120, self._resolve()["price_unit"])
        rule.write({"price_min": 0, "price_max": 100})
        self.assertEqual(100, self._resolve()["price_unit"])

    def test_bases(self):
        rule = self._make_rule(
            "Base", target="product", product_id=self.part.id, value=10, base="source"
        )
        self.assertEqual(90, self._resolve(source_price=100)["price_unit"])
        self.assertEqual(self.rule, self._resolve()["rule"], "without a price of the source")
        self.part.with_company(self.company).standard_price = 50
        rule.base = "cost"
        self.assertEqual(45, self._resolve()["price_unit"])

    def test_a_pricelist_prices_what_it_names(self):
        pricelist = self.env["product.pricelist"].create(
            {
                "name": "List",
                "currency_id": self.cny.id,
                "item_ids": [
                    Command.create(
                        {
                            "applied_on": "0_product_variant",
                            "product_id": self.part.id,
                            "fixed_price": 77,
                            "min_quantity": 10,
                        }
                    )
                ],
            }
        )
        rule = self._make_rule(
            "List", method="pricelist", pricelist_id=pricelist.id,
            partner_ids=[Command.set(self.dealer.ids)],
        )  # fmt: skip
        resolution = self._resolve(quantity=10)
        self.assertEqual((rule, 77), (resolution["rule"], resolution["price_unit"]))
        self.assertEqual(self.rule, self._resolve(quantity=8)["rule"])

    def test_whole_yen(self):
        """Worked example 11, its last part, through the records: 1,245 × 0.9 is 1,121 yen."""
        yen = self.env.ref("base.JPY")
        yen.active = True
        library = self.env["scrm.library"].create(
            {
                "name": "Yen",
                "code": "TY",
                "sequence": 1,
                "company_id": self.company.id,
                "currency_id": yen.id,
                "line_ids": [
                    Command.create(
                        {
                            "product_id": self.part_2.id,
                            "price": 1245,
                            "valid_from": date(2026, 1, 1),
                        }
                    )
                ],
            }
        )
        self._make_rule("Yen", target="library", library_id=library.id, value=10, price_round=1)
        line = self._record({"product_id": self.part_2.id})
        self.assertEqual((yen, 1121, 1121), (line.currency_id, line.price_unit, line.amount))

    # === ORDER === #

    def test_a_company_may_put_regions_first(self):
        by_region = self._make_rule("Region", region_ids=[Command.set(self.nation.ids)])
        by_scenario = self._make_rule("Scenario", scenario_ids=[Command.set(self.strategic.ids)])
        self.assertEqual(by_scenario, self._resolve()["rule"])
        self.company.scrm_region_before_scenario = True
        resolution = self._resolve()
        self.assertEqual(by_region, resolution["rule"])
        self.assertEqual("region", resolution["verdicts"][1].reason)

    # === CONFLICTS === #

    def _get_conflicts(self):
        self.env.flush_all()
        self.env.invalidate_all()
        return self.env["scrm.settlement.conflict"].search([("company_id", "=", self.company.id)])

    def test_conflicts(self):
        self.assertFalse(self._get_conflicts())
        scope = {
            "target": "product",
            "product_id": self.part.id,
            "grade_ids": [Command.set(self.grade_store.ids)],
        }
        first = self._make_rule("First", **scope, region_ids=[Command.set(self.shenzhen.ids)])
        second = self._make_rule("Second", **scope, region_ids=[Command.set(self.key_cities.ids)])
        self._make_rule("Farther", **scope, region_ids=[Command.set(self.nation.ids)])
        conflict = self._get_conflicts()
        self.assertEqual(
            (first, second, "id"),
            (conflict.winner_id, conflict.loser_id, conflict.decided_by),
        )
        resolved = self._resolve()
        self.assertEqual((first, "id"), (resolved["rule"], resolved["verdicts"][1].reason))
        second.sequence = 1
        conflict = self._get_conflicts()
        self.assertEqual((second, "sequence"), (conflict.winner_id, conflict.decided_by))
        self.assertIn(first.id, conflict.action_open_pair()["domain"][0][2])
        # Apart in time, or in their brackets, they meet no more
        second.write({"date_from": date(2026, 11, 1)})
        self.assertEqual("start", self._get_conflicts().decided_by)
        first.date_to = date(2026, 10, 31)
        self.assertFalse(self._get_conflicts())
        first.date_to = False
        for rule, low, high in ((first, 0, 10), (second, 10, 0)):
            rule.bracket_ids = [Command.create({"min_value": low, "max_value": high})]
        self.assertFalse(self._get_conflicts())

    def _make_pair(self, first, second, scope="service", **vals):
        """Return two rules that are equal but for their tiers and days."""
        rules = self.env["scrm.settlement.rule"]
        for tier, days in (first, second):
            tier = self.env["scrm.settlement.tier"].create(
                {"name": "T", "company_id": self.company.id, "scope": scope, **tier}
            )
            rules += self._make_rule(
                "Pair", tier_id=tier.id, partner_ids=[Command.set(self.dealer.ids)], **vals, **days
            )
        return rules

    def test_tiers_that_follow_each_other_do_not_conflict(self):
        """A rule without days of its own has those of its tier."""
        rules = self._make_pair(
            ({"date_to": date(2026, 6, 30)}, {}), ({"date_from": date(2026, 7, 1)}, {})
        )
        self.assertFalse(self._get_conflicts())
        rules[0].tier_id.date_to = date(2026, 7, 31)
        self.assertRecordValues(
            self._get_conflicts(),
            [{"date_from": date(2026, 7, 1), "date_to": date(2026, 7, 31), "decided_by": "start"}],
        )

    def test_a_rule_outside_its_tier_conflicts_with_nothing(self):
        self._make_pair(({"date_to": date(2026, 6, 30)}, {"date_from": date(2026, 7, 1)}), ({}, {}))
        self.assertFalse(self._get_conflicts())

    def test_a_rule_that_was_made_later_conflicts_from_then_on(self):
        """What is fetched is not priced by a rule from before it was made."""
        yesterday = self.today - timedelta(days=1)
        ended, later = self._make_pair(({}, {"date_to": yesterday}), ({}, {}), scope="shipment")
        # The older one was made long ago
        self.cr.execute(
            "UPDATE scrm_settlement_rule SET create_date = '2026-01-05 20:00' WHERE id = %s",
            [ended.id],
        )
        self.assertFalse(self._get_conflicts())
        ended.date_to = False
        conflict = self._get_conflicts()
        self.assertEqual((ended, later), (conflict.winner_id, conflict.loser_id))
        self.assertEqual((self.today, False), (conflict.date_from, conflict.date_to))

    def test_the_list_of_rules_leads_to_their_conflicts(self):
        rules = self._make_pair(({}, {}), ({}, {}))
        self.env.flush_all()
        channel = rules.with_user(self.channel)
        for asked, count in ((channel.browse(), 1), (channel[0], 1), (self.rule, 0)):
            action = asked.with_user(self.channel).action_open_conflicts()
            found = self.env[action["res_model"]].search(
                [*action["domain"], ("company_id", "=", self.company.id)]
            )
            self.assertEqual(count, len(found))
