from odoo import api, fields, models
from odoo.tools import SQL

from .scrm_settlement_tier import PRICING_STATES, SCOPES

_FILL = """
INSERT INTO scrm_settlement_key (rule_id, company_id, scope, partner_id, include_downline,
       scenario_id, region_id, grade_id, target, target_id, date_from, date_to, sequence)
SELECT r.id, r.company_id, t.scope, p.res_partner_id, COALESCE(r.include_downline, FALSE),
       s.scrm_settlement_scenario_id, g.scrm_region_id, l.res_partner_grade_id, r.target,
       COALESCE(r.product_id, r.category_id, r.library_id, 0),
       GREATEST(r.date_from, t.date_from), LEAST(r.date_to, t.date_to), r.sequence
  FROM scrm_settlement_rule r
  JOIN scrm_settlement_tier t ON t.id = r.tier_id
  LEFT JOIN scrm_settlement_rule_partner_rel p ON p.scrm_settlement_rule_id = r.id
  LEFT JOIN scrm_settlement_rule_scenario_rel s ON s.scrm_settlement_rule_id = r.id
  LEFT JOIN scrm_settlement_rule_region_rel g ON g.scrm_settlement_rule_id = r.id
  LEFT JOIN scrm_settlement_rule_grade_rel l ON l.scrm_settlement_rule_id = r.id
 WHERE r.active AND t.active AND t.state IN %s AND %s
"""


class ScrmSettlementKey(models.Model):
    """What a rule that is in force asks for, one row for each combination of its dimensions.

    A model of its own, because hash joins need plain columns: NULL means "any". It is derived
    from the rules and may be derived again at any time.
    """

    _name = "scrm.settlement.key"
    _description = "Key of a Settlement Rule"
    _log_access = False
    _rec_name = "rule_id"

    rule_id = fields.Many2one(
        comodel_name="scrm.settlement.rule", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(
        comodel_name="res.company", required=True, ondelete="cascade", index=True
    )
    scope = fields.Selection(selection=SCOPES, required=True)
    partner_id = fields.Many2one(
        comodel_name="res.partner", ondelete="cascade", index="btree_not_null"
    )
    include_downline = fields.Boolean()
    # cascade: without its region a key would be one for everywhere
    scenario_id = fields.Many2one(comodel_name="scrm.settlement.scenario", ondelete="cascade")
    region_id = fields.Many2one(comodel_name="scrm.region", ondelete="cascade")
    grade_id = fields.Many2one(comodel_name="res.partner.grade", ondelete="cascade")
    target = fields.Selection(
        selection=[
            ("product", "Product"),
            ("category", "Product category"),
            ("library", "Library"),
            ("all", "Everything"),
        ],
        required=True,
    )
    target_id = fields.Integer(string="Target ID")
    date_from = fields.Date()
    date_to = fields.Date()
    sequence = fields.Integer()

    @api.model
    def _sync(self, rules):
        """Derive the keys of these rules anew."""
        if rules:
            self._replace(SQL("rule_id = ANY(%s)", rules.ids), SQL("r.id = ANY(%s)", rules.ids))

    @api.model
    def _rebuild(self):
        """Derive all keys anew."""
        self._replace(SQL("TRUE"), SQL("TRUE"))

    def _replace(self, old, new):
        # Rules and tiers are written by those who may; their keys are written by the system alone.
        self.env.flush_all()
        self.env.cr.execute(SQL("DELETE FROM scrm_settlement_key WHERE %s", old))
        self.env.cr.execute(SQL(_FILL, PRICING_STATES, new))  # pylint: disable=sql-injection
        self.invalidate_model(flush=False)
