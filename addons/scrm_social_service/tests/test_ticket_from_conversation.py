"""A conversation opens a ticket, and the ticket's notices go back by WeChat."""

from odoo.exceptions import AccessError
from odoo.tests import Form, tagged

from odoo.addons.scrm_social.tests.common import SocialCase
from odoo.addons.scrm_social_service.hooks import uninstall_hook


@tagged("post_install", "-at_install")
class TestTicketFromConversation(SocialCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.template = cls.env.ref("scrm_service.template_repair")
        cls.agent.group_ids |= cls.env.ref("scrm_service.group_scrm_service_agent")

    def _open_ticket(self, conversation, user=None):
        action = conversation.with_user(user or self.agent).action_open_ticket_wizard()
        wizard = Form(
            self.env["scrm.conversation.ticket"]
            .with_user(user or self.agent)
            .with_context(**action["context"], allowed_company_ids=self.company.ids)
        )
        wizard.template_id = self.template
        result = wizard.save().action_create_ticket()
        return self.env["scrm.service.ticket"].browse(result["res_id"])

    def _get_notice(self, ticket):
        rule = self.env.ref("scrm_service.notice_rule_ticket_done")
        return self.env["scrm.outbox"].search(
            [("rule_id", "=", rule.id), ("res_id", "=", ticket.id)]
        )

    def test_ticket_carries_customer_words_and_conversation(self):
        conversation = self._say("净水器漏水")
        self._say("在福田")
        ticket = self._open_ticket(conversation)
        self.assertRecordValues(
            ticket,
            [
                {
                    "conversation_id": conversation.id,
                    "identity_id": conversation.identity_id.id,
                    "customer_id": conversation.customer_id.id,
                    "company_id": self.company.id,
                    "channel": "wechat",
                    "name": "在福田",
                    "description": "净水器漏水\n在福田",
                }
            ],
        )
        self.assertEqual(ticket.partner_id, conversation.customer_id.main_partner_id)
        self.assertEqual(conversation.with_user(self.agent).ticket_count, 1)
        self.assertIn(ticket.number, self._get_texts(conversation)[-1])
        opened = ticket.with_user(self.agent).action_open_conversation()
        self.assertEqual(
            opened["context"]["active_id"],
            f"discuss.channel_{conversation.discuss_channel_id.id}",
        )
        self.assertEqual(
            conversation.with_user(self.agent).action_open_tickets()["domain"],
            [("conversation_id", "=", conversation.id)],
        )

    def test_customer_is_told_by_wechat_with_the_rating_link(self):
        conversation = self._say("净水器漏水")
        ticket = self._open_ticket(conversation)
        rule = self.env.ref("scrm_service.notice_rule_ticket_done")
        self.assertEqual(["wechat", "email"], rule._get_media())
        self.env["scrm.notice.rule"]._raise_event(ticket, "done")
        row = self._get_notice(ticket)
        self.assertEqual((row.medium, row.identity_id), ("wechat", conversation.identity_id))
        self._run_outbox()
        self.assertEqual(row.state, "sent", row.error)
        received = [message["text"] for message in self.stand_in.state.messages]
        self.assertTrue(any(ticket.number in text for text in received))

    def test_customer_who_cannot_be_reached_by_wechat_gets_mail(self):
        conversation = self._say("净水器漏水")
        ticket = self._open_ticket(conversation)
        ticket.partner_id.email = "customer@example.com"
        conversation.identity_id.follow_state = "unfollowed"
        self.env["scrm.notice.rule"]._raise_event(ticket, "done")
        row = self._get_notice(ticket)
        self.assertEqual(row.medium, "email")

    def test_only_service_agents_of_the_account_open_tickets(self):
        conversation = self._say("hello")
        plain = self._make_user("scrm_chat_only", "scrm_social.group_scrm_social_agent")
        self.channel.user_ids |= plain
        with self.assertRaises(AccessError):
            self._open_ticket(conversation, plain)
        desk = self._make_user("scrm_desk", "scrm_service.group_scrm_service_agent")
        with self.assertRaises(AccessError):
            self._open_ticket(conversation, desk)

    def test_uninstalling_leaves_tickets_other_medium(self):
        done = self.env.ref("scrm_service.notice_rule_ticket_done")
        cancelled = self.env.ref("scrm_service.notice_rule_ticket_cancel")
        cancelled.medium = "wechat"
        uninstall_hook(self.env)
        self.assertEqual(done.medium_ids.mapped("medium"), ["email"])
        self.assertEqual(done.medium, "email")
        self.assertEqual(cancelled.medium_ids.mapped("medium"), ["wechat"])
