from odoo.tests import tagged

from .common import SocialCase

OPENID = "oWang-Fang_000017"


@tagged("post_install", "-at_install")
class TestErasure(SocialCase):
    def test_nothing_of_a_conversation_stays(self):
        conversation = self._say("This is Wang Fang, 13677889900, no water!", openid=OPENID)
        self.env["scrm.customer.touch"].search([]).unlink()
        customer = conversation.customer_id
        customer.name = "Wang Fang"
        conversation._refresh_names()
        self._answer(conversation, "Dear Wang Fang, we come")
        waiting = self.client.text(OPENID, "Wang Fang again")
        self._store(waiting)
        traces = (OPENID, "Wang Fang", "13677889900")
        self.assertIn("scrm.webhook.event", {m for m, _c, _t in self._find_traces(*traces)})
        self.env["scrm.privacy"]._erase(customer)
        self.assertEqual([], self._find_traces(*traces))
        self.assertFalse(conversation.discuss_channel_id.message_ids)
        self.assertEqual("***", conversation.discuss_channel_id.name)
        self.assertEqual("***", conversation.guest_id.name)
        self._drain(OPENID)
        self.assertFalse(self._get_identity(OPENID))
        again = self._say("Hello", openid=OPENID)
        self.assertNotEqual(customer, again.customer_id)
        self.assertTrue(again.identity_id.is_suppressed)

    def test_what_is_erased_was_handed_out_or_has_a_reason(self):
        conversation = self._say("No water!", openid=OPENID)
        self._answer(conversation, "We come")
        customer = conversation.customer_id
        data = self.env["scrm.privacy"].with_company(self.company)._get_personal_data(customer)
        said = {(row["Author"], row["Contents"]) for row in data["Message"]}
        self.assertLessEqual({("The person", "No water!"), ("The company", "We come")}, said)
        self._check_handed_out(customer)
