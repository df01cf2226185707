import re

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from .common import CHANNEL_MANAGER, PREPARER, SettlementCase


@tagged("post_install", "-at_install")
class TestDealers(SettlementCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.agent, cls.store = (
            cls._make_partner(name=name, is_company=True) for name in ("Agent", "Store")
        )
        cls.dealer.scrm_upline_id = cls.agent
        cls.store.scrm_upline_id = cls.dealer
        cls.list = cls.env["product.pricelist"].create({"name": "Of the level"})

    # === HIERARCHY === #

    def test_paths_follow_the_hierarchy(self):
        self.assertEqual(f"{self.agent.id}/{self.dealer.id}/", self.store.scrm_upline_path)
        self.assertEqual(self.dealer | self.agent, self.store._scrm_get_uplines())
        self.assertEqual(2, self.agent.scrm_downline_count)
        action = self.agent.action_scrm_downline()
        self.assertEqual(self.dealer | self.store, self.env["res.partner"].search(action["domain"]))
        self.dealer.scrm_upline_id = self.dealer_2
        self.assertEqual(f"{self.dealer_2.id}/{self.dealer.id}/", self.store.scrm_upline_path)
        self.env.invalidate_all()
        self.assertEqual(0, self.agent.scrm_downline_count)

    def test_nobody_stands_above_himself(self):
        with self.assertRaisesRegex(ValidationError, "above itself"), self.cr.savepoint():
            self.agent.scrm_upline_id = self.store
        with self.assertRaises(ValidationError), self.cr.savepoint():
            self.agent.scrm_upline_id = self.agent

    def test_contacts_have_no_place_in_the_hierarchy(self):
        contact = self._make_partner(name="Contact", parent_id=self.dealer.id)
        with self.assertRaisesRegex(ValidationError, "as companies"), self.cr.savepoint():
            contact.scrm_upline_id = self.agent
        with self.assertRaisesRegex(ValidationError, "as companies"), self.cr.savepoint():
            self.dealer_2.scrm_upline_id = contact

    def test_an_upline_of_another_company(self):
        self.dealer_2.company_id = self.company_other
        self.store.company_id = self.company
        with self.assertRaisesRegex(ValidationError, "alone"):
            self.store.scrm_upline_id = self.dealer_2

    def test_paths_survive_a_merge_of_contacts(self):
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge((self.dealer | self.dealer_2).ids, self.dealer_2)
        self.env.invalidate_all()
        self.assertEqual(self.dealer_2, self.store.scrm_upline_id)
        self.assertEqual(f"{self.agent.id}/{self.dealer_2.id}/", self.store.scrm_upline_path)

    def test_rules_of_an_upline(self):
        """The dealer's own name, then the nearest upline with its downline, then nobody's."""
        everybody = self._make_rule("Everybody", value=0)
        self._make_rule("Agent alone", value=1, partner_ids=[Command.set(self.agent.ids)])
        rules = [
            self._make_rule(
                partner.name,
                value=2,
                partner_ids=[Command.set(partner.ids)],
                include_downline=True,
            )
            for partner in (self.agent, self.dealer, self.store)
        ]
        for winner in (*reversed(rules), everybody):
            resolution = self._resolve_for(self.store)
            self.assertEqual(winner, resolution["rule"])
            if winner == rules[1]:
                reasons = {v.rule: (v.outcome, v.reason) for v in resolution["verdicts"]}
                self.assertEqual(("lost", "upline"), reasons[rules[0].id])
            winner.active = False
        self.assertFalse(self._resolve_for(self.store)["rule"])

    def _resolve_for(self, partner):
        [resolution] = self.env["scrm.settlement.rule"]._resolve(
            self.company,
            [{"partner": partner, "product": self.part, "day": self.env.cr.now().date()}],
        )
        return resolution

    # === LEVELS === #

    def test_a_partner_created_with_a_level_gets_its_pricelist(self):
        self.grade_store.default_pricelist_id = self.list
        created = self._make_partner(name="Created", grade_id=self.grade_store.id)
        written = self._make_partner(name="Written")
        written.grade_id = self.grade_store
        for partner in created | written:
            self.assertEqual(self.list, partner.specific_property_product_pricelist)
        other = self.list.copy()
        with self.assertRaisesRegex(UserError, "different pricelists"):
            self._make_partner(
                name="Two",
                grade_id=self.grade_store.id,
                specific_property_product_pricelist=other.id,
            )

    def test_levels_are_kept_by_channel_managers(self):
        salesman = self._make_user("levels.salesman", "sales_team.group_sale_manager")
        channel = self._make_user("levels.channel", CHANNEL_MANAGER)
        Grade = self.env["res.partner.grade"]
        for user, operation in ((salesman, "write"), (salesman, "create"), (salesman, "unlink")):
            self.assertFalse(self.grade_store.with_user(user).has_access(operation))
        with self.assertRaisesRegex(AccessError, "channel managers"):
            self.grade_store.with_user(salesman).scrm_rank = 1
        self.assertEqual("Store", self.grade_store.with_user(salesman).name)
        self.grade_store.with_user(channel).scrm_rank = 1
        self.assertTrue(Grade.with_user(channel).create({"name": "New"}))

    def test_a_dealer_shows_the_account_and_the_shares(self):
        account = self.agent.action_scrm_account_statement()
        lines = self.env["account.move.line"].search(account["domain"])
        self.assertFalse(lines)
        move = self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": self.agent.id,
                "invoice_line_ids": [Command.create({"name": "Filter", "price_unit": 100})],
            }
        )
        self.assertFalse(lines.search(account["domain"]), "a draft is no debt")
        move.action_post()
        self.assertEqual(move, lines.search(account["domain"]).move_id)
        shares = self.agent.action_scrm_allocations()
        self.assertFalse(self.env[shares["res_model"]].search(shares["domain"]))

    def test_the_account_of_a_dealer_is_that_of_one_company(self):
        """Core adds up a running balance past the rules, and from the last line to the first."""
        self.env["account.chart.template"].with_company(self.company_other).try_loading(
            "generic_coa", company=self.company_other, install_demo=False
        )
        entries = ((self.company, 100), (self.company_other, 5000), (self.company, 20))
        for company, amount in entries:
            line = {"name": "Filter", "price_unit": amount, "tax_ids": []}
            self.env["account.move"].with_company(company).create(
                {
                    "move_type": "out_invoice",
                    "partner_id": self.agent.id,
                    "invoice_line_ids": [Command.create(line)],
                }
            ).action_post()
        accountant = self._make_user("dealers.accountant", "account.group_account_invoice")
        action = self.agent.with_user(accountant).action_scrm_account_statement()
        lines = self.env["account.move.line"].with_user(accountant)
        view = lines.get_view(action["views"][0][0])["arch"]
        [order] = re.findall(r'default_order="(.+?)"', view)
        lines = lines.search_fetch(action["domain"], ["cumulated_balance"], order=order)
        self.assertEqual([20, 100], lines.mapped("balance"))
        self.assertEqual([120, 100], lines.mapped("cumulated_balance"))

    def test_a_dealer_shows_the_lines_that_wait(self):
        """What was counted for a period, or is on a statement, waits no longer."""
        preparer = self._make_user("dealers.preparer", PREPARER)
        self._make_rule("Price", value=8, target="product", product_id=self.part.id)
        self._make_rule(
            "Volume",
            method="fixed",
            accumulation="period",
            value=1,
            target="product",
            product_id=self.labour.id,
        )
        stated = self._record()
        self._generate(preparer)
        lines = self._record({}, {"product_id": self.labour.id}, {"product_id": self.part_2.id})
        self.assertEqual(["pending", "counted", "no_price"], lines.mapped("state"))
        self.assertEqual("claimed", stated.state)
        dealer = self.dealer.with_user(preparer)
        self.assertEqual(2, dealer.scrm_pending_settlement_count)
        opened = self.env["scrm.settlement.line"].search(
            dealer.action_scrm_pending_settlement()["domain"]
        )
        self.assertEqual(lines[0] + lines[2], opened.sorted("id"))

    def test_levels_of_another_company_are_not_seen(self):
        stranger = self._make_user("levels.stranger", CHANNEL_MANAGER, company=self.company_other)
        grade = self.grade_store.with_user(stranger)
        grade = grade.with_context(allowed_company_ids=self.company_other.ids)
        with self.assertRaises(AccessError):
            grade.read(["name"])
