"""How a ticket moves: the template's transitions are its flow."""

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from odoo.addons.scrm_base.tools.flow import Transition

from .scrm_service_node import END_KINDS


class ScrmServiceTicket(models.Model):
    _inherit = "scrm.service.ticket"

    @api.depends("node_id", "template_id.transition_ids")
    @api.depends_context("uid", "lang")
    def _compute_move_buttons(self):
        for ticket in self:
            ticket.move_buttons = [
                {
                    "id": transition.id,
                    "code": transition.code,
                    "label": transition.name,
                    "kind": transition.to_node_id.kind,
                }
                for transition in ticket._get_legal_transitions()
            ]

    def _get_legal_transitions(self):
        """Return the transitions that the current user may take from here, in order."""
        self.ensure_one()
        groups = self.env.user.all_group_ids
        # sudo: a technician of another company's template still sees the buttons' names
        return self.template_id.transition_ids.filtered(
            lambda transition: (
                transition.from_node_id == self.node_id
                and (not transition.group_id or transition.group_id in groups)
            )
        ).sorted("sequence")

    # === ACTIONS === #

    def action_move(self, transition_id):
        """Take one of the offered steps; asks for the note first where the step needs one."""
        self.ensure_one()
        transition = self.env["scrm.service.transition"].browse(transition_id).exists()
        if transition.template_id != self.template_id or transition.from_node_id != self.node_id:
            raise UserError(
                self.env._(
                    "Ticket %(number)s has moved meanwhile: it stands on %(node)s. "
                    "Reload the page to see its next steps.",
                    number=self.number,
                    node=self.node_id.name,
                )
            )
        if transition.require_note:
            return self._get_note_action(transition)
        self._move_along(transition.code)
        return True

    def action_move_to_node(self, node_id):
        """Take the step that leads to this node, as when a card is dropped on its column."""
        self.ensure_one()
        node = self.env["scrm.service.node"].browse(node_id)
        if node == self.node_id:
            return True
        transition = self._get_legal_transitions().filtered(lambda t: t.to_node_id == node)
        if not transition:
            raise UserError(
                self.env._(
                    "Ticket %(number)s cannot go from %(origin)s to %(target)s. "
                    "From here it may go to: %(targets)s.",
                    number=self.number,
                    origin=self.node_id.name,
                    target=node.name or self.env._("nowhere"),
                    targets=", ".join(self._get_legal_transitions().to_node_id.mapped("name"))
                    or self.env._("nowhere, it is closed"),
                )
            )
        if transition.require_note:
            raise UserError(
                self.env._(
                    "The step %(name)s needs a note: open ticket %(number)s and use its button.",
                    name=transition.name,
                    number=self.number,
                )
            )
        self._move_along(transition.code)
        return True

    def _get_note_action(self, transition):
        return {
            "type": "ir.actions.act_window",
            "name": transition.name,
            "res_model": "scrm.service.ticket.move",
            "view_mode": "form",
            "views": [(False, "form")],
            "target": "new",
            "context": {
                "default_ticket_id": self.id,
                "default_transition_id": transition.id,
            },
        }

    # === THE FLOW'S HOOKS === #

    def _flow_get_transitions(self):
        # sudo: the rules of the flow hold for everybody, whatever part of it they may read
        return tuple(
            Transition(
                key=arrow.code,
                source=arrow.from_node_id.id,
                target=arrow.to_node_id.id,
                label=arrow.name,
            )
            for arrow in self.sudo().template_id.transition_ids
        )

    def _flow_get_transition_record(self, transition):
        """Return the record behind a step of the flow kit."""
        # sudo: see _flow_get_transitions
        return self.sudo().template_id.transition_ids.filtered(
            lambda arrow: (
                arrow.code == transition.key and arrow.from_node_id.id == transition.source
            )
        )

    @api.model
    def _flow_get_initial(self, vals=None):
        """A ticket starts on its template's start node."""
        # sudo: the portal's customers do not read templates
        template = self.env["scrm.service.template"].sudo().browse((vals or {}).get("template_id"))
        return template.start_node_id.id

    def _flow_move(self, transition, state, note, vals):
        arrow = self._flow_get_transition_record(transition)
        if arrow.require_note and not (note or "").strip():
            raise UserError(self.env._("Say why: the step %(name)s needs a note.", name=arrow.name))
        if arrow.to_node_id.kind in END_KINDS:
            vals = dict(vals, closed_at=fields.Datetime.now())
        return super()._flow_move(transition, state, note, vals)

    def _flow_check(self, transition, vals):
        self.ensure_one()
        arrow = self._flow_get_transition_record(transition)
        if arrow.group_id and not self.env.su and arrow.group_id not in self.env.user.all_group_ids:
            raise AccessError(
                self.env._(
                    "Only %(group)s may take the step %(name)s.",
                    group=arrow.group_id.sudo().full_name,
                    name=arrow.name,
                )
            )
        missing = self._get_missing_labels(arrow.to_node_id, vals)
        if missing:
            raise UserError(
                self.env._(
                    "Ticket %(number)s cannot go to %(node)s yet. Fill in first: %(fields)s.",
                    number=self.number,
                    node=arrow.to_node_id.name,
                    fields=", ".join(missing),
                )
            )
        planned = self.part_ids.filtered(lambda part: part.state == "planned")
        if arrow.to_node_id.kind in END_KINDS and planned:
            raise UserError(
                self.env._(
                    "Ticket %(number)s still has planned parts: %(parts)s. "
                    "Take them from stock or remove them first.",
                    number=self.number,
                    parts=", ".join(planned.product_id.mapped("display_name")),
                )
            )
        return super()._flow_check(transition, vals)

    def _get_missing_labels(self, node, vals):
        """Return the labels of everything that the node requires and the ticket lacks.

        :param vals: what is written together with the step, so not missing
        """
        self.ensure_one()
        # sudo: everybody is told the name of what is missing
        missing = [
            field.field_description
            for field in node.sudo().required_field_ids
            if not (vals.get(field.name) or self[field.name])
        ]
        values = dict(self.fields_data or {}, **(vals.get("fields_data") or {}))
        definitions = self.sudo().template_id.field_definition or []
        for label in node._get_required_labels():
            for item in definitions:
                if label in (item["name"], item.get("string")) and values.get(item["name"]) in (
                    None,
                    False,
                    "",
                    [],
                ):
                    missing.append(item.get("string") or item["name"])
        return missing

    def _flow_log(self, transition, source, note):
        """Append to the ticket's own log, and open the customer's rating once it is done."""
        self.ensure_one()
        arrow = self._flow_get_transition_record(transition)
        if arrow.to_node_id.kind == "done":
            # before the notices go out, as their text carries the link;
            # sudo: the request to rate is the system's, not the technician's
            self.sudo()._rating_get_access_token()
        return self._append_log(arrow.to_node_id, arrow=arrow, note=note)

    def _append_log(self, node, arrow=None, note=None):
        # sudo: nobody may write the log but the flow
        return (
            self.env["scrm.service.node.log"]
            .sudo()
            .create(
                {
                    "ticket_id": self.id,
                    "node_id": node.id,
                    "transition_id": arrow.id if arrow else False,
                    "transition_name": arrow.name if arrow else False,
                    "user_id": self.env.uid,
                    "note": note,
                }
            )
        )

    def _log_arrival(self):
        """Put the ticket's birth into its log, on the timeline, and tell the customer."""
        self.ensure_one()
        self._append_log(self.node_id)
        vals = self._prepare_timeline_vals()
        if vals:
            self.env["scrm.interaction"]._record([vals])
        self.env["scrm.notice.rule"]._raise_event(self, "created")

    def _get_last_log(self):
        self.ensure_one()
        # sudo: the log is read for its id only
        return (
            self.env["scrm.service.node.log"]
            .sudo()
            .search([("ticket_id", "=", self.id)], order="id desc", limit=1)
        )

    def _prepare_timeline_vals(self):
        """Return the interaction of standing on the current node, or None without a customer."""
        self.ensure_one()
        if not self.identity_id:
            return None
        return {
            "identity_id": self.identity_id.id,
            "kind": "ticket",
            "summary": self.env._(
                "%(number)s %(name)s: %(node)s",
                number=self.number,
                name=self.name,
                node=self.sudo().node_id.name,
            ),
            "dedupe_key": f"ticket:{self.id}:{self._get_last_log().id}",
            "record": self,
            "company_id": self.company_id.id,
        }

    def _flow_prepare_interaction_vals(self, transition):
        return self._prepare_timeline_vals()

    def _flow_after(self, transition):
        result = super()._flow_after(transition)
        arrow = self._flow_get_transition_record(transition)
        if arrow.to_node_id.kind == "done":
            self._after_close()
        return result

    def _after_close(self):
        """Hook: the ticket has just been done. Called once, in the same transaction."""

    # === NOTICES === #

    @api.model
    def _notice_get_events(self):
        """The steps are those of the templates; the birth of a ticket is none of them."""
        events = dict(super()._notice_get_events())
        events["created"] = self.env._("Created")
        # sudo: the names of steps are no secret
        for arrow in self.env["scrm.service.transition"].sudo().search([("code", "!=", False)]):
            events.setdefault(arrow.code, arrow.name)
        return list(events.items())

    def _notice_get_customer(self):
        return self.customer_id

    def _notice_get_responsible(self):
        return self.user_id

    def _notice_get_key(self, event):
        return f"{self._name},{self.id},{event},{self._get_last_log().id}"
