from odoo.tests import tagged

from .common import MatchingCase


@tagged("post_install", "-at_install")
class TestErasure(MatchingCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer = cls._make_card("欧阳清兰", "13826001001", "qinglan.ouyang@example.com")
        cls.other = cls._make_card("欧阳清兰", "+85213826001001")
        cls.model._start_scoring()
        cls.model._score_due()

    def _get_compared(self, name):
        rows = self.env[name].search([("customer_id", "in", (self.customer | self.other).ids)])
        return rows.customer_id

    def test_nobody_is_found_by_what_was_erased(self):
        for name in ("scrm.matching.row", "scrm.matching.key"):
            self.assertEqual(self.customer | self.other, self._get_compared(name))
        data = self.env["scrm.privacy"]._get_personal_data(self.customer)
        self.assertNotIn("Key of a Customer as Compared", data)
        self.env["scrm.privacy"]._erase(self.customer)
        self.model._start_scoring()
        self.model._score_due()
        for name in ("scrm.matching.row", "scrm.matching.key"):
            self.assertEqual(self.other, self._get_compared(name))
        self.assertNotIn(self.customer.id, {row.id for row in self.model._fetch_sample()})

    def test_what_is_erased_was_handed_out_or_has_a_reason(self):
        self._check_handed_out(self.customer)

    def test_a_name_that_others_have_stays_common(self):
        size = self.model.parameters["size"]
        for count, stays in ((3, False), (40, True)):
            common = {"name": {"欧阳清兰": count / size}, "city": {"杭州": 9 / size}}
            self.model.parameters = {**self.model.parameters, "common": common}
            with self.subTest(count=count), self.env.cr.savepoint() as savepoint:
                self.env["scrm.privacy"]._erase(self.customer)
                common = self.model.parameters["common"]
                self.assertEqual(stays, "欧阳清兰" in common["name"])
                self.assertIn("杭州", common["city"])
                savepoint.rollback()
                self.env.invalidate_all(flush=False)
