"""A template is put in use only when its flow holds, and stays as it is while in use."""

from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import ServiceCase


@tagged("post_install", "-at_install")
class TestTemplate(ServiceCase):
    def _make_template(self, *nodes):
        template = self.env["scrm.service.template"].create({"name": "Try", "code": "try"})
        self.env["scrm.service.node"].create(
            [
                {
                    "template_id": template.id,
                    "name": code,
                    "code": code,
                    "kind": kind,
                    "sequence": 10 + place,
                }
                for place, (code, kind) in enumerate(nodes)
            ]
        )
        return template

    def _join(self, template, source, target, **vals):
        nodes = {node.code: node for node in template.node_ids}
        return self.env["scrm.service.transition"].create(
            {
                "template_id": template.id,
                "from_node_id": nodes[source].id,
                "to_node_id": nodes[target].id,
                "name": f"To {target}",
                "code": target,
                **vals,
            }
        )

    def test_a_flow_with_a_dead_end_is_refused_by_name(self):
        template = self._make_template(("in", "start"), ("stuck", "work"), ("out", "done"))
        self._join(template, "in", "out")
        self._join(template, "in", "stuck")
        with self.assertRaisesRegex(ValidationError, "lead to a Done node from: stuck"):
            template.action_activate()
        self.assertEqual("draft", template.state)
        self._join(template, "stuck", "out")
        template.action_activate()
        self.assertEqual("active", template.state)
        self.assertEqual("in", template.start_node_id.name)

    def test_only_templates_in_use_take_tickets(self):
        template = self._make_template(("in", "start"), ("out", "done"))
        self._join(template, "in", "out")
        with self.assertRaisesRegex(UserError, "not in use"):
            self._make_ticket(template_id=template.id)
        template.action_activate()
        ticket = self._make_ticket(template_id=template.id)
        template.action_retire()
        with self.assertRaises(UserError):
            self._make_ticket(template_id=template.id)
        ticket._move_along("out")
        self.assertEqual("done", ticket.state)

    def test_the_structure_of_a_template_in_use_is_locked(self):
        node = self.node["on_site"]
        for vals in ({"kind": "start"}, {"code": "elsewhere"}):
            with self.assertRaisesRegex(UserError, "back to draft"):
                node.write(vals)
        with self.assertRaises(UserError):
            self.template.transition_ids[0].unlink()
        with self.assertRaises(UserError):
            node.unlink()
        with self.assertRaises(UserError):
            self._join(self.template, "accept", "done")
        node.write({"name": "At the customer's", "customer_label": "We are with you"})

    def test_the_state_changes_by_its_buttons_only(self):
        template = self._make_template(("in", "start"))
        with self.assertRaises(UserError):
            template.write({"state": "active"})
        with self.assertRaises(UserError):
            self.env["scrm.service.template"].create(
                {"name": "Forced", "code": "forced", "state": "active"}
            )

    def test_transitions_stay_in_their_template(self):
        template = self._make_template(("in", "start"), ("out", "done"))
        with self.assertRaisesRegex(ValidationError, "another template"):
            self.env["scrm.service.transition"].create(
                {
                    "template_id": template.id,
                    "from_node_id": template.node_ids[0].id,
                    "to_node_id": self.node["done"].id,
                    "name": "Across",
                    "code": "across",
                }
            )

    def test_the_database_refuses_two_ways_between_two_nodes(self):
        template = self._make_template(("in", "start"), ("out", "done"))
        self._join(template, "in", "out")
        with mute_logger("odoo.sql_db"), self.assertRaises(Exception) as raised:
            self._join(template, "in", "out", code="again")
        self.assertEqual("23505", getattr(raised.exception, "pgcode", None))

    def test_a_copy_has_its_own_nodes(self):
        copy = self.template.copy()
        self.assertEqual("draft", copy.state)
        self.assertEqual(self.template.node_ids.mapped("code"), copy.node_ids.mapped("code"))
        self.assertFalse(copy.node_ids & self.template.node_ids)
        self.assertEqual(
            copy.node_ids,
            copy.node_ids & (copy.transition_ids.from_node_id | copy.transition_ids.to_node_id),
        )
        copy.action_activate()

    def test_an_unknown_own_field_cannot_be_required(self):
        template = self._make_template(("in", "start"))
        with self.assertRaisesRegex(ValidationError, "no own field called Colour"):
            template.node_ids.required_properties = "Colour"

    def test_the_number_of_open_tickets(self):
        before = self.template.ticket_count
        ticket = self._make_ticket()
        self._make_ticket()._move_along("cancel", note="Not needed")
        self.template.invalidate_recordset(["ticket_count"])
        self.assertEqual(before + 1, self.template.ticket_count)
        self.assertIn(ticket, self.env["scrm.service.ticket"].search([("is_closed", "=", False)]))
