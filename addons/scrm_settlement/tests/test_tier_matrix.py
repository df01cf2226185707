from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import CHANNEL_MANAGER, PREPARER, SettlementCase


@tagged("post_install", "-at_install")
class TestTierMatrix(SettlementCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rule = cls._make_rule("R", value=3)
        cls.channel = cls._make_user("matrix.channel", CHANNEL_MANAGER)

    def _get_steps(self):
        return [(b.min_value, b.max_value, b.value) for b in self.rule.bracket_ids.sorted()]

    def test_edges_cut_brackets_and_heal_again(self):
        rule = self.rule.with_user(self.channel)
        rule.set_matrix_cell(0, 4)
        self.assertEqual((4, []), (self.rule.value, self._get_steps()))
        rule.set_matrix_cell(100, 6)
        self.assertEqual([(0, 100, 4), (100, 0, 6)], self._get_steps())
        rule.set_matrix_cell(50, 5)
        self.assertEqual([(0, 50, 4), (50, 100, 5), (100, 0, 6)], self._get_steps())
        rule.set_matrix_cell(50, 5.5)
        rule.set_matrix_cell(100, False)
        self.assertEqual([(0, 50, 4), (50, 0, 5.5)], self._get_steps())
        rule.set_matrix_cell(0, False)
        self.assertEqual([(50, 0, 5.5)], self._get_steps())
        rule.set_matrix_cell(0, 4)
        rule.set_matrix_cell(50, False)
        self.assertEqual((4, []), (self.rule.value, self._get_steps()))

    def test_the_table(self):
        self._make_rule("Other", method="fixed", value=99, target="product",
                        product_id=self.part.id)  # fmt: skip
        self.rule.set_matrix_cell(10, 6)
        matrix = self.env["scrm.settlement.tier"].with_user(self.channel)
        matrix = matrix.with_company(self.company).get_matrix(self.tier.id)
        self.assertEqual(([0, 10], True), (matrix["edges"], matrix["editable"]))
        rows = {row["name"]: row for row in matrix["rows"]}
        self.assertEqual([{"edge": 0, "value": 3}, {"edge": 10, "value": 6}], rows["R"]["cells"])
        self.assertEqual(self.part.display_name, rows["Other"]["item"])

    def test_who_may_edit_it(self):
        preparer = self._make_user("matrix.preparer", PREPARER)
        with self.assertRaises(AccessError):
            self.rule.with_user(preparer).set_matrix_cell(0, 1)
        self.tier.with_user(self.channel).action_approve()
        with self.assertRaises(UserError):
            self.rule.with_user(self.channel).set_matrix_cell(0, 1)
        matrix = self.env["scrm.settlement.tier"].with_company(self.company)
        self.assertFalse(matrix.get_matrix(self.tier.id)["editable"])

    def test_a_matrix_of_no_tier(self):
        tiers = self.env["scrm.settlement.tier"].with_company(self.company_other)
        self.assertEqual([], tiers.get_matrix(self.tier.id)["rows"])

    def test_bad_edges(self):
        for edge in (-1, "5", None):
            with self.assertRaises(UserError):
                self.rule.set_matrix_cell(edge, 1)
        self.rule.bracket_ids = [Command.create({"min_value": 5, "max_value": 10, "value": 1})]
        self.rule.set_matrix_cell(0, 2)
        self.assertEqual([(0, 5, 2), (5, 10, 1)], self._get_steps())
