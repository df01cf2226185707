"""Who may call the public methods."""

from odoo.tests import tagged

from odoo.addons.scrm_base.tests.method_access import MethodAccessMixin

from .common import GROUP, ServiceCase

ROLES = {
    "internal": "base.group_user",
    "viewer": "scrm_base.group_scrm_base_viewer",
    "technician": GROUP % "technician",
    "other_technician": GROUP % "technician",
    "agent": GROUP % "agent",
    "manager": GROUP % "manager",
    "portal": "base.group_portal",
    "portal_other": "base.group_portal",
    "public": "base.group_public",
    "foreign_agent": GROUP % "agent",
    "foreign_manager": GROUP % "manager",
}
NOBODY = set()  # of other people's wizards, and of what the customer says
WORKERS = {"technician", "agent", "manager"}


@tagged("post_install", "-at_install")
class TestAccessMethods(MethodAccessMixin, ServiceCase):
    _addon = "scrm_service"
    _changing = {
        "scrm.service.part": {"action_use": WORKERS},
        "scrm.service.template": dict.fromkeys(
            ("action_activate", "action_draft", "action_retire"), {"manager"}
        ),
        "scrm.service.ticket": {
            "action_move": WORKERS,
            "action_move_to_node": WORKERS,
            "action_use_parts": WORKERS,
            "rating_apply": NOBODY,
            "web_save": WORKERS,
        },
        "scrm.service.ticket.move": {"action_move": NOBODY},
    }
    _showing = {
        "scrm.customer": {
            "action_new_service_ticket",
            "action_open_equipment",
            "action_open_service_tickets",
        },
        "scrm.equipment": {"action_open_tickets"},
        "scrm.service.site": {"action_open_stock", "action_open_tickets"},
        "scrm.service.template": {"action_open_tickets"},
        "scrm.service.ticket": {"action_open_pickings", "action_open_portal"},
    }
    _strangers = (
        *("internal", "viewer", "other_technician", "portal_other", "public"),
        *("foreign_agent", "foreign_manager"),
    )

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.users = cls._make_users("service", ROLES)
        cls.users["portal"].partner_id.parent_id = cls.partner
        cls.site.user_ids = cls.users["technician"]
        template = cls.template.copy({"company_id": cls.company.id})
        template.action_activate()
        ticket = cls._make_ticket(
            template_id=template.id, site_id=cls.site.id, user_id=cls.users["technician"].id
        )
        ticket._move_along("dispatch")
        ticket._move_along("on_site")
        ticket.resolution = "Tightened"
        cls._stock(cls.filter, 5)
        part = cls._make_part(ticket, cls.filter)
        equipment = cls.env["scrm.equipment"].create(
            {"name": "Heater", "serial": "X-9", "partner_id": cls.partner.id}
        )
        step = ticket._get_legal_transitions().filtered(lambda step: not step.require_note)[0]
        move = cls.env["scrm.service.ticket.move"].create(
            {"ticket_id": ticket.id, "transition_id": step.id, "note": "x"}
        )
        rating = cls.env["rating.rating"].create(
            {
                "res_model_id": cls.env["ir.model"]._get_id(ticket._name),
                "res_id": ticket.id,
                "partner_id": cls.partner.id,
            }
        )
        records = (template, ticket, part, equipment, move, cls.site, ticket.customer_id)
        cls.records = {record._name: record.ensure_one() for record in records}
        arguments = {
            "action_move": [step.id],
            "action_move_to_node": [step.to_node_id.id],
            "rating_apply": [5, rating.access_token],
            "web_save": [{"name": "Drips"}, {}],
        }
        cls._arguments = {(ticket._name, method): args for method, args in arguments.items()}

    def _prepare_call(self, name, method):
        if method == "action_activate":
            self._find_record(name).action_retire()
        if method.startswith("action_move"):  # the step ends the work
            self.records["scrm.service.part"].action_use()

    def test_who_may_can(self):
        self._assert_changing_is_possible()
