from odoo import fields, models

from ..tools.quiet_hours import DEFAULT_ZONE, get_quiet_end, to_minutes


class ScrmOutbox(models.Model):
    """Nobody is woken: notices of rules wait for the end of their reader's quiet hours."""

    _inherit = "scrm.outbox"

    def _hold_for_quiet_hours(self):
        """Let rows that fall due in somebody's night wait until it ends."""
        by_end = {}
        for row in self.filtered(lambda row: row.state == "queued"):
            end = row._get_quiet_end()
            if end:
                by_end.setdefault(end, []).append(row.id)
        for end, ids in by_end.items():
            self.browse(ids).not_before = end

    def _get_quiet_end(self):
        """Return when the quiet hours end in which the row falls due, or None."""
        self.ensure_one()
        company = self.company_id
        start, end = (
            to_minutes(hours) for hours in (company.scrm_quiet_from, company.scrm_quiet_to)
        )
        if start == end or not self._is_disturbing():
            return None
        due_at = max(self._get_due_at() or fields.Datetime.now(), fields.Datetime.now())
        return get_quiet_end(due_at, start, end, self._get_reader_zone())

    def _is_disturbing(self):
        """Tell whether the row must not arrive at night.

        What a person writes to a customer has no rule and goes out at once; so does what is
        urgent, and what shows only in the app.
        """
        self.ensure_one()
        return bool(self.rule_id) and not self.rule_id.is_urgent and self.medium != "inapp"

    def _get_reader_zone(self):
        """Return the time zone of who reads it, else the company's, else China's."""
        self.ensure_one()
        partner = self.user_id.partner_id or self.partner_id
        partner = partner or self.identity_id.customer_id.main_partner_id
        return partner.tz or self.company_id.partner_id.tz or DEFAULT_ZONE
