"""What this addon holds on a person: its part of the erasure."""

from odoo import api, models

from odoo.addons.scrm_base.tools.erasure import TablePlan

OPEN_STATES = ("new", "open", "waiting")


class ScrmPrivacy(models.AbstractModel):
    _inherit = "scrm.privacy"

    @api.model
    def _get_erasure_plan(self):
        return {
            **super()._get_erasure_plan(),
            "scrm.equipment": TablePlan(
                ("customer_id", "partner_id"),
                # A device is known by its serial number, which says nothing about a person.
                kept=("name", "serial"),
            ),
            "scrm.service.labour": TablePlan(kept=("name",)),
            "scrm.service.node": TablePlan(
                kept=("name", "code", "customer_label", "required_properties")
            ),
            "scrm.service.node.log": TablePlan(
                ("ticket_id.customer_id", "ticket_id.partner_id"),
                erased=("note",),
                kept=("transition_name",),
            ),
            "scrm.service.site": TablePlan(kept=("name",)),
            "scrm.service.team": TablePlan(kept=("name",)),
            "scrm.service.template": TablePlan(
                kept=("name", "code", "description", "field_definition")
            ),
            "scrm.service.ticket": TablePlan(
                ("customer_id", "partner_id"),
                erased=("name", "description", "resolution", "fields_data"),
                kept=("number", "serial", "access_token"),
            ),
            "scrm.service.transition": TablePlan(kept=("name", "code")),
        }

    @api.model
    def _get_core_records(self, person, owned):
        return {
            **super()._get_core_records(person, owned),
            "rating.rating": (self._get_ratings(owned), ("create_date", "rating", "feedback")),
        }

    @api.model
    def _get_open_business(self, person):
        return [
            *super()._get_open_business(person),
            *self._find_open(
                "scrm.service.ticket",
                [
                    "|",
                    ("customer_id", "in", person.customers.ids),
                    ("partner_id", "in", person.partners.ids),
                    ("company_id", "in", person.companies.ids),
                    ("state", "in", OPEN_STATES),
                ],
                self.env._("Tickets that are worked on: %(names)s. Finish or cancel them first."),
                is_barrier=True,
            ),
        ]

    def _after_erasure(self, person, owned):
        result = super()._after_erasure(person, owned)
        self._get_ratings(owned).write({"feedback": False})
        return result

    def _get_ratings(self, owned):
        # sudo: the privacy officer's right was checked; what customers wrote with a rating
        ratings = self.env["rating.rating"].sudo()
        return ratings.search(
            [
                ("res_model", "=", "scrm.service.ticket"),
                ("res_id", "in", owned["scrm.service.ticket"]),
            ]
        )
