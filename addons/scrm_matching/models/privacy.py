"""What this addon holds on a person: its part of the erasure."""

from collections import Counter

from odoo import api, models

from odoo.addons.scrm_base.tools.erasure import TablePlan

from ..tools.names import normalise_name
from ..tools.plan import COMMON


class ScrmPrivacy(models.AbstractModel):
    _inherit = "scrm.privacy"

    @api.model
    def _get_erasure_plan(self):
        return {
            **super()._get_erasure_plan(),
            # Hashes of what stands on the cards: nothing to read, but the person can be found by
            # them. The rows are taken away, see _after_erasure().
            "scrm.matching.key": TablePlan(("customer_id",), erased=("key",)),
            "scrm.matching.row": TablePlan(("customer_id",), erased=("fingerprint",)),
            # Shares and weights, and names and cities that many have: of nobody in particular,
            # or else taken out by _erase().
            "scrm.matching.model": TablePlan(kept=("parameters", "training_job_uuid")),
        }

    @api.model
    def _get_withheld(self):
        hashes = "hashes of what stands on the cards, which nobody can read"
        return {
            **super()._get_withheld(),
            "scrm.matching.key": hashes,
            "scrm.matching.row": hashes,
            "scrm.matching.model": "shares of names that many have, of nobody in particular",
        }

    @api.model
    def _erase(self, customer):
        """Let the models forget names that are common by this person's own cards alone."""
        person = self._get_person(customer)
        names = [record.name for record in (*person.partners, *person.identities)]
        own = Counter(filter(None, map(normalise_name, names)))
        result = super()._erase(customer)
        # sudo: see _after_erasure
        for model in (
            self.env["scrm.matching.model"]
            .sudo()
            .search([("pool_id", "in", person.customers.pool_id.ids), ("parameters", "!=", False)])
        ):
            parameters = model.parameters
            common = parameters["common"]
            model.parameters = {
                **parameters,
                "common": {
                    **common,
                    "name": {
                        name: share
                        for name, share in common.get("name", {}).items()
                        if name not in own
                        or round(share * parameters["size"]) - own[name] >= COMMON
                    },
                },
            }
        return result

    def _after_erasure(self, person, owned):
        result = super()._after_erasure(person, owned)
        # sudo: the privacy officer's right was checked; the system's own notes
        for name in ("scrm.matching.key", "scrm.matching.row"):
            self.env[name].sudo().browse(owned[name]).unlink()
        return result
