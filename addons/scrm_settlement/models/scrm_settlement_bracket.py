from odoo import api, fields, models

from ..tools.brackets import Bracket
from ..tools.pricing import decimal_of


class ScrmSettlementBracket(models.Model):
    """One step of a rule's scale: from a quantity or amount on, this value instead of the rule's.

    Records, because a scale is compared, imported and edited in a grid, and because only the
    database can promise that two steps never claim the same quantity.
    """

    _name = "scrm.settlement.bracket"
    _inherit = ["scrm.system.mixin"]
    _description = "Bracket"
    _order = "rule_id, min_value, id"
    _rec_name = "range_label"

    rule_id = fields.Many2one(
        comodel_name="scrm.settlement.rule", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="rule_id.company_id", store=True, index=True)
    method = fields.Selection(related="rule_id.method", store=True)
    min_value = fields.Float(
        string="From",
        digits=(16, 6),
        min_display_digits=2,
        required=True,
        default=0,
        aggregator=None,
    )
    max_value = fields.Float(
        string="Below",
        digits=(16, 6),
        min_display_digits=2,
        required=True,
        default=0,
        aggregator=None,
        help="The bracket ends before this. 0: no upper end.",
    )
    value = fields.Float(
        digits=(16, 6),
        min_display_digits=2,
        required=True,
        default=0,
        aggregator=None,
        help="The price of one unit, or the percentage, as the rule's price method says.",
    )
    range_label = fields.Char(string="Bracket", compute="_compute_range_label")

    _range_in_order = models.Constraint(
        "CHECK (min_value >= 0 AND (max_value = 0 OR max_value > min_value))",
        "A bracket begins at 0 or above and ends above its beginning. 0 as its end means that it "
        "has none.",
    )
    _value_in_range = models.Constraint(
        "CHECK (CASE method WHEN 'discount' THEN value <= 100 WHEN 'formula' THEN value <= 100 "
        "WHEN 'margin' THEN value > -100 ELSE value >= 0 END)",
        "The price in a bracket would be negative: a price or share is at least 0, a discount at "
        "most 100 %, a margin more than -100 %.",
    )
    # Ranges of one element carry their own GiST operator class, so btree_gist is not needed.
    # Checked after each statement, so that two edges can move in one save.
    _no_overlap = models.Constraint(
        "EXCLUDE USING gist ("
        "int4range(rule_id, rule_id, '[]') WITH =, "
        "numrange(min_value, NULLIF(max_value, 0), '[)') WITH &&) DEFERRABLE",
        "Two brackets of this rule overlap. End each one where the next begins.",
    )

    @api.depends("min_value", "max_value")
    @api.depends_context("lang")
    def _compute_range_label(self):
        for bracket in self:
            bracket.range_label = self._describe_range(bracket.min_value, bracket.max_value)

    @api.model
    def _describe_range(self, lowest, highest):
        if highest:
            return self.env._("%(min)g to below %(max)g", min=lowest, max=highest)
        return self.env._("%(min)g and more", min=lowest)

    @api.model_create_multi
    def create(self, vals_list):
        # A bracket that is shortened in the same save must be shorter first, or the two overlap.
        self.flush_model(["rule_id", "min_value", "max_value"])
        brackets = super().create(vals_list)
        brackets.rule_id.tier_id._check_open()
        return brackets

    def write(self, vals):
        self.rule_id.tier_id._check_open()
        res = super().write(vals)
        self.rule_id.tier_id._check_open()
        return res

    @api.ondelete(at_uninstall=False)
    def _unlink_except_approved(self):
        self.rule_id.tier_id._check_open()

    def _to_brackets(self):
        """Return the brackets as the arithmetic of :mod:`~..tools.brackets` takes them."""
        return [
            Bracket(
                min=decimal_of(bracket.min_value),
                max=decimal_of(bracket.max_value) if bracket.max_value else None,
                value=decimal_of(bracket.value),
            )
            for bracket in self
        ]
