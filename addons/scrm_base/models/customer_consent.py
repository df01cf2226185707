"""What a customer allows the current company, on their page."""

from markupsafe import Markup

from odoo import api, fields, models

from ..tools import consent as rules


class ScrmCustomer(models.Model):
    _inherit = "scrm.customer"  # pylint: disable=consider-merging-classes-inherited

    consent_ids = fields.One2many(
        comodel_name="scrm.consent", inverse_name="customer_id", string="Consents"
    )
    consent_chips = fields.Html(string="Allowed", compute="_compute_consent_chips", sanitize=False)

    @api.depends("consent_ids", "identity_ids")
    @api.depends_context("company", "lang")
    def _compute_consent_chips(self):
        Consent = self.env["scrm.consent"].sudo()  # sudo: set-based, limited to these customers
        said = Consent._get_all_statements(self, self.env.company)
        purposes = self.env["scrm.consent.purpose"]
        if said:
            purposes = purposes.search_fetch([("id", "in", list(said))], ["name"])
        channels = dict(Consent._fields["channel"]._description_selection(self.env))
        for customer in self:
            chips = []
            for purpose in purposes:
                statements = said[purpose.id].get(customer.id)
                if not statements:
                    continue
                named = {row.channel for row in statements}
                states = [
                    (channels[name], rules.get_state(statements, name))
                    for name in channels
                    if name in named
                ]
                chips.append(self._make_consent_chip(purpose.name, states))
            customer.consent_chips = Markup("").join(chips) or False

    @api.model
    def _make_consent_chip(self, name, states):
        """Return one chip: "Marketing: WeChat ✓ SMS ✗"; every text is escaped.

        :param states: list of (channel as people call it, allowed or not)
        """
        allowed = {state for _label, state in states}
        color = {frozenset((True,)): "success", frozenset((False,)): "danger"}
        return Markup('<span class="badge rounded-pill text-bg-%s me-1">%s: %s</span>') % (
            color.get(frozenset(allowed), "info"),
            name,
            " ".join(f"{label} {'✓' if state else '✗'}" for label, state in states),
        )

    def action_record_consent(self):
        """Ask what the customer said, and record it."""
        self.ensure_one()
        self.env["scrm.consent"]._check_recorder()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Record Consent or Withdrawal"),
            "res_model": "scrm.consent.record",
            "view_mode": "form",
            "target": "new",
            "context": {"default_customer_id": self.id},
        }
