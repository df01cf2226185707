from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..tools.append_only import protect


class ScrmIdentityLink(models.Model):
    """One piece of evidence that two handles are one person (or, by rule ``cannot``, are not)."""

    _name = "scrm.identity.link"
    _description = "Evidence between Handles"
    _order = "valid_from desc, id desc"

    left_id = fields.Many2one(
        comodel_name="scrm.identity",
        string="Handle",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    right_id = fields.Many2one(
        comodel_name="scrm.identity",
        string="Other Handle",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    rule = fields.Char(required=True, readonly=True)
    rule_label = fields.Char(string="Why", compute="_compute_rule_label")
    evidence = fields.Json(readonly=True)
    decided_by_id = fields.Many2one(
        comodel_name="res.users",
        string="By",
        required=True,
        readonly=True,
        ondelete="restrict",
    )
    valid_from = fields.Datetime(
        string="Since", required=True, readonly=True, default=fields.Datetime.now
    )
    valid_to = fields.Datetime(string="Undone On", readonly=True)
    ended_by_id = fields.Many2one(
        comodel_name="res.users", string="Undone By", readonly=True, ondelete="restrict"
    )
    can_undo = fields.Boolean(compute="_compute_can_undo")

    _ordered = models.Constraint(
        "CHECK (left_id < right_id)", "A handle is not tied to itself, and each pair once."
    )
    _active_uniq = models.UniqueIndex(
        "(left_id, right_id, rule) WHERE valid_to IS NULL", "This evidence is known already."
    )

    _cannot_index = models.Index("(left_id) WHERE rule = 'cannot' AND valid_to IS NULL")

    def init(self):
        protect(self.env.cr, self._table, ("valid_to", "ended_by_id"))

    @api.model
    def _get_rule_labels(self):
        """Return {rule code: what it means}; an addon with rules of its own extends it."""
        return {
            "contact_card": self.env._("Stands on the contact"),
            "contact_made": self.env._("The contact was made for this customer"),
            "import": self.env._("Stands in one row of an imported file"),
            "manual": self.env._("Decided by a person"),
            "odoo_merge": self.env._("The contacts were merged in Contacts"),
            "similar": self.env._("Same name and almost the same number or address"),
            "stated_in_chat": self.env._("Stated by the customer in a conversation"),
            "cannot": self.env._("Different customers, decided by a person"),
        }

    @api.depends("rule")
    def _compute_rule_label(self):
        labels = self._get_rule_labels()
        for link in self:
            link.rule_label = labels.get(link.rule, link.rule)

    @api.depends("valid_to", "rule")
    def _compute_can_undo(self):
        for link in self:
            link.can_undo = not link.valid_to and link.rule != "odoo_merge"

    @api.depends("rule_label", "left_id.display_value", "right_id.display_value")
    def _compute_display_name(self):
        for link in self:
            link.display_name = f"{link.left_id.display_value} – {link.right_id.display_value}"

    def action_undo(self):
        """End the evidence and derive its customers again: exactly as if it had never been.

        :raise AccessError: the user is no data steward
        :raise UserError: it was ended already, or the contacts themselves were merged
        """
        if not self.env.user.has_group("scrm_base.group_scrm_base_steward"):
            raise AccessError(self.env._("Only a data steward may undo evidence."))
        self.check_access("read")
        ended = self.filtered("valid_to")
        if ended:
            raise UserError(self.env._("This was undone already. Reload the page."))
        if any(link.rule == "odoo_merge" for link in self):
            raise UserError(
                self.env._(
                    "These contacts were merged in Contacts, which cannot be undone: there is only"
                    " one contact left."
                )
            )
        # sudo: checked above; the caches of business records follow, whoever may see those.
        self_sudo = self.sudo()
        customers = (self_sudo.left_id | self_sudo.right_id)._lock_clusters()
        self_sudo.write({"valid_to": fields.Datetime.now(), "ended_by_id": self.env.uid})
        self.env["scrm.identity"].sudo()._derive(customers)
        return True

    def _record(self):
        """Write on the timeline that two customers turned out to be one."""
        labels = self._get_rule_labels()
        self.env["scrm.interaction"]._record(
            [
                {
                    "identity_id": link.right_id.id,
                    "kind": "merge",
                    "summary": self.env._(
                        "Recognised as one customer: %(left)s and %(right)s (%(why)s)",
                        left=link.left_id.display_value,
                        right=link.right_id.display_value,
                        why=labels.get(link.rule, link.rule),
                    ),
                    "dedupe_key": f"scrm.identity.link:{link.id}",
                    "record": link,
                }
                for link in self
            ]
        )
