"""No notice leaves for a purpose that its customer has not allowed."""

from odoo import fields, models

from ..exceptions import DeliveryRefused
from ..tools.consent import ANY


class ScrmOutbox(models.Model):
    _inherit = "scrm.outbox"  # pylint: disable=consider-merging-classes-inherited

    purpose_id = fields.Many2one(
        comodel_name="scrm.consent.purpose",
        readonly=True,
        ondelete="restrict",
        help="What the notice is for; empty is service.",
    )

    def _check_consent(self):
        """Raise unless the customer allows the purpose now; colleagues are not asked.

        Looked at when the notice leaves, not when it is written: a withdrawal in between counts.
        """
        self.ensure_one()
        if self.user_id:
            return
        contact = self.partner_id.with_company(self.company_id)
        customer = self.customer_id or contact.scrm_customer_id
        if customer.erased_at or (not customer and self._is_contact_erased()):
            raise DeliveryRefused(self.env._("The person asked to be forgotten."))
        purpose = self.purpose_id or self.env["scrm.consent.purpose"]._get_default()
        if not purpose or self._is_allowed(customer, purpose):
            return
        if customer:
            error = self.env._(
                "%(customer)s has not allowed “%(purpose)s” by this channel. Record the "
                "consent on the customer's page first, then send it again.",
                customer=customer.display_name,
                purpose=purpose.name,
            )
        else:
            error = self.env._(
                "%(contact)s is not a customer yet and so has not allowed “%(purpose)s”. Make "
                "the contact a customer and record the consent there, then send it again.",
                contact=contact.display_name,
                purpose=purpose.name,
            )
        raise DeliveryRefused(error)

    def _is_allowed(self, customer, purpose):
        """Tell whether the purpose is allowed by this medium; only a customer has given consent."""
        if not customer:
            return not purpose.needs_consent
        Consent = self.env["scrm.consent"]
        channel = self.medium if self.medium in dict(Consent._fields["channel"].selection) else ANY
        return bool(Consent._get_allowed(customer, purpose, channel, company=self.company_id))

    def _is_contact_erased(self):
        """Tell whether the contact is one that the law keeps of a person who was erased."""
        pool = self.company_id.scrm_pool_id
        if not pool or not self.partner_id:
            return False
        handle = self.partner_id._scrm_get_holder()._scrm_get_handle(pool)
        return bool(self.env["scrm.suppression"]._find([handle.key]))
