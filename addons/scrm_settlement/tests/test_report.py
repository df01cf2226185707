from datetime import date, timedelta

from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import MANAGER
from .test_dispute import DisputeCase


@tagged("post_install", "-at_install")
class TestReport(DisputeCase):
    def setUp(self):
        super().setUp()
        self.report = self.env["scrm.settlement.report"].with_user(self.reviewer)
        self.own = [("line_id", "in", self.lines.ids)]

    def _sum(self, domain, groupby, *measures):
        self.env.flush_all()
        return self.report._read_group(domain, groupby, measures)

    def test_the_report_adds_up_to_the_journal(self):
        [(partner, amount, count)] = self._sum(self.own, ["partner_id"], "amount:sum", "__count")
        self.assertEqual((self.dealer, 3), (partner, count))
        self.assertEqual(1187.84, round(float(amount), 2))

    def test_region_is_the_province(self):
        [(region, count)] = self._sum(self.own, ["region_id"], "__count")
        self.assertEqual((self.guangdong, 3), (region, count))

    def test_effective_discount_is_weighted(self):
        """9 × 128.00 = 1,152.00 settled at 8 % below; the fixed price has its own standard."""
        domain = [("line_id", "in", self.lines[:2].ids)]
        [(standard, below, percent)] = self._sum(
            domain, [], "standard_amount:sum", "discount_amount:sum", "discount_percent:avg"
        )
        self.assertEqual(1152, float(standard))
        self.assertEqual(92.16, round(float(below), 2))
        self.assertEqual(8, float(percent))
        # What has a fixed price is below no standard: the report's filter leaves it out.
        with_standard = [*self.own, ("discount_amount", "!=", False)]
        self.assertEqual(2, self.report.search_count(with_standard))

    def test_discounts_of_companies_weigh_their_currencies(self):
        """8 % of 896 CNY and 50 % of 200 USD, which are 1,600 CNY."""
        usd = self.env.ref("base.USD")
        usd.active = True
        Rate = self.env["res.currency.rate"]
        Rate.search([("currency_id", "in", (usd + self.cny).ids)]).unlink()
        Rate.create({"currency_id": usd.id, "company_id": self.company.id, "rate": 0.125})
        self.company_other.currency_id = usd
        tier = self.tier.create({"name": "Other", "company_id": self.company_other.id})
        self._make_rule("50", tier_id=tier.id, currency_id=usd.id, base="list_price", value=50)
        item = self.env["product.product"].create(
            {"name": "Item", "list_price": 200, "company_id": self.company_other.id}
        )
        line = self._record({"company_id": self.company_other.id, "product_id": item.id})
        self.assertEqual((usd, 200, 100), (line.currency_id, line.base_price, line.amount))
        both = self.company + self.company_other
        self.reviewer.company_ids = both
        self.report = self.report.with_context(allowed_company_ids=both.ids)
        [(standard, percent)] = self._sum(
            [("line_id", "in", (self.lines[0] + line).ids)],
            [],
            "standard_amount:sum_currency",
            "discount_percent:avg",
        )
        self.assertEqual((2496, 34.92), (standard, float(percent)))

    def test_a_cost_or_a_selling_price_is_no_standard(self):
        """A margin on cost would otherwise stand as a negative discount."""
        for base in ("cost", "source"):
            item = self.env["product.product"].create({"name": f"Item with {base}"})
            item.with_company(self.company).standard_price = 50
            self._make_rule(
                base, method="formula", base=base, value=8, target="product", product_id=item.id
            )
            line = self._record({"product_id": item.id, "quantity": 1, "source_amount": 50})
            self.assertEqual((50, 46), (line.base_price, line.price_unit))
            [(standard,)] = self._sum([("line_id", "=", line.id)], [], "standard_amount:sum")
            self.assertFalse(standard)

    def test_an_accepted_price_lowers_the_discount(self):
        dispute = self._dispute(self.lines[0])
        self._accept(dispute)
        lines = self.lines[:2] + dispute.adjustment_line_id
        [(standard, percent)] = self._sum(
            [("line_id", "in", lines.ids)], [], "standard_amount:sum", "discount_percent:avg"
        )
        self.assertEqual(1152, float(standard))
        self.assertEqual(round(100 * (92.16 - 15.68) / 1152, 2), float(percent))

    def test_cost_and_margin_for_finance_alone(self):
        self.part.with_company(self.company).standard_price = 100
        [(cost, margin)] = self._sum(
            [("line_id", "=", self.lines[0].id)], [], "cost_amount:sum", "margin_amount:sum"
        )
        self.assertEqual((700, 124.32), (float(cost), round(float(margin), 2)))
        manager = self._make_user("report.manager", MANAGER)
        self.assertIn("margin_amount", self.report.with_user(manager).fields_get())
        report = self.report.with_user(self.preparer)
        self.assertNotIn("margin_amount", report.fields_get())
        for measure in ("margin_amount:sum", "cost_amount:sum"):
            with self.assertRaises(AccessError):
                report._read_group(self.own, [], [measure])

    def test_currencies_are_those_of_the_company_on_the_day(self):
        usd = self.env.ref("base.USD")
        usd.active = True
        Rate = self.env["res.currency.rate"]
        Rate.search([("currency_id", "in", (usd + self.cny).ids)]).unlink()
        for day, rate in ((date(2026, 11, 1), 0.125), (date(2026, 11, 20), 0.2)):
            Rate.create(
                {
                    "currency_id": usd.id,
                    "name": day,
                    "rate": rate,
                    "company_id": self.company.id,
                }
            )
        self._make_rule(
            "USD",
            method="fixed",
            value=10,
            target="product",
            product_id=self.labour.id,
            currency_id=usd.id,
        )
        line = self._record({"product_id": self.labour.id, "quantity": 3})
        self.assertEqual(usd, line.currency_id)
        [(amount,)] = self._sum([("line_id", "=", line.id)], [], "amount:sum")
        self.assertEqual(240, float(amount))

    def test_ageing(self):
        old = self._record({"occurred_at": "2026-01-05 04:00:00"})
        today = self.company._scrm_local_day(self.env.cr.now())
        self.env.flush_all()
        row = self.report.browse(old.id)
        self.assertEqual((today - date(2026, 1, 5)).days, row.age_days)
        self.assertEqual("over", row.age_bucket)
        recent = self._record({"occurred_at": self.env.cr.now() - timedelta(days=3)})
        self.env.flush_all()
        self.assertEqual("30", self.report.browse(recent.id).age_bucket)
        self.assertFalse(self.report.browse(self.lines[0].id).age_bucket)

    def test_a_row_opens_its_line(self):
        self.env.flush_all()
        action = self.report.browse(self.lines[0].id).action_open_line()
        self.assertEqual(self.lines[0].id, action["res_id"])

    def test_disputes(self):
        dispute = self._dispute(self.lines[0])
        self.env.flush_all()
        row = self.env["scrm.settlement.dispute.report"].with_user(self.preparer).browse(dispute.id)
        self.assertEqual(("30", 15.68, 0), (row.age_bucket, row.amount_claimed, row.amount_agreed))
        self.assertEqual(dispute.id, row.action_open_dispute()["res_id"])

    def test_others_get_an_error(self):
        stranger = self._make_user("report.stranger", MANAGER, company=self.company_other)
        dispute = self._dispute(self.lines[0])
        self.env.flush_all()
        for name, row_id in (
            ("scrm.settlement.report", self.lines[0].id),
            ("scrm.settlement.dispute.report", dispute.id),
            ("scrm.settlement.dispute", dispute.id),
        ):
            for user in (self.portal, stranger):
                record = self.env[name].with_user(user).browse(row_id)
                record = record.with_context(allowed_company_ids=user.company_ids.ids)
                if user == self.portal and name == "scrm.settlement.dispute":
                    continue  # a dealer reads his own: test_portal
                with self.assertRaises(AccessError):
                    record.read(["display_name"])
        with self.assertRaises(AccessError):
            self._dispute(self.lines[1], user=stranger)

    def test_the_dashboard_counts_what_waits(self):
        self._submit()
        journal = self.statement.sudo().move_id.journal_id
        other = journal.copy()

        def count(user):
            data = (journal + other).with_user(user)._get_journal_dashboard_data_batched()
            return [data[one.id]["number_settlements"] for one in journal + other]

        self.assertEqual([1, 0], count(self.reviewer))
        accountant = self._make_user("report.accountant", "account.group_account_invoice")
        self.assertEqual([0, 0], count(accountant))
        action = journal.with_user(self.reviewer).action_scrm_open_settlements()
        opened = self.statement.with_user(self.reviewer).search(action["domain"])
        self.assertEqual(self.statement, opened, "the tile opens what it counts")
        self.assertFalse(action["context"], "no filter hides what is counted")
        self._review()
        self.assertEqual([0, 0], count(self.reviewer))

    def test_the_dashboard_counts_what_comes_to_zero(self):
        line = self._record({"product_id": self.part.id, "partner_id": self.dealer_2.id})
        line._record_return(
            1, source_model="res.partner", source_id=line.id, occurred_at=line.occurred_at
        )
        statement = self._generate(self.preparer, partners=self.dealer_2)
        statement.action_submit()
        self.assertFalse(statement.sudo().move_id)
        journals = self.env["account.journal"].with_user(self.reviewer)
        journals = journals.search([("company_id", "=", self.company.id)])
        data = journals._get_journal_dashboard_data_batched()
        counts = {one.type: data[one.id].get("number_settlements") for one in journals}
        self.assertEqual((1, 0), (counts["purchase"], counts["sale"]))
        opened = [
            statement.with_user(self.reviewer).search(one.action_scrm_open_settlements()["domain"])
            for one in journals
            if one.type in ("purchase", "sale")
        ]
        self.assertEqual([0, 1], sorted(map(len, opened)))
