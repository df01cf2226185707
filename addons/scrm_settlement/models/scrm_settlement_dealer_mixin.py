from odoo import api, models


class ScrmSettlementDealerMixin(models.AbstractModel):
    """A record that a dealer may read on the portal, by the fields that are named and no others.

    A list of what is shown instead of what is hidden: a field that is added later (a cost, a
    rule, a colleague's remark) stays inside by itself.
    """

    _name = "scrm.settlement.dealer.mixin"
    _description = "Record shown to Dealers"

    _dealer_fields: frozenset[str] = frozenset()

    @api.model
    def _has_field_access(self, field, operation):
        if not self.env.su and self.env.user.share and field.name not in self._dealer_fields:
            return False
        return super()._has_field_access(field, operation)
