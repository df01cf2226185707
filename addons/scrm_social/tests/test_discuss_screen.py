"""The agent's screen, in a real browser."""

from odoo.tests import HttpCase, tagged

from odoo.addons.scrm_base.tests.common import ScrmCase

from .common import SocialMixin


@tagged("post_install", "-at_install")
class TestDiscussScreen(SocialMixin, ScrmCase, HttpCase):
    # While a loaded machine bundles the assets, the browser's other requests wait for the cursor.
    test_cursor_lock_timeout = 120

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._set_up_social()

    def test_agent_finds_the_customer_and_answers(self):
        self._make_customer("Ms Chen", phone="13826001001")
        self._say("The tap is dripping, call 13826001001")
        self.start_tour("/odoo/discuss", "scrm_social_answer", login=self.agent.login)
        conversation = self._get_conversation()
        row = self.env["scrm.outbox"].search(
            [("identity_id", "=", conversation.identity_id.id), ("medium", "=", "wechat")]
        )
        self.assertEqual(row.body, "We are on our way")
        row._deliver()
        self.assertEqual(
            [message["text"] for message in self.stand_in.state.messages], ["We are on our way"]
        )
