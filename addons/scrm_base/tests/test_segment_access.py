from odoo.exceptions import AccessError
from odoo.tests import tagged

from .segment_case import SegmentCase

MODELS = ("scrm.segment", "scrm.segment.condition", "scrm.segment.member", "scrm.segment.snapshot")


@tagged("post_install", "-at_install")
class TestSegmentAccess(SegmentCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.segment = cls._make_segment("Ours", [{"metric": "order_count", "operator": "<="}])
        cls.users = {
            role: cls._make_user(f"segment.{role}", f"scrm_base.group_scrm_base_{role}")
            for role in ("viewer", "operator", "manager")
        }
        cls.foreigner = cls._make_user(
            "segment.foreigner", "scrm_base.group_scrm_base_manager", company=cls.company_other
        )
        cls.outsiders = [
            cls._make_user("segment.employee"),
            cls._make_user("segment.portal", "base.group_portal"),
        ]

    def _records(self, model):
        field = "id" if model == "scrm.segment" else "segment_id"
        return self.env[model].search([(field, "=", self.segment.id)])

    def test_every_role_reads(self):
        for user in self.users.values():
            for model in MODELS:
                self.assertTrue(self._records(model).with_user(user).read())
            self.assertEqual(3, self.segment.with_user(user).preview_count)
            self.assertEqual(self.segment, self.chen.with_user(user).segment_ids)
            self.segment.member_ids[0].with_user(user).action_explain()

    def test_others_do_not(self):
        for user in self.outsiders:
            for model in MODELS:
                with self.assertRaises(AccessError):
                    self._records(model).with_user(user).read()
            with self.assertRaises(AccessError):
                self.env["res.partner"].with_user(user).search(
                    [("scrm_segment_ids", "in", self.segment.ids)]
                )

    def test_another_company_sees_nothing(self):
        for model in MODELS:
            with self.assertRaises(AccessError):
                self._records(model).with_user(self.foreigner).read()
        Segment = self.env["scrm.segment"].with_user(self.foreigner)
        self.assertFalse(Segment.search([("id", "=", self.segment.id)]))
        with self.assertRaises(AccessError):
            self.segment.with_user(self.foreigner).action_refresh()
        with self.assertRaises(AccessError):
            self.segment.with_user(self.foreigner).action_view_preview()

    def test_operators_build_and_viewers_do_not(self):
        operator, viewer = self.users["operator"], self.users["viewer"]
        own = self.segment.with_user(operator).create({"name": "Mine"})
        self.assertEqual(operator, own.user_id)
        self.assertEqual(3, own.member_count)
        own.condition_ids = [(0, 0, {"metric": "order_count", "value": 1})]
        self.assertEqual(0, own.member_count)
        own.action_refresh()
        for model in MODELS[:2]:
            for operation in ("create", "write", "unlink"):
                self.assertFalse(self.env[model].with_user(viewer).has_access(operation))
        with self.assertRaises(AccessError):
            self.segment.with_user(viewer).action_refresh()

    def test_nobody_writes_members(self):
        for model in MODELS[2:]:
            for operation in ("create", "write", "unlink"):
                self.assertFalse(
                    self.env[model].with_user(self.users["manager"]).has_access(operation)
                )

    def test_a_segment_asks_with_its_authors_rights(self):
        manager, operator = self.users["manager"], self.users["operator"]
        seen = "[('identity_ids.value', '=', '+8613826001001')]"
        with self.assertRaises(AccessError):
            self.segment.with_user(operator).create({"name": "Not mine", "domain": seen})
        own = self.segment.with_user(manager).create({"name": "Mine", "domain": seen})
        self.assertEqual(self.chen, own.member_ids.customer_id)
        # Who may define nothing cannot leave their name on a definition either.
        own.write({"user_id": self.env.ref("base.user_root").id, "member_count": 99})
        self.assertEqual((manager, 1), (own.user_id, own.member_count))
        manager.write({"group_ids": [(6, 0, self.env.ref("base.group_user").ids)]})
        own.sudo()._refresh_members()
        self.assertTrue(own.sudo().refresh_error)
        self.assertEqual(self.chen, own.sudo().member_ids.customer_id)

    def test_no_question_that_its_author_may_not_ask(self):
        account = "[('identity_ids.partner_id.invoice_ids.amount_total', '>', 5)]"
        with self.assertRaises(AccessError):
            self.segment.with_user(self.users["operator"]).create(
                {"name": "Fishing", "domain": account}
            )
        viewer_sees = self._make_segment(domain="[('identity_ids.value', '!=', 'x')]")
        as_viewer = viewer_sees.with_user(self.users["viewer"])
        self.assertTrue(as_viewer.preview_error)
        self.assertIn("not shown", as_viewer.member_ids[0].reasons)
