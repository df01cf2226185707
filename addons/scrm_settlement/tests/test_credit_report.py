from odoo.exceptions import AccessError
from odoo.tests import tagged

from .credit_case import CreditCase


@tagged("post_install", "-at_install")
class TestCreditReport(CreditCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.grade = cls.env["res.partner.grade"].create({"name": "Of the report"})
        cls.dealers = cls.env["res.partner"]
        for name in ("Limited", "Larger", "Free"):
            cls.dealers += cls._make_partner(name=name, is_company=True, grade_id=cls.grade.id)
        cls.accounts = cls._open_account(1000, cls.dealers[0]) + cls._open_account(
            9000, cls.dealers[1]
        )
        cls.accounts += cls._open_account(0, cls.dealers[2], limit_mode="unlimited")
        for dealer, amount in zip(cls.dealers, (900, 1100, 5000), strict=True):
            cls._invoice(amount, partner=dealer)

    def _report(self, user=None):
        return self.env["scrm.credit.report"].with_user(user or self.manager)

    def test_figures_are_those_of_the_accounts(self):
        rows = self._report().search([("grade_id", "=", self.grade.id)])
        self.assertEqual(self.accounts, rows.account_id.sorted("id"))
        for row in rows:
            for name in ("credit_limit", "amount_exposure", "amount_free", "days_overdue"):
                self.assertEqual(row.account_id[name], row[name], name)
        self.assertEqual([90, 12.2], rows.filtered("is_limited").mapped("utilisation"))
        action = rows[:1].action_open_account()
        self.assertEqual(
            (rows[:1].account_id._name, rows[:1].account_id.id),
            (action["res_model"], action["res_id"]),
        )

    def test_rate_of_a_level_is_that_of_the_sums(self):
        [(limit, used, free, rate)] = self._report()._read_group(
            [("grade_id", "=", self.grade.id)],
            [],
            ["credit_limit:sum", "amount_exposure:sum", "amount_free:sum", "utilisation:avg"],
        )
        self.assertEqual((10000, 7000, 8000), (limit, used, free))
        self.assertEqual(20, rate, "2,000 of 10,000; who has no limit uses none of it")

    def test_rate_over_companies_weighs_their_currencies(self):
        """100 USD of 1,000 USD are 800 CNY of 8,000 CNY."""
        usd = self.env.ref("base.USD")
        usd.active = True
        self.company_other.currency_id = usd
        Rate = self.env["res.currency.rate"]
        Rate.search([("currency_id", "in", (usd + self.cny).ids)]).unlink()
        Rate.create({"currency_id": usd.id, "company_id": self.company.id, "rate": 0.125})
        Account = self.env["scrm.credit.account"].with_company(self.company_other)
        Account.create(
            {"partner_id": self.dealers[0].id, "limit_mode": "amount", "own_limit": 1000}
        )
        both = self.company + self.company_other
        self.manager.company_ids = both
        report = self._report().with_context(allowed_company_ids=both.ids)
        [(limit, rate)] = report._read_group(
            [("partner_id", "=", self.dealers[0].id)],
            [],
            ["credit_limit:sum_currency", "utilisation:avg"],
        )
        self.assertEqual((9000, 10), (limit, rate), "900 CNY of 1,000 CNY and of 1,000 USD")

    def test_filters(self):
        mine = [("grade_id", "=", self.grade.id)]
        self._invoice(200, partner=self.dealers[0])
        Report = self._report()
        over = Report.search([*mine, ("amount_free", "<", 0)])
        self.assertEqual(self.dealers[0], over.partner_id)
        self.assertEqual(
            self.dealers[0], Report.search([*mine, ("utilisation", ">=", 80)]).partner_id
        )
        self.assertEqual(
            self.dealers[2], Report.search([*mine, ("is_limited", "=", False)]).partner_id
        )

    def test_who_sees_it(self):
        stranger = self._make_user(
            "credit.report.stranger",
            "scrm_settlement.group_scrm_settlement_credit_manager",
            company=self.company_other,
        )
        other = self._report(stranger).with_context(allowed_company_ids=self.company_other.ids)
        self.assertFalse(other.search([("grade_id", "=", self.grade.id)]))
        with self.assertRaises(AccessError):
            self._report(self._make_user("nobody", "base.group_user")).search([])
