"""Handles in full: who may see them, and the log of who did."""

from datetime import datetime

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError


class ScrmIdentity(models.Model):
    _inherit = "scrm.identity"  # pylint: disable=consider-merging-classes-inherited

    is_suppressed = fields.Boolean(
        string="Was Erased Before",
        compute="_compute_is_suppressed",
        compute_sudo=True,
        help="The person asked to be forgotten, and has met the company again.",
    )

    def _compute_is_suppressed(self):
        found = self.env["scrm.suppression"]._find([identity._get_key() for identity in self])
        for identity in self:
            identity.is_suppressed = identity._get_key() in found

    def _get_key(self):
        """Return what makes the handle unique, as ``Handle.key`` does."""
        self.ensure_one()
        return (self.id_type, self.scope, self.value)

    @api.model
    def _can_export_values(self):
        return self.env.su or self.env.user.has_groups(
            "scrm_base.group_scrm_base_manager,scrm_base.group_scrm_base_privacy"
        )

    def _export_rows(self, fields, *, _is_toplevel_call=True):
        """Let only managers and privacy officers take phone numbers away in bulk."""
        named = {path[0] for path in fields if path}
        if named & {"value", "value_raw"} and not self._can_export_values():
            raise AccessError(
                self.env._(
                    "Phone numbers, addresses and openids in full are exported by managers and "
                    "privacy officers of Social CRM only. Export the masked handle instead."
                )
            )
        return super()._export_rows(fields, _is_toplevel_call=_is_toplevel_call)

    def action_unmask(self):
        """Show the handles in full; the click is logged."""
        return self.env["scrm.unmask"]._open(self)


class ScrmCustomer(models.Model):
    _inherit = "scrm.customer"  # pylint: disable=consider-merging-classes-inherited

    erased_at = fields.Datetime(
        string="Erased On", readonly=True, help="The person asked to be forgotten."
    )
    is_suppressed = fields.Boolean(compute="_compute_is_suppressed", compute_sudo=True)

    def write(self, vals):
        if "erased_at" in vals:
            raise UserError(self.env._("A person is erased by a privacy request, not by hand."))
        return super().write(vals)

    @api.depends("identity_ids")
    def _compute_is_suppressed(self):
        """Tell who came back after their erasure from who shared a handle with the person.

        The latter was known before it, by a handle that was not erased.
        """
        found = self.env["scrm.suppression"]._find([i._get_key() for i in self.identity_ids])
        for customer in self:
            handles = {i._get_key(): i.create_date for i in customer.identity_ids}
            others = [handles[key] for key in handles.keys() - found.keys()]
            known_since = min(others, default=datetime.max)
            customer.is_suppressed = any(
                found[key] <= known_since for key in handles.keys() & found.keys()
            )

    def _ensure_partner(self):
        """Make no contact of hashes."""
        if (self.merged_into_id or self).erased_at:
            raise UserError(
                self.env._(
                    "This person asked to be forgotten. If they do business again, begin with a "
                    "new contact."
                )
            )
        return super()._ensure_partner()

    def action_unmask(self):
        """Show all handles of the customer in full; the click is logged."""
        self.ensure_one()
        return self.env["scrm.unmask"]._open(self.identity_ids)
