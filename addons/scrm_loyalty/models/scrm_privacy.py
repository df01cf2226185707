"""What this addon holds on a person: its part of the erasure."""

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import float_repr

from odoo.addons.scrm_base.tools.erasure import OpenBusiness, TablePlan

# Money that the person paid in, or was given as money: the company owes it.
STORED_VALUE = ("ewallet", "gift_card")


class ScrmPrivacy(models.AbstractModel):
    _inherit = "scrm.privacy"

    @api.model
    def _get_erasure_plan(self):
        return {
            **super()._get_erasure_plan(),
            "scrm.loyalty.tier": TablePlan(kept=("name", "benefits")),
            "scrm.loyalty.tier.group": TablePlan(kept=("name",)),
            "scrm.loyalty.tier.move": TablePlan(
                ("customer_id",), erased=("reference",), kept=("res_model",)
            ),
            "scrm.point.entry": TablePlan(
                ("card_id.scrm_identity_id", "card_id.partner_id"),
                erased=("reference", "reason"),
                kept=("res_model", "idem_key"),
            ),
        }

    @api.model
    def _get_core_records(self, person, owned):
        columns = ("program_id", "code", "points", "expiration_date")
        return {
            **super()._get_core_records(person, owned),
            "loyalty.card": (self._get_cards(person), columns),
        }

    @api.model
    def _get_open_business(self, person):
        """Bar the erasure while money of the person is stored; say which points lapse."""
        business = super()._get_open_business(person)
        for program, cards in self._get_cards_in_use(person).grouped("program_id").items():
            points = sum(cards.mapped("points"))
            if program.program_type in STORED_VALUE:
                sentence = self.env._(
                    "Stored value of %(program)s: %(amount)s. Pay it out or let it be spent first.",
                    program=program.name,
                    amount=program.currency_id.format(points),
                )
                business.append(OpenBusiness(sentence, is_barrier=True))
            elif program.program_type == "loyalty":
                sentence = self.env._(
                    "Points of %(program)s: %(points)s. Tell the person that they are lost with "
                    "the erasure.",
                    program=program.name,
                    points=float_repr(points, 2),
                )
                business.append(OpenBusiness(sentence))
        return business

    def _after_erasure(self, person, owned):
        result = super()._after_erasure(person, owned)
        cards = self._get_cards_in_use(person)
        cards.filtered(lambda card: card.program_id.program_type == "loyalty").action_archive()
        return result

    def _get_cards_in_use(self, person):
        """Return the person's cards that something can be spent from."""
        return self._get_cards(person).filtered_domain(
            Domain("active", "=", True)
            & Domain("points", ">", 0)
            & (Domain("expiration_date", "=", False) | Domain("expiration_date", ">=", "today"))
        )

    def _get_cards(self, person):
        # sudo: the privacy officer's right was checked; officers need not have rights on cards
        cards = self.env["loyalty.card"].sudo().with_context(active_test=False)
        return cards.search(
            Domain("company_id", "in", [False, *person.companies.ids])
            & (
                Domain("scrm_customer_id", "in", person.customers.ids)
                | Domain("partner_id", "in", person.partners.ids)
            )
        )
