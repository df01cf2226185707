from odoo import models


class ScrmServiceCustomerMixin(models.AbstractModel):
    """A service record with a contact: unless it came by a handle, its handle is the contact's."""

    _name = "scrm.service.customer.mixin"
    _inherit = ["scrm.customer.mixin"]
    _description = "Service Record with a Contact"

    def _ensure_identity(self):
        """Give records with a contact that contact's identity.

        A handle that a message came by (openid, phone …) stays: it says who wrote. An identity
        that only stands for the former contact follows the contact.
        """
        # sudo: who opens a ticket or enters a device need not have rights on identities
        records_sudo = self.sudo().filtered(
            lambda record: record.partner_id and record.identity_id.id_type in (False, "partner")
        )
        for company, group_sudo in records_sudo.grouped("company_id").items():
            # asking for service is business: a vendor who does is a customer too
            identity_of = group_sudo.partner_id.with_company(company)._scrm_get_identity_map(
                in_business=True
            )
            for record_sudo in group_sudo:
                identity = identity_of.get(record_sudo.partner_id.id)
                if identity and record_sudo.identity_id != identity:
                    record_sudo.identity_id = identity
