from odoo import models


class ScrmOutbox(models.Model):
    """What one medium could not deliver goes out by the rule's next one, once."""

    _inherit = "scrm.outbox"

    def _try_next_medium(self):
        """Send by the next medium what was refused or given up; return the new rows.

        What is unknown may have arrived and never gets here. A row has one successor for ever:
        the key and a unique index see to it.
        """
        rows = self.filtered(lambda row: row.state in ("failed", "dead") and not row.fallback_ids)
        vals_list = [vals for row in rows if (vals := row._prepare_fallback_vals())]
        return self._post(vals_list)

    def _prepare_fallback_vals(self):
        """Return the columns of the row that takes this one's place, or None."""
        self.ensure_one()
        rule = self.rule_id
        media = rule._get_media() if rule else []
        if not self.body or self.medium not in media:
            return None
        person = self.user_id or self.customer_id or self.partner_id
        rest = media[media.index(self.medium) + 1 :]
        address = person and rule._find_address(person, self.company_id, rest)
        return address and {
            **address,
            "rule_id": rule.id,
            "purpose_id": self.purpose_id.id,
            "company_id": self.company_id.id,
            "res_model": self.res_model,
            "res_id": self.res_id,
            "subject": self.subject,
            "body": self.body,
            "fallback_of_id": self.id,
            "idem_key": f"{self.idem_key}:{address['medium']}",
        }
