"""A data steward reviews what an import brought, in a real browser."""

import base64

from odoo.tests import HttpCase, tagged

from .common import ScrmCase
from .spreadsheet_files import make_csv


@tagged("post_install", "-at_install")
class TestReviewTour(ScrmCase, HttpCase):
    def test_import_review_merge_undo(self):
        steward = self._make_user("tour.steward", "scrm_base.group_scrm_base_steward")
        steward.password = "tour.steward"
        by_phone = self._make_customer("Tour Chen", phone="13826001001")
        by_email = self._make_customer("Tour Chen Xiaoyu", email="chen@example.com")
        others = self._make_customer("Tour Li", phone="13826001002")
        content = make_csv(
            [
                ("Name", "Phone", "Email"),
                ("Tour Chen Xiaoyu", "13826001001", "chen@example.com"),
                ("Tour Wang", "13826001003", "wang@example.com"),
            ]
        )
        record = (
            self.env["scrm.customer.import"]
            .with_user(steward)
            .create({"file": base64.b64encode(content), "filename": "list.csv"})
        )
        record.action_preview()
        self.assertEqual((1, 1), (record.conflict_count, record.new_count))
        record.action_start()
        while record.state == "importing":
            record._run_batch()
        Candidate = self.env["scrm.match.candidate"]
        candidate = Candidate.search([("pool_id", "=", self.pool.id)])
        self.assertEqual("import", candidate.reason)
        wang = self.env["res.partner"].search([("name", "=", "Tour Wang")]).scrm_customer_id
        Candidate._propose(
            [
                {
                    "left_id": others.identity_ids.id,
                    "right_id": wang.identity_ids[0].id,
                    "rule": "similar",
                    "reason": "similar",
                    "weight": 0.3,
                    "field_weights": [
                        {
                            "field": "name",
                            "left": "Tour Li",
                            "right": "Tour Wang",
                            "weight": -2,
                            "agrees": False,
                        }
                    ],
                }
            ]
        )
        self.start_tour("/odoo", "scrm_base_review", login="tour.steward", timeout=180)
        self.env.invalidate_all()
        self.assertEqual("accepted", candidate.state)
        self.assertEqual(steward, candidate.reviewer_id)
        self.assertNotEqual(by_phone.identity_ids.customer_id, by_email.identity_ids.customer_id)
        link = self.env["scrm.identity.link"].search(
            [("rule", "=", "manual"), ("left_id.pool_id", "=", self.pool.id)]
        )
        self.assertEqual(steward, link.ended_by_id)
        rejected = Candidate.search([("pool_id", "=", self.pool.id), ("state", "=", "rejected")])
        self.assertEqual(others, rejected.left_customer_id)
        self.assertNotEqual(others, wang)
