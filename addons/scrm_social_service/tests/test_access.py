"""Who may call the public methods, and whose conversation a dialog may be about."""

from odoo.exceptions import AccessError
from odoo.service.model import call_kw
from odoo.tests import tagged

from odoo.addons.scrm_base.tests.method_access import MethodAccessMixin
from odoo.addons.scrm_social.tests.common import SocialCase

SERVICE = "scrm_service.group_scrm_service_%s"
SOCIAL = "scrm_social.group_scrm_social_%s"
ROLES = {
    "internal": "base.group_user",
    "agent": f"{SOCIAL % 'agent'},{SERVICE % 'agent'}",
    "talker": SOCIAL % "agent",
    "dispatcher": SERVICE % "agent",
    "admin": f"{SOCIAL % 'admin'},{SERVICE % 'manager'}",
    "portal": "base.group_portal",
    "public": "base.group_public",
    "foreign_agent": f"{SOCIAL % 'agent'},{SERVICE % 'agent'}",
    "foreign_admin": f"{SOCIAL % 'admin'},{SERVICE % 'manager'}",
}
NOBODY = set()  # of other people's dialogs


@tagged("post_install", "-at_install")
class TestAccess(MethodAccessMixin, SocialCase):
    _addon = "scrm_social_service"
    _changing = {
        "scrm.conversation.ticket": {"action_create_ticket": NOBODY},
        "scrm.service.ticket": {"action_open_conversation": {"agent", "admin"}},
    }
    _showing = {
        "scrm.conversation": {"action_open_ticket_wizard", "action_open_tickets"},
    }
    _strangers = (*("internal", "portal", "public"), *("foreign_agent", "foreign_admin"))
    _owner = "admin"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.users = cls._make_users("bridge", ROLES)
        cls.channel.user_ids = cls.users["agent"]

    def setUp(self):
        super().setUp()
        self.conversation = self._say("My door code is 1234")
        template = self.env.ref("scrm_service.template_repair")
        self.vals = {
            "conversation_id": self.conversation.id,
            "template_id": template.id,
            "name": "x",
        }
        wizard = self.env["scrm.conversation.ticket"].create(self.vals)
        ticket = self.env["scrm.service.ticket"].create(
            {"name": "x", "template_id": wizard.template_id.id, "company_id": self.company.id}
        )
        ticket.conversation_id = self.conversation
        self.records = {record._name: record for record in (wizard, self.conversation, ticket)}

    def test_who_may_can(self):
        self._assert_changing_is_possible()

    def _ask_dialog(self, role):
        """Return what a new dialog about the conversation shows."""
        wizard = self._as(self.env["scrm.conversation.ticket"], role)
        spec = {"description": {}, "customer_id": {"fields": {"display_name": {}}}}
        args = [[], {"conversation_id": self.conversation.id}, ["conversation_id"], spec]
        return call_kw(wizard, "onchange", args, {"context": dict(wizard.env.context)})["value"]

    def test_a_dialog_shows_what_its_asker_may_read(self):
        self.assertIn("1234", self._ask_dialog("agent")["description"])
        for role in ("dispatcher", "foreign_agent", "foreign_admin"):
            with self.subTest(role=role), self.assertRaises(AccessError):
                self._ask_dialog(role)

    def test_a_dialog_is_about_ones_own_company(self):
        for role in ("foreign_agent", "foreign_admin"):
            with self.subTest(role=role), self.assertRaises(AccessError), self.env.cr.savepoint():
                self._as(self.env["scrm.conversation.ticket"], role).create(self.vals)

    def test_an_agent_opens_a_ticket_by_ones_own_dialog(self):
        wizard = self._as(self.env["scrm.conversation.ticket"], "agent").create(self.vals)
        created = call_kw(wizard, "action_create_ticket", [wizard.ids], {})["res_id"]
        ticket = self.env["scrm.service.ticket"].browse(created)
        self.assertEqual(self.conversation, ticket.conversation_id)
        with self.assertRaises(AccessError):
            self._as(ticket, "agent").conversation_id = False
