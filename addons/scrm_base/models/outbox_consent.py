"""No notice leaves for a purpose that its customer has not allowed."""

from odoo import fields, models

from ..exceptions import DeliveryRefused


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
        customer = self.customer_id
        if self.user_id or not customer:
            return
        if customer.erased_at:
            raise DeliveryRefused(self.env._("The person asked to be forgotten."))
        purpose = self.purpose_id or self.env["scrm.consent.purpose"]._get_default()
        channels = dict(self.env["scrm.consent"]._fields["channel"].selection)
        channel = self.medium if self.medium in channels else "any"
        if purpose and not self.env["scrm.consent"]._get_allowed(
            customer, purpose, channel, company=self.company_id
        ):
            raise DeliveryRefused(
                self.env._(
                    "%(customer)s has not allowed “%(purpose)s” by this channel. Record the "
                    "consent on the customer's page first, then send it again.",
                    customer=customer.display_name,
                    purpose=purpose.name,
                )
            )
