from datetime import date, datetime

from odoo import Command

from odoo.addons.scrm_base.tests.common import ScrmCase

PREPARER = "scrm_settlement.group_scrm_settlement_preparer"
REVIEWER = "scrm_settlement.group_scrm_settlement_reviewer"
CHANNEL_MANAGER = "scrm_settlement.group_scrm_settlement_channel_manager"
MANAGER = "scrm_settlement.group_scrm_settlement_manager"


class SettlementCase(ScrmCase):
    """A company in Shanghai with a chart of accounts, regions, dealers, a part and a service."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.cny = cls.env.ref("base.CNY")
        cls.cny.active = True
        cls._setup_accounting(cls.company)
        cls._setup_regions()
        cls._setup_dealers()
        cls._setup_items()
        cls.next_source = 1000

    @classmethod
    def _setup_accounting(cls, company):
        company.partner_id.tz = "Asia/Shanghai"
        cls.env["account.chart.template"].with_company(company).try_loading(
            "generic_coa", company=company, install_demo=False
        )
        company.currency_id = cls.cny
        cls.tax_13 = cls.env["account.tax"].create(
            {
                "name": "VAT 13 % included",
                "amount": 13,
                "type_tax_use": "purchase",
                "price_include_override": "tax_included",
                "company_id": company.id,
                "country_id": company.account_fiscal_country_id.id,
                "tax_group_id": cls.env["account.tax.group"]
                .search([("company_id", "=", company.id)], limit=1)
                .id,
            }
        )

    @classmethod
    def _setup_regions(cls):
        cls.china = cls.env.ref("base.cn")
        cls.guangdong_state = cls.env["res.country.state"].create(
            {"name": "Test Guangdong", "code": "TGD", "country_id": cls.china.id}
        )
        Region = cls.env["scrm.region"]
        cls.nation = Region.create(
            {"name": "Nation", "code": "T-CN", "kind": "nation", "country_id": cls.china.id}
        )
        cls.guangdong = Region.create(
            {
                "name": "Guangdong",
                "code": "T-GD",
                "kind": "province",
                "parent_id": cls.nation.id,
                "state_id": cls.guangdong_state.id,
            }
        )
        cls.shenzhen = Region.create(
            {
                "name": "Testzhen",
                "code": "T-SZ",
                "kind": "city",
                "parent_id": cls.guangdong.id,
            }
        )
        cls.key_cities = Region.create(
            {
                "name": "Key cities",
                "code": "T-KEY",
                "kind": "group",
                "member_ids": [Command.set(cls.shenzhen.ids)],
            }
        )

    @classmethod
    def _setup_dealers(cls):
        Grade = cls.env["res.partner.grade"]
        cls.grade_distributor, cls.grade_store = Grade.create(
            [
                {"name": "Distributor", "scrm_role": "distributor", "company_id": cls.company.id},
                {"name": "Store", "scrm_role": "store", "company_id": cls.company.id},
            ]
        )
        cls.retail = cls.env.ref("scrm_settlement.scenario_retail")
        cls.strategic = cls.env.ref("scrm_settlement.scenario_strategic")
        cls.campaign = cls.env.ref("scrm_settlement.scenario_campaign")
        cls.dealer = cls._make_partner(
            name="Dealer",
            is_company=True,
            country_id=cls.china.id,
            state_id=cls.guangdong_state.id,
            city="Testzhen",
            grade_id=cls.grade_store.id,
            scrm_scenario_id=cls.strategic.id,
            email="dealer@example.com",
        )
        cls.dealer_2 = cls._make_partner(
            name="Dealer 2", is_company=True, country_id=cls.china.id, city="Elsewhere"
        )

    @classmethod
    def _setup_items(cls):
        cls.part, cls.part_2 = cls.env["product.product"].create(
            [
                {
                    "name": name,
                    "type": "consu",
                    "list_price": 200,
                    "supplier_taxes_id": [Command.clear()],
                }
                for name in ("Filter", "Membrane")
            ]
        )
        cls.labour = cls.env["product.product"].create(
            {
                "name": "Labour",
                "type": "service",
                "list_price": 80,
                "supplier_taxes_id": [Command.clear()],
            }
        )
        cls.library = cls.env["scrm.library"].create(
            {
                "name": "Parts",
                "code": "TP",
                "kind": "part",
                "company_id": cls.company.id,
                "currency_id": cls.cny.id,
                "line_ids": [
                    Command.create(
                        {"product_id": cls.part.id, "price": 128, "valid_from": date(2026, 1, 1)}
                    )
                ],
            }
        )
        cls.tier = cls.env["scrm.settlement.tier"].create(
            {"name": "Tier", "company_id": cls.company.id}
        )

    @classmethod
    def _make_rule(cls, name, **vals):
        return cls.env["scrm.settlement.rule"].create(
            {
                "name": name,
                "tier_id": cls.tier.id,
                "currency_id": cls.cny.id,
                "price_round": 0.01,
                **vals,
            }
        )

    def _prepare_source(self, **vals):
        type(self).next_source += 1
        return {
            "source_type": "part",
            "source_model": "res.partner",
            "source_id": self.next_source,
            "company_id": self.company.id,
            "partner_id": self.dealer.id,
            "product_id": self.part.id,
            "quantity": 1,
            "occurred_at": datetime(2026, 11, 5, 4, 0),
            **vals,
        }

    def _record(self, *sources):
        """Write sources into the journal; each is a dict of what differs from the default one."""
        return self.env["scrm.settlement.line"]._record_sources(
            [self._prepare_source(**vals) for vals in sources or ({},)]
        )

    def _generate(self, user=None, **vals):
        return (
            self.env["scrm.settlement.statement"]
            .with_user(user or self.env.user)
            ._generate(
                vals.get("company", self.company),
                vals.get("date_from", date(2026, 11, 1)),
                vals.get("date_to", date(2026, 11, 30)),
                vals.get("partners"),
            )
        )
