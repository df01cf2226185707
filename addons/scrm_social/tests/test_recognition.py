"""Who states a phone number that we know is recognised, undoably."""

from hypothesis import given
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..models.channel_inbound import find_mobile_numbers
from .common import SocialCase


@tagged("post_install", "-at_install")
class TestMobileNumbers(BaseCase):
    def test_examples(self):
        for text, expected in (
            ("我的电话是13826001001", ["+8613826001001"]),
            ("138 2600 1001 谢谢", ["+8613826001001"]),
            ("+86-138-2600-1001", ["+8613826001001"]),
            ("8613826001001。", ["+8613826001001"]),
            ("13826001001或13826001001", ["+8613826001001"]),
            ("13826001001, 13926001002", ["+8613826001001", "+8613926001002"]),
            ("订单号 138260010012345", []),
            ("2138260010011", []),
            ("12826001001", []),
            ("11111111111", []),
            ("", []),
        ):
            with self.subTest(text):
                self.assertEqual(find_mobile_numbers(text), expected)

    @given(st.text(max_size=200))
    def test_any_text_is_read(self, text):
        for number in find_mobile_numbers(text):
            self.assertRegex(number, r"^\+861[3-9]\d{9}$")


@tagged("post_install", "-at_install")
class TestRecognition(SocialCase):
    def setUp(self):
        super().setUp()
        self.imported = self._make_customer("陈女士", phone="+86 138 2600 1001")

    def _get_link(self):
        identity = self._get_identity()
        return self.env["scrm.identity.link"].search(
            [
                ("rule", "=", "stated_in_chat"),
                "|",
                ("left_id", "=", identity.id),
                ("right_id", "=", identity.id),
            ]
        )

    def test_stated_number_makes_two_customers_one(self):
        conversation = self._say("你好")
        visitor = conversation.customer_id
        self.assertNotEqual(visitor, self.imported)
        self._say("我的手机是 138 2600 1001", msgid=4711)
        self.assertEqual(conversation.customer_id, self.imported)
        self.assertEqual(visitor.merged_into_id, self.imported)
        self.assertFalse(visitor.active)
        link = self._get_link()
        self.assertEqual(link.evidence["message"], "4711")
        self.assertEqual(link.evidence["conversation"], conversation.id)
        self.assertEqual(conversation.discuss_channel_id.name, self.imported.display_name)
        self.assertEqual(conversation.guest_id.name, self.imported.display_name)
        note = self._get_texts(conversation)[-1]
        self.assertIn("陈女士", note)
        self.assertNotIn("13826001001", note, "the note masks the number")
        entries = self.imported.interaction_ids.filtered(lambda i: i.kind == "message_in")
        self.assertEqual(len(entries), 2, "what was said before belongs to them too")

    def test_contact_of_the_erp_is_recognised_by_name(self):
        partner = self._make_partner(name="王女士", phone="13826002001")
        customer = partner._scrm_ensure_identity().customer_id
        conversation = self._say("13826002001")
        self.assertEqual(conversation.customer_id, customer)
        self.assertEqual(conversation.discuss_channel_id.name, "王女士")
        self.assertIn("王女士", self._get_texts(conversation)[-1])

    def test_undoing_parts_them_and_is_not_done_again(self):
        conversation = self._say("13826001001")
        self.assertEqual(conversation.customer_id, self.imported)
        self._get_link().action_undo()
        self.assertNotEqual(conversation.customer_id, self.imported)
        self._say("我说了 13826001001")
        self.assertNotEqual(conversation.customer_id, self.imported)

    def test_unknown_number_is_learnt(self):
        conversation = self._say("13926009999")
        phones = conversation.customer_id.identity_ids.filtered(lambda i: i.id_type == "phone")
        self.assertEqual(phones.value, "+8613926009999")

    def test_saying_it_again_changes_nothing(self):
        conversation = self._say("13826001001")
        count = len(self._get_texts(conversation))
        self._say("13826001001")
        self.assertEqual(len(self._get_texts(conversation)), count + 1)
        self.assertEqual(len(self._get_link()), 1)

    def test_several_or_other_numbers_recognise_nobody(self):
        conversation = self._say("13826001001 或者 13926001002")
        self.assertNotEqual(conversation.customer_id, self.imported)
        conversation = self._say("13826001001")
        self.assertEqual(conversation.customer_id, self.imported)
        self._say("我朋友的电话是 13726005555")
        self.assertFalse(self.env["scrm.identity"].search_count([("value", "=", "+8613726005555")]))
        self.assertIn("another phone number", self._get_texts(conversation)[-1])
