from datetime import timedelta

from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, tagged

from .test_metric import NOW, MetricCase


@tagged("post_install", "-at_install")
@freeze_time(NOW)
class TestKpi(MetricCase):
    """Each KPI's two numbers, worked by hand, and the records that they open."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.buyers = [cls._make_buyer(f"Buyer {number}") for number in range(4)]
        cls.customers = [customer for _partner, customer in cls.buyers]

    def _kpi(self, code, user=None):
        kpi = self.env.ref(f"scrm_base.kpi_{code}").with_user(user or self.env.user)
        return kpi.with_company(self.company)

    def _get_numbers(self, code):
        self._refresh()
        kpi = self._kpi(code)
        kpi.invalidate_recordset()
        definition = kpi._define()
        return kpi._count(definition.numerator), kpi._count(definition.denominator)

    def _assertOpens(self, code, numerator, denominator):
        """The lists behind the numbers are as long as given."""
        for name, count in (("numerator", numerator), ("denominator", denominator)):
            action = getattr(self._kpi(code), f"action_view_{name}")()
            found = self.env[action["res_model"]].search_count(action["domain"])
            self.assertEqual(count, found, name)

    def test_coverage(self):
        self._interact(self.customers[0], "message_out", NOW - timedelta(days=10))
        self._interact(self.customers[0], "mail", NOW - timedelta(days=9))
        self._interact(self.customers[1], "message_out", NOW - timedelta(days=91))
        self._interact(self.customers[2], "message_in")
        self.assertEqual((1, 4), self._get_numbers("coverage"))
        self._assertOpens("coverage", 1, 4)
        kpi = self._kpi("coverage")
        self.assertEqual(0.25, kpi.value)
        self.assertEqual("25.0 %", kpi.value_text)
        self.assertIn("90", kpi.period)

    def test_conversion(self):
        self._order(self.buyers[0][0], at=NOW - timedelta(days=10))
        self._order(self.buyers[1][0], at=NOW - timedelta(days=10))
        self._order(self.buyers[1][0], at=NOW - timedelta(days=200))
        self.Touch._touch([customer.id for customer in self.customers], self.company)
        self.assertEqual((1, 3), self._get_numbers("conversion"))
        self._assertOpens("conversion", 1, 3)

    def test_average_order(self):
        self._order(self.buyers[0][0], 100)
        self._order(self.buyers[1][0], 50.5)
        self._order(self.buyers[1][0], 999, at=NOW - timedelta(days=90))
        self.assertEqual((150.5, 2), self._get_numbers("average_order"))
        self._assertOpens("average_order", 2, 2)
        self.assertEqual(75.25, self._kpi("average_order").value)

    def test_members(self):
        for customer in self.customers[:2]:
            customer._set_stage("member", "Joined")
        self.customers[1]._set_stage("fan", "Brought others")
        self.customers[3]._set_stage("fan", "Takes part, and is no member")
        address = self._make_partner(name="Home", parent_id=self.buyers[0][0].id, type="delivery")
        for product in self.products[:2]:
            self._order(self.buyers[0][0], product=product)
        self._order(self.buyers[1][0])
        self._order(self.buyers[3][0])
        self._order(address, at=NOW - timedelta(days=364))
        self._order(address, at=NOW - timedelta(days=366))
        self.assertEqual((4, 2), self._get_numbers("frequency"))
        self._assertOpens("frequency", 4, 2)
        self.assertEqual("2.00", self._kpi("frequency").value_text)
        self.assertEqual((1, 2), self._get_numbers("cross_selling"))
        self._assertOpens("cross_selling", 1, 2)

    def test_fans(self):
        for customer in self.customers[:2]:
            customer._set_stage("fan", "Brought others")
        self._interact(self.customers[0], "message_in", NOW - timedelta(days=1))
        self._interact(self.customers[0], "visit", NOW - timedelta(days=1))
        self._interact(self.customers[1], "visit", NOW - timedelta(days=29))
        self._interact(self.customers[1], "message_in", NOW - timedelta(days=30))
        self._interact(self.customers[2], "message_in")
        self.assertEqual((3, 2), self._get_numbers("interaction"))
        self._assertOpens("interaction", 3, 2)
        self.assertEqual((1, 2), self._get_numbers("participation"))
        self._assertOpens("participation", 1, 2)

    def test_the_list_behind_a_number_says_what_it_counts(self):
        name = self._kpi("frequency").action_view_denominator()["name"]
        self.assertEqual("Order Frequency: 0 members (stage Member)", name)

    def test_nobody_to_count(self):
        kpi = self._kpi("frequency")
        self.assertTrue(kpi.has_source)
        self.assertEqual("–", kpi.value_text)

    def test_without_a_source_no_number(self):
        kpi = self._kpi("referral")
        self.assertFalse(kpi.has_source)
        self.assertEqual("No source installed", kpi.value_text)
        self.assertIn("comes with a referral programme", kpi.source_hint)
        self.assertFalse(self._kpi("frequency").source_hint)
        with self.assertRaises(UserError):
            kpi.action_view_numerator()

    def test_another_company_counts_its_own(self):
        self._order(self.buyers[0][0], 100)
        self._refresh()
        kpis = self.env["scrm.kpi"].with_company(self.company_other).search([])
        self.assertFalse(any(kpis.mapped("value")))

    def test_a_viewer_reads_them_all_and_nobody_else(self):
        viewer = self._make_user("test.viewer", "scrm_base.group_scrm_base_viewer")
        rows = self.env["scrm.kpi"].with_user(viewer).search([]).read(["value_text"])
        self.assertEqual(9, len([row for row in rows if row["value_text"]]))
        employee = self._make_user("test.employee")
        with self.assertRaises(AccessError):
            self.env["scrm.kpi"].with_user(employee).search([])
        with self.assertRaises(AccessError):
            self._kpi("coverage", viewer).write({"name": "Mine"})
