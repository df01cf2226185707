"""Business that is not finished: what an officer is told before an erasure, and what bars it."""

from odoo import api, models

from ..tools.erasure import OpenBusiness

# Named one by one; of more than these, how many.
_NAMED = 5


class ScrmPrivacy(models.AbstractModel):
    _inherit = "scrm.privacy"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    def _get_open_business(self, person):
        """Return what is under way with a person, as list of :class:`OpenBusiness`; a hook.

        What cannot be carried on without the person's data bars the erasure until it is finished
        or called off. What goes on without them, or lapses, is only told.

        :param person: :class:`Person`
        """
        of_person = [
            ("partner_id", "in", person.partners.ids),
            ("company_id", "in", person.companies.ids),
        ]
        orders = [*of_person, ("state", "=", "sale")]
        invoices = [*of_person, ("move_type", "!=", "entry")]
        return [
            *self._find_open(
                "sale.order",
                [*orders, ("delivery_status", "in", ("pending", "started", "partial"))],
                self.env._(
                    "Orders not delivered in full: %(names)s. Deliver or cancel them first."
                ),
                is_barrier=True,
            ),
            *self._find_open(
                "sale.order",
                [*orders, ("invoice_status", "=", "to invoice")],
                self.env._("Orders still to be invoiced: %(names)s. Their contact stays."),
            ),
            *self._find_open(
                "sale.order",
                [*of_person, ("state", "in", ("draft", "sent"))],
                self.env._("Quotations: %(names)s. Cancel them, nobody is there to confirm them."),
            ),
            *self._find_open(
                "account.move",
                [*invoices, ("state", "=", "draft")],
                self.env._("Draft invoices: %(names)s. Their contact stays; post or delete them."),
            ),
            *self._find_open(
                "account.move",
                [*invoices, ("state", "=", "posted"), ("amount_residual", "!=", 0)],
                self.env._(
                    "Invoices not paid: %(names)s. Their contact stays: payment can be asked for."
                ),
            ),
        ]

    @api.model
    def _find_open(self, model_name, domain, sentence, is_barrier=False):
        """Return the open business of one kind, as a list with one entry or none.

        :param sentence: with a place for ``names``, those of the records
        """
        # sudo: named to the privacy officer, who need not have rights in every app
        model = self.env[model_name].sudo()
        count = model.search_count(domain)
        if not count:
            return []
        names = model.search(domain, limit=_NAMED).mapped("display_name")
        if count > _NAMED:
            names.append(self.env._("%s more", count - _NAMED))
        return [OpenBusiness(sentence % {"names": ", ".join(names)}, is_barrier)]

    @api.model
    def _get_retention(self, partners):
        """Keep contacts also while an order is to be invoiced, or an invoice to be posted."""
        reasons = super()._get_retention(partners)
        # sudo: counted to decide, not shown
        for name, domain in (
            ("sale.order", [("state", "=", "sale"), ("invoice_status", "=", "to invoice")]),
            ("account.move", [("state", "=", "draft"), ("move_type", "!=", "entry")]),
        ):
            of_partners = [("partner_id", "in", partners.ids), *domain]
            for partner, count in (
                self.env[name].sudo()._read_group(of_partners, ["partner_id"], ["__count"])
            ):
                reasons.setdefault(partner.id, []).append(
                    self.env._("%s documents to be invoiced or posted: they need it.", count)
                )
        return reasons
