"""A person defines a segment and reads it, in a real browser."""

from odoo.tests import HttpCase, tagged

from .segment_case import SegmentCase


@tagged("post_install", "-at_install")
class TestSegmentTour(SegmentCase, HttpCase):
    def test_the_builder(self):
        operator = self._make_user("t_builder", "scrm_base.group_scrm_base_operator")
        operator.password = "t_builder"
        self._set_figures(self.chen, order_count=5)
        self._set_figures(self.li, order_count=2)
        self._make_customer("陈女士", "13826001004")
        self.start_tour(
            "/odoo/action-scrm_base.scrm_segment_action",
            "scrm_segment_builder",
            login="t_builder",
            timeout=180,
        )
        segment = self.Segment.search([("name", "=", "Tour segment")])
        self.assertIn("陈女士", segment.domain)
        self.assertEqual(self.chen, self._get_members(segment))
        self.assertEqual(operator, segment.user_id)
