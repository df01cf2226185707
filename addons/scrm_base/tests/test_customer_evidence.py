from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, tagged

from .common import ScrmCase


@tagged("post_install", "-at_install")
class TestCustomerEvidence(ScrmCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.steward = cls._make_user("evidence.steward", "scrm_base.group_scrm_base_steward")
        cls.viewer = cls._make_user("evidence.viewer", "scrm_base.group_scrm_base_viewer")
        cls.phone = cls._make_identity("phone", "+8613826001001", name="陈女士")
        cls.openid = cls._make_identity("openid", "oABCDEFGH12345678", scope="oa:wx")
        cls.card = cls._make_identity("card", "M-10044000")
        cls.stated = cls.openid._attach(cls.phone, rule="stated_in_chat")
        with freeze_time("2026-11-03 04:00:00"):
            cls.decided = cls.card.with_user(cls.steward)._attach(cls.phone, rule="manual")
        cls.customer = cls.phone.customer_id

    def test_the_chain_reads(self):
        steps = self.customer.with_user(self.viewer).get_evidence_path(self.openid.id, self.card.id)
        self.assertEqual(
            ["WeChat openid oAB****5678", "Phone +86138****1001", "Member card M-1****4000"],
            [step["handle"] for step in steps],
        )
        self.assertEqual("Stated by the customer in a conversation", steps[1]["why"])
        self.assertEqual(
            ("Decided by a person", "11/03/2026", self.steward.name),
            (steps[2]["why"], steps[2]["on"], steps[2]["by"]),
        )

    def test_only_evidence_in_force_counts(self):
        other = self._make_identity("card", "M-2")
        other._attach(self.phone, rule="cannot")
        shortcut = self.openid._attach(self.card, rule="manual")
        path = self.customer.get_evidence_path(self.openid.id, self.card.id)
        self.assertEqual(2, len(path))
        shortcut.action_undo()
        self.assertEqual(3, len(self.customer.get_evidence_path(self.openid.id, self.card.id)))
        with self.assertRaises(UserError):
            self.customer.get_evidence_path(self.openid.id, other.id)

    def test_detaching_a_handle(self):
        for user in (self.viewer, self._make_user("e.op", "scrm_base.group_scrm_base_operator")):
            with self.assertRaises(AccessError):
                self.phone.with_user(user).action_detach()
        self.phone.with_user(self.steward).action_detach()
        self.assertEqual(3, len((self.phone | self.openid | self.card).customer_id))
        for identity in self.phone | self.openid | self.card:
            self.assertEqual(identity.origin_customer_id, identity.customer_id)
        self.assertEqual(self.steward, self.stated.ended_by_id)
        # No rule ties it again by itself.
        self.assertFalse(self.openid._attach(self.phone, rule="stated_in_chat"))
        with self.assertRaises(UserError):
            self.phone.with_user(self.steward).action_detach()

    def test_a_handle_of_another_pool_is_out_of_reach(self):
        foreigner = self._make_user(
            "e.foreign", "scrm_base.group_scrm_base_manager", company=self.company_other
        )
        with self.assertRaises(AccessError):
            self.phone.with_user(foreigner).action_detach()
        with self.assertRaises(AccessError):
            self.customer.with_user(foreigner).get_evidence_path(self.openid.id, self.card.id)
