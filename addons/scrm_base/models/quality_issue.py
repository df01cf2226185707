from odoo import fields, models


class ScrmQualityIssue(models.Model):
    """One contact whose data need a person: what the nightly check found.

    Stored, for what is wrong with a phone number takes seconds to find out of a million, not of
    one list. The value is kept masked, the contact itself shows it.
    """

    _name = "scrm.quality.issue"
    _description = "Flaw in a Contact's Data"
    _order = "kind, group_key, partner_id, id"
    _rec_name = "value"
    _log_access = False

    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, index=True, ondelete="cascade"
    )
    kind = fields.Selection(
        [
            ("malformed_phone", "Phone number that is none"),
            ("malformed_email", "E-mail address that is none"),
            ("shared_phone", "Phone number of several contacts"),
            ("shared_email", "E-mail address of several contacts"),
            ("unknown", "Business without a customer"),
        ],
        required=True,
        readonly=True,
    )
    partner_id = fields.Many2one(
        "res.partner", "Contact", required=True, readonly=True, index=True, ondelete="cascade"
    )
    value = fields.Char(readonly=True)
    # Equal for the contacts that share a value, without saying which
    group_key = fields.Char("Shared With", readonly=True)
    customer_id = fields.Many2one("scrm.customer", related="partner_id.scrm_customer_id")

    _company_kind_idx = models.Index("(company_id, kind)")

    def action_open_partner(self):
        """Open the contact, to repair it."""
        self.ensure_one()
        return self.partner_id.get_formview_action()

    def action_open_sharers(self):
        """Open the customers that share this value, to unite those that are one."""
        self.ensure_one()
        sharers = self.search(
            [
                ("company_id", "=", self.company_id.id),
                ("kind", "=", self.kind),
                ("group_key", "=", self.group_key),
            ]
        )
        customers = sharers.partner_id.with_company(self.company_id).scrm_customer_id
        if len(customers) < 2:
            # Contacts that are no customers yet are compared in Contacts.
            return {
                "type": "ir.actions.act_window",
                "name": self.env._("Contacts with %s", self.value),
                "res_model": "res.partner",
                "view_mode": "list,form",
                "domain": [("id", "in", sharers.partner_id.ids)],
            }
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Customers with %s", self.value),
            "res_model": "scrm.customer",
            "view_mode": "list,form",
            "domain": [("id", "in", customers.ids)],
        }
