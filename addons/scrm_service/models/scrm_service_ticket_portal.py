"""What a customer sees and does: the portal and the rating."""

from odoo import api, models
from odoo.exceptions import AccessError, UserError


def _to_id(text):
    """Return the id that a form sent, or 0 for anything that is none."""
    text = str(text or "").strip()
    return int(text) if text.isdigit() and len(text) < 10 else 0


class ScrmServiceTicket(models.Model):
    _inherit = "scrm.service.ticket"

    @api.model
    def _get_portal_templates(self):
        """Return the templates that a customer of the current company may choose from."""
        # sudo: the portal's customers do not read templates
        return (
            self.env["scrm.service.template"]
            .sudo()
            .search(
                [
                    ("state", "=", "active"),
                    ("allow_portal", "=", True),
                    ("company_id", "in", (False, self.env.company.id)),
                ]
            )
        )

    @api.model
    def _create_from_portal(self, partner, post):
        """Open a ticket from what a customer sent, and return it with the customer's rights.

        :param partner: contact of the logged-in customer
        :param post: dict of texts: ``template_id``, ``equipment_id``, ``serial``, ``name``,
            ``description``; anything else is ignored
        :raises UserError: with a sentence that says what to fill in
        """
        template = self._get_portal_templates().filtered(
            lambda template: template.id == _to_id(post.get("template_id"))
        )
        if not template:
            raise UserError(self.env._("Choose the service that you need."))
        description = (post.get("description") or "").strip()
        if not description:
            raise UserError(self.env._("Describe what is wrong, so that we can prepare for it."))
        # own devices only: searched with the customer's rights
        equipment = self.env["scrm.equipment"].search(
            [("id", "=", _to_id(post.get("equipment_id")))]
        )
        serial = (post.get("serial") or "").strip()[:100]
        if not equipment:
            equipment = self.env["scrm.equipment"]._find_by_serial(serial, partner=partner)
        name = (post.get("name") or "").strip() or description.splitlines()[0]
        # sudo: a customer has no right to create; the values above are all that is taken
        ticket_sudo = self.sudo().create(
            {
                "template_id": template.id,
                "company_id": self.env.company.id,
                "partner_id": partner.id,
                "channel": "portal",
                "name": name[:120],
                "description": description[:5000],
                "equipment_id": equipment.id,
                "serial": serial if not equipment else False,
            }
        )
        return ticket_sudo.sudo(False)

    def _get_portal_steps(self):
        """Return the way as the customer sees it: nodes with a label, in order.

        :return: list of dicts ``label``, ``at`` (datetime or False), ``state`` in
            ``done current todo``; the node of a cancelled ticket appears once it is reached
        """
        self.ensure_one()
        reached = {log.node_id: log.entered_at for log in self.node_log_ids.sorted("id")}
        nodes = self.template_id.node_ids.sorted("sequence").filtered(
            lambda node: node.customer_label and (node.kind != "cancel" or node in reached)
        )
        passed = [log.node_id for log in self.node_log_ids.sorted("id") if log.node_id in nodes]
        current = passed[-1] if passed else None
        closed = self.state == "cancel"
        steps = []
        for node in nodes:
            if node == current:
                state = "current"
            elif node in reached:
                state = "done"
            else:
                state = "todo"
            if closed and state == "todo":
                continue  # a cancelled ticket goes no further
            steps.append(
                {"label": node.customer_label, "at": reached.get(node, False), "state": state}
            )
        return steps

    # === RATING === #

    def _rating_get_partner(self):
        return self.partner_id or self.customer_id.sudo().main_partner_id

    def rating_apply(self, rate, token=None, rating=None, feedback=None, **kwargs):
        if not self.env.su:  # core's page rates in superuser mode, once the token is checked
            raise AccessError(
                self.env._(
                    "A ticket is rated by its customer alone, through the link of the rating."
                )
            )
        applied = super().rating_apply(
            rate, token=token, rating=rating, feedback=feedback, **kwargs
        )
        for ticket in self.filtered("identity_id"):
            # The timeline is for the staff; the language of the request is the customer's phone's.
            ticket = ticket.with_context(lang=ticket.company_id.partner_id.lang)
            ticket.env["scrm.interaction"]._record(
                [
                    {
                        "identity_id": ticket.identity_id.id,
                        "kind": "rating",
                        "summary": ticket.env._(
                            "%(number)s rated %(rate)s of 5", number=ticket.number, rate=int(rate)
                        ),
                        "dedupe_key": f"rating:{applied.id}:{int(rate)}",
                        "record": ticket,
                        "company_id": ticket.company_id.id,
                        "payload": {"rating": rate},
                    }
                ]
            )
        return applied
