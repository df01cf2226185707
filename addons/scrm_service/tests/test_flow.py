"""A ticket moves along its template's transitions, and in no other way."""

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .common import ServiceCase


@tagged("post_install", "-at_install")
class TestFlow(ServiceCase):
    def test_starts_at_the_start_with_a_number_of_its_company(self):
        first, second = self._make_ticket(), self._make_ticket()
        self.assertEqual(self.node["accept"], first.node_id)
        self.assertEqual("new", first.state)
        self.assertNotEqual(first.number, second.number)
        self.assertTrue(first.number.startswith("ST"))
        other = self.env["scrm.service.ticket"].create(
            {
                "name": "Elsewhere",
                "template_id": self.template.id,
                "company_id": self.company_other.id,
            }
        )
        # each company counts for itself, so its first ticket is number one
        self.assertEqual("0001", other.number[-4:])

    def test_whole_way(self):
        ticket = self._make_ticket(self.dispatcher)
        ticket.write({"site_id": self.site.id, "user_id": self.technician.id})
        ticket._move_along("dispatch")
        self.assertEqual(("dispatch", "open"), (ticket.node_id.code, ticket.state))
        ticket = ticket.with_user(self.technician)
        ticket._move_along("on_site")
        ticket._move_along("done", resolution="New seal")
        self.assertEqual(("done", "done"), (ticket.node_id.code, ticket.state))
        self.assertEqual("New seal", ticket.resolution)
        self.assertTrue(ticket.closed_at)

    def test_a_jump_is_refused(self):
        ticket = self._make_ticket(site_id=self.site.id, user_id=self.technician.id)
        with self.assertRaises(UserError):
            ticket._move_along("done", resolution="Never was there")
        with self.assertRaises(UserError):
            ticket._move_to(self.node["done"].id)
        self.assertEqual("accept", ticket.node_id.code)

    def test_writing_the_node_is_refused(self):
        ticket = self._make_ticket(self.dispatcher)
        with self.assertRaises(UserError):
            ticket.write({"node_id": self.node["done"].id})
        with self.assertRaises(UserError):
            ticket.write({"node_id": self.node["dispatch"].id, "name": "Hidden in others"})

    def test_a_forged_context_opens_nothing(self):
        ticket = self._make_ticket(self.dispatcher)
        for value in (True, 1, "1", {"state": self.node["done"].id}):
            with self.assertRaises(UserError):
                ticket.with_context(_scrm_flow_permit=value).write(
                    {"node_id": self.node["done"].id}
                )

    def test_creating_elsewhere_is_refused(self):
        with self.assertRaises(UserError):
            self._make_ticket(node_id=self.node["done"].id)
        ticket = self.env["scrm.service.ticket"].with_context(default_node_id=self.node["done"].id)
        ticket = ticket.create({"name": "By default", "template_id": self.template.id})
        self.assertEqual("accept", ticket.node_id.code)

    def test_state_cannot_be_written_either(self):
        ticket = self._make_ticket()
        ticket.write({"state": "done"})
        ticket.invalidate_recordset()
        ticket.modified(["node_id"])
        self.assertEqual("new", ticket.state)

    def test_everything_missing_is_named(self):
        ticket = self._make_ticket()
        with self.assertRaisesRegex(UserError, "Outlet, Technician"):
            ticket._move_along("dispatch")
        ticket.site_id = self.site
        with self.assertRaisesRegex(UserError, r"Fill in first: Technician\."):
            ticket._move_along("dispatch")

    def test_done_needs_the_work_done(self):
        ticket = self._make_ticket_on_site()
        with self.assertRaisesRegex(UserError, "Work Done"):
            ticket._move_along("done")

    def test_required_own_fields(self):
        template = self.template.copy()
        template.field_definition = [
            {"name": "fault", "type": "char", "string": "Fault code"},
            {"name": "photo", "type": "char", "string": "Photo"},
        ]
        done = template.node_ids.filtered(lambda node: node.kind == "done")
        done.required_properties = "Fault code"
        template.action_activate()
        ticket = self._make_ticket(
            template_id=template.id, site_id=self.site.id, user_id=self.technician.id
        )
        ticket._move_along("dispatch")
        ticket._move_along("on_site")
        with self.assertRaisesRegex(UserError, r"Fill in first: Work Done, Fault code\."):
            ticket._move_along("done")
        ticket.fields_data = {"fault": "E03"}
        ticket._move_along("done", resolution="Reset")
        self.assertEqual("done", ticket.state)

    def test_cancel_asks_why(self):
        ticket = self._make_ticket(self.dispatcher)
        with self.assertRaisesRegex(UserError, "needs a note"):
            ticket._move_along("cancel", note="  ")
        cancel = self.env.ref("scrm_service.transition_repair_cancel_accept")
        action = ticket.action_move(cancel.id)
        self.assertEqual("scrm.service.ticket.move", action["res_model"])
        wizard = Form(
            self.env[action["res_model"]]
            .with_user(self.dispatcher)
            .with_context(**action["context"])
        )
        wizard.note = "Customer solved it"
        wizard.save().action_move()
        self.assertEqual("cancel", ticket.state)
        self.assertEqual("Customer solved it", ticket.node_log_ids[-1].note)

    def test_only_dispatchers_dispatch(self):
        ticket = self._make_ticket(site_id=self.site.id, user_id=self.technician.id)
        as_technician = ticket.with_user(self.technician)
        with self.assertRaises(AccessError):
            as_technician._move_along("dispatch")
        self.assertEqual(["cancel"], [button["code"] for button in as_technician.move_buttons])
        self.assertEqual(
            ["dispatch", "cancel"],
            [button["code"] for button in ticket.with_user(self.dispatcher).move_buttons],
        )

    def test_a_stale_button_gets_a_sentence(self):
        ticket = self._make_ticket(
            self.dispatcher, site_id=self.site.id, user_id=self.technician.id
        )
        dispatch = self.env.ref("scrm_service.transition_repair_dispatch")
        ticket.action_move(dispatch.id)
        with self.assertRaisesRegex(UserError, "has moved meanwhile"):
            ticket.action_move(dispatch.id)
        self.assertEqual(2, len(ticket.node_log_ids))

    def test_a_dropped_card_takes_the_step(self):
        ticket = self._make_ticket(
            self.dispatcher, site_id=self.site.id, user_id=self.technician.id
        )
        ticket.web_save({"node_id": self.node["dispatch"].id}, {"node_id": {}})
        self.assertEqual("dispatch", ticket.node_id.code)
        self.assertEqual(2, len(ticket.node_log_ids))

    def test_a_card_dropped_on_an_illegal_column_says_where_it_may_go(self):
        ticket = self._make_ticket(self.dispatcher)
        with self.assertRaisesRegex(UserError, "cannot go from Accepted to Completed.*Dispatched"):
            ticket.web_save({"node_id": self.node["done"].id}, {"node_id": {}})
        with self.assertRaisesRegex(UserError, "needs a note"):
            ticket.web_save({"node_id": self.node["cancel"].id}, {"node_id": {}})
        with self.assertRaises(UserError):
            ticket.web_save({"node_id": False}, {"node_id": {}})

    def test_done_calls_the_hook_once(self):
        calls = []
        ticket = self._make_ticket_on_site()
        self.patch(type(ticket), "_after_close", lambda records: calls.append(records.id))
        ticket._move_along("done", resolution="Fixed")
        self.assertEqual([ticket.id], calls)
        cancelled = self._make_ticket()
        cancelled._move_along("cancel", note="No need")
        self.assertEqual([ticket.id], calls)

    def test_the_template_stays(self):
        ticket = self._make_ticket()
        with self.assertRaisesRegex(UserError, "keeps its template"):
            ticket.template_id = self.template.copy()

    def test_a_ticket_is_not_deleted(self):
        with self.assertRaisesRegex(UserError, "cancel it"):
            self._make_ticket().unlink()

    def test_a_copy_starts_anew(self):
        ticket = self._make_ticket_on_site()
        copy = ticket.with_user(self.dispatcher).copy()
        self.assertEqual("accept", copy.node_id.code)
        self.assertNotEqual(ticket.number, copy.number)
        self.assertNotEqual(ticket.access_token, copy.access_token)
        self.assertEqual(1, len(copy.node_log_ids))

    def test_the_form_opens_a_ticket(self):
        form = Form(self.env["scrm.service.ticket"].with_user(self.dispatcher))
        form.name = "By hand"
        form.template_id = self.template
        form.site_id = self.site
        self.assertEqual(self.technician, form.user_id)
        form.partner_id = self.partner
        ticket = form.save()
        self.assertEqual("accept", ticket.node_id.code)
        self.assertEqual(self.partner, ticket.customer_id.main_partner_id)

    def test_the_customer_follows_the_contact_but_not_the_handle(self):
        other = self._make_partner(name="Mr Li")
        ticket = self._make_ticket()
        self.assertEqual("partner", ticket.identity_id.id_type)
        ticket.partner_id = other
        self.assertEqual("Mr Li", ticket.customer_id.name)
        openid = self._make_identity("openid", "o-123", scope="oa:wx1", name="WeChat fan")
        written = self._make_ticket(identity_id=openid.id, partner_id=False, channel="wechat")
        self.assertEqual(openid, written.identity_id)
        written.partner_id = other
        self.assertEqual(openid, written.identity_id)
