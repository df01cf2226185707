"""Who is told of a dealer's list."""

from odoo import SUPERUSER_ID, api, models

from .scrm_settlement_statement import PREPARER


class ScrmSettlementImport(models.Model):
    # One concern a file.
    _inherit = "scrm.settlement.import"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    def _notice_get_events(self):
        return [
            ("upload", self.env._("Uploaded by the dealer")),
            ("differ", self.env._("Compared with differences")),
            *super()._notice_get_events(),
        ]

    def _notice_get_responsible(self):
        """Return who prepares it; of what a dealer uploads, who prepares his settlements."""
        return self.statement_id.user_id or self.preparer_id or self._get_usual_preparers()

    def _get_usual_preparers(self):
        """Return who prepared the dealer's latest statement, else all of the company who do."""
        # sudo: asked for a notice that a dealer sets off, who reads no colleagues
        self_sudo = self.sudo()
        latest = self_sudo.env["scrm.settlement.statement"].search(
            [
                ("company_id", "=", self_sudo.company_id.id),
                ("partner_id", "=", self_sudo.partner_id.id),
                ("user_id.active", "=", True),
                ("user_id", "!=", SUPERUSER_ID),
            ],
            limit=1,
        )
        preparers = self_sudo.env.ref(PREPARER).all_user_ids
        return latest.user_id or preparers.filtered(
            lambda user: self_sudo.company_id in user.company_ids
        )

    def _notice_get_audience_uploader(self, rule):
        # The contact and not the user: a dealer has no bell, he is written to
        return self.uploader_id.partner_id

    def _tell_differences(self):
        """Tell what differs to those who do not look at the result: it came by itself."""
        differing = self.filtered(lambda one: one.state == "compared" and one.unresolved_count)
        self.env["scrm.notice.rule"]._raise_event(differing, "differ")
