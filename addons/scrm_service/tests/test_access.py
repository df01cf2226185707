"""Who may see and do what."""

from odoo.exceptions import AccessError
from odoo.service.model import call_kw
from odoo.tests import new_test_user, tagged

from odoo.addons.scrm_base.tests.forging import ForgingMixin

from .common import ServiceCase

MODELS = (
    "scrm.equipment",
    "scrm.service.labour",
    "scrm.service.node.log",
    "scrm.service.part",
    "scrm.service.site",
    "scrm.service.ticket",
)


@tagged("post_install", "-at_install")
class TestAccess(ForgingMixin, ServiceCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ticket = cls._make_ticket_on_site().sudo(False).with_user(cls.env.user)
        cls.part = cls._make_part(cls.ticket, cls.filter)
        cls.labour = cls.env["scrm.service.labour"].create(
            {"ticket_id": cls.ticket.id, "product_id": cls.visit.id}
        )
        cls.equipment = cls.env["scrm.equipment"].create(
            {"name": "Old heater", "serial": "X-9", "partner_id": cls.partner.id}
        )
        cls.records = (
            cls.ticket,
            cls.part,
            cls.labour,
            cls.equipment,
            cls.site,
            cls.ticket.node_log_ids,
        )

    def _make_portal_user(self, login, partner, company=None):
        return new_test_user(
            self.env,
            login=login,
            groups="base.group_portal",
            partner_id=partner.id,
            company_id=(company or self.company).id,
            company_ids=[(6, 0, (company or self.company).ids)],
        )

    def test_technicians_work_on_their_own_tickets(self):
        mine = self.ticket.with_user(self.technician)
        mine.write({"description": "Seen"})
        self.part.with_user(self.technician).quantity = 2
        self.labour.with_user(self.technician).quantity = 2
        self.assertTrue(mine.node_log_ids.mapped("node_id.name"))
        self.assertEqual("Ms Chen", mine.partner_id.name)
        other = self._make_ticket(user_id=self.dispatcher.id)
        part = self._make_part(other, self.filter)
        with self.assertRaises(AccessError):
            other.with_user(self.technician).read(["name"])
        with self.assertRaises(AccessError):
            other.with_user(self.technician).write({"name": "Mine now"})
        with self.assertRaises(AccessError):
            other.with_user(self.technician)._move_along("cancel", note="Not mine")
        with self.assertRaises(AccessError):
            part.with_user(self.technician).action_use()
        with self.assertRaises(AccessError):
            self._make_part(other.with_user(self.technician), self.filter)

    def test_technicians_design_nothing(self):
        for record in (self.template, self.node["done"], self.template.transition_ids[0]):
            with self.assertRaises(AccessError):
                record.with_user(self.technician).write({"name": "Mine"})
        with self.assertRaises(AccessError):
            self.template.with_user(self.technician).action_draft()
        with self.assertRaises(AccessError):
            self.site.with_user(self.technician).name = "Mine"

    def test_dispatchers_see_every_ticket_of_their_company(self):
        for record in self.records:
            record.with_user(self.dispatcher).read([])
        self._make_ticket(user_id=False).with_user(self.dispatcher).user_id = self.technician
        with self.assertRaises(AccessError):
            self.template.with_user(self.dispatcher).name = "Mine"

    def test_managers_design(self):
        template = self.template.with_user(self.manager)
        template.action_draft()
        self.node["on_site"].with_user(self.manager).required_field_ids = False
        template.action_activate()
        self.env["scrm.service.site"].with_user(self.manager).create({"name": "Nanshan"})
        self.env["scrm.service.team"].with_user(self.manager).create({"name": "Team"})

    def test_nobody_deletes_a_ticket(self):
        with self.assertRaises(AccessError):
            self.ticket.with_user(self.manager).unlink()

    def test_another_company_sees_nothing(self):
        elsewhere = {"allowed_company_ids": self.company_other.ids}
        for record in self.records:
            with self.assertRaisesRegex(AccessError, "Sorry, t_foreigner", msg=record._name):
                record.with_user(self.foreigner).with_context(**elsewhere).read(["display_name"])
        for model_name in MODELS:
            model = self.env[model_name].with_user(self.foreigner).with_context(**elsewhere)
            self.assertFalse(
                model.search([])
                & self.env[model_name].browse(
                    [
                        id_
                        for record in self.records
                        if record._name == model_name
                        for id_ in record.ids
                    ]
                )
            )
        tickets = self.env["scrm.service.ticket"].with_user(self.foreigner)
        with self.assertRaises(AccessError):
            tickets.with_context(**elsewhere).create(
                {
                    "name": "In a foreign company",
                    "template_id": self.template.id,
                    "company_id": self.company.id,
                }
            )
        self.template.with_user(self.foreigner).with_context(**elsewhere).read(["name"])

    def test_outsiders_of_service_see_nothing(self):
        outsider = self._make_user("t_outsider", "scrm_base.group_scrm_base_viewer")
        for record in self.records:
            with self.assertRaises(AccessError, msg=record._name):
                record.with_user(outsider).read(["display_name"])

    def test_customers_see_their_own(self):
        customer = self._make_portal_user("t_chen", self.partner)
        self.assertEqual("Water is leaking", self.ticket.with_user(customer).name)
        self.equipment.with_user(customer).read(["name"])
        self.assertEqual(
            self.ticket, self.env["scrm.service.ticket"].with_user(customer).search([])
        )
        for vals in ({"name": "Hacked"}, {"site_id": False}):
            with self.assertRaises(AccessError):
                self.ticket.with_user(customer).write(vals)
        with self.assertRaises(AccessError):
            self.ticket.with_user(customer)._move_along("cancel", note="No")
        with self.assertRaises(AccessError):
            self._make_ticket(customer)
        for record in (self.part, self.labour, self.site, self.ticket.node_log_ids, self.template):
            with self.assertRaises(AccessError, msg=record._name):
                record.with_user(customer).read(["display_name"])

    def test_a_foreign_customer_sees_nothing(self):
        stranger = self._make_portal_user("t_stranger", self._make_partner(name="Stranger"))
        for record in self.records:
            with self.assertRaises(AccessError, msg=record._name):
                record.with_user(stranger).read(["display_name"])
        self.assertFalse(self.env["scrm.service.ticket"].with_user(stranger).search([]))
        with self.assertRaises(AccessError):
            self.ticket.with_user(stranger).action_move(
                self.env.ref("scrm_service.transition_repair_done").id
            )

    def test_nobody_moves_a_record_to_another_customer(self):
        other = self._make_partner(name="Other")._scrm_get_identity_map(in_business=True)
        forged = next(iter(other.values()))
        for record in (self.ticket, self.equipment):
            before = record.identity_id, record.customer_id
            for vals in ({"customer_id": forged.customer_id.id}, {"identity_id": forged.id}):
                with self.subTest(model=record._name, vals=vals), self.assertRaises(AccessError):
                    self._call(record, "write", vals)
            self.assertEqual(before, (record.identity_id, record.customer_id))

    def test_a_new_record_names_its_customer_in_vain(self):
        stranger = self._make_customer("Stranger")
        vals = {
            "name": "Leak",
            "template_id": self.template.id,
            "company_id": self.company.id,
            "partner_id": self.partner.id,
        }
        tickets = self.env["scrm.service.ticket"]
        forged = {"customer_id": stranger.id}
        for given, context in (
            ({**vals, **forged}, {}),
            (vals, {"default_customer_id": stranger.id}),
        ):
            created = self._call(tickets, "create", [given], **context)
            ticket = tickets.browse(created)
            self.assertEqual(self.partner.scrm_customer_id, ticket.customer_id)

    def test_a_handle_out_of_sight_is_not_named(self):
        foreign = self._make_identity("phone", "+8613800009999", pool=self.pool_other)
        vals = {"name": "Leak", "template_id": self.template.id, "company_id": self.company.id}
        for given, context in (
            ({**vals, "identity_id": foreign.id}, {}),
            (vals, {"default_identity_id": foreign.id}),
        ):
            with self.assertRaises(AccessError):
                self._call(self.env["scrm.service.ticket"], "create", [given], **context)

    def test_what_the_system_writes_nobody_else_does(self):
        structure = (self.template, self.node["done"], self.template.transition_ids[0])
        for record in (*self.records, *structure):
            for user in (self.technician, self.dispatcher, self.manager):
                with self.subTest(model=record._name, user=user.login):
                    self.assertEqual([], self._get_forgeable(record.sudo()[:1], user))

    def _call(self, record, method, *args, **context):
        model = record.with_user(self.dispatcher).with_context(allowed_company_ids=self.company.ids)
        ids = [record.ids] if record else []
        context = {"context": {**model.env.context, **context}}
        return call_kw(model, method, [*ids, *args], context)
