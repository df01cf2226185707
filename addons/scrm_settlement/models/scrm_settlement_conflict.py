from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from .scrm_settlement_tier import PULLED_SCOPES


class ScrmSettlementConflict(models.Model):
    """Two rules that are equally specific for the same delivery: only their start, sequence or age
    decides between them, on days that both are in force: their own, within those of their tiers.

    A view, because every pair of rules is a question of all rules at once. Regions of one
    closeness that share a city or an account are as equal as a region is to itself.
    """

    _name = "scrm.settlement.conflict"
    _description = "Conflict of Settlement Rules"
    _auto = False
    _order = "winner_id, loser_id"
    _rec_name = "winner_id"

    winner_id = fields.Many2one(
        comodel_name="scrm.settlement.rule", string="Rule That Applies", readonly=True
    )
    loser_id = fields.Many2one(
        comodel_name="scrm.settlement.rule", string="Rule That Yields", readonly=True
    )
    winner_price = fields.Char(related="winner_id.price_label", string="Its Price")
    loser_price = fields.Char(related="loser_id.price_label", string="Price That Yields")
    scope_label = fields.Char(related="loser_id.scope_label")
    company_id = fields.Many2one(comodel_name="res.company", readonly=True)
    scope = fields.Selection(related="winner_id.tier_id.scope")
    decided_by = fields.Selection(
        selection=[
            ("start", "The later first day"),
            ("sequence", "The lower sequence"),
            ("id", "The older rule"),
        ],
        readonly=True,
    )
    date_from = fields.Date(string="Both from", readonly=True)
    date_to = fields.Date(string="Both until", readonly=True)

    @property
    def _table_query(self):
        self.env["scrm.settlement.rule"].flush_model()
        # sudo: the time zone of a company is no secret of its users
        companies = self.env["res.company"].sudo().search([("id", "!=", False)])
        return SQL(
            """
            WITH twin AS (
                SELECT id AS one, id AS other FROM scrm_region
                UNION SELECT group_id, member_id FROM scrm_region_member_rel
                UNION SELECT member_id, group_id FROM scrm_region_member_rel
                UNION SELECT a.group_id, b.group_id FROM scrm_region_member_rel a
                  JOIN scrm_region_member_rel b ON b.member_id = a.member_id
                UNION SELECT a.%(region)s, b.%(region)s FROM %(accounts)s a
                  JOIN %(accounts)s b ON b.%(partner)s = a.%(partner)s
            ), ranked AS (
                SELECT k.*, row_number() OVER (PARTITION BY k.company_id
                       ORDER BY k.date_from DESC NULLS LAST, k.sequence, k.rule_id) AS precedence,
                       COALESCE(k.date_from, since.day) AS first, k.date_to AS last
                  FROM scrm_settlement_key k
                  JOIN scrm_settlement_rule r ON r.id = k.rule_id
                  JOIN unnest(%(companies)s, %(zones)s) company (id, zone)
                       ON company.id = k.company_id
                 CROSS JOIN LATERAL (
                       SELECT CASE WHEN k.scope IN %(pulled)s THEN (r.create_date
                              AT TIME ZONE 'UTC' AT TIME ZONE company.zone)::date END AS day) since
            ), pair AS (
                SELECT DISTINCT ON (w.rule_id, l.rule_id) w.rule_id AS winner_id,
                       l.rule_id AS loser_id, w.company_id,
                       CASE WHEN w.date_from IS DISTINCT FROM l.date_from THEN 'start'
                            WHEN w.sequence <> l.sequence THEN 'sequence' ELSE 'id' END
                           AS decided_by,
                       GREATEST(w.first, l.first) AS date_from, LEAST(w.last, l.last) AS date_to
                  FROM ranked w
                  JOIN ranked l ON l.company_id = w.company_id AND l.scope = w.scope
                       AND l.target = w.target AND l.target_id = w.target_id
                       AND l.precedence > w.precedence AND l.rule_id <> w.rule_id
                       AND COALESCE(l.partner_id, 0) = COALESCE(w.partner_id, 0)
                       AND COALESCE(l.scenario_id, 0) = COALESCE(w.scenario_id, 0)
                       AND COALESCE(l.grade_id, 0) = COALESCE(w.grade_id, 0)
                       -- GREATEST and LEAST pass over what is NULL: no first or no last day
                       AND (GREATEST(w.first, l.first) <= LEAST(w.last, l.last)
                            OR GREATEST(w.first, l.first) IS NULL OR LEAST(w.last, l.last) IS NULL)
                 WHERE (w.region_id IS NULL AND l.region_id IS NULL)
                    OR EXISTS (SELECT FROM twin WHERE one = w.region_id AND other = l.region_id)
            )
            SELECT p.winner_id::bigint << 31 | p.loser_id AS id, p.*
              FROM pair p
              JOIN scrm_settlement_rule w ON w.id = p.winner_id
              JOIN scrm_settlement_rule l ON l.id = p.loser_id
             WHERE w.basis <> l.basis
                OR NOT EXISTS (SELECT FROM scrm_settlement_bracket WHERE rule_id = w.id)
                OR NOT EXISTS (SELECT FROM scrm_settlement_bracket WHERE rule_id = l.id)
                OR EXISTS (
                   SELECT FROM scrm_settlement_bracket a, scrm_settlement_bracket b
                    WHERE a.rule_id = w.id AND b.rule_id = l.id
                      AND numrange(a.min_value, NULLIF(a.max_value, 0))
                          && numrange(b.min_value, NULLIF(b.max_value, 0)))
            """,
            companies=companies.ids,
            zones=[company._scrm_get_zone() for company in companies],
            pulled=PULLED_SCOPES,
            accounts=SQL.identifier(self.env["scrm.region"]._fields["partner_ids"].relation),
            region=SQL.identifier(self.env["scrm.region"]._fields["partner_ids"].column1),
            partner=SQL.identifier(self.env["scrm.region"]._fields["partner_ids"].column2),
        )

    def action_open_pair(self):
        """Show both rules side by side."""
        self.ensure_one()
        if not (self.winner_id and self.loser_id):
            raise UserError(self.env._("These rules do not conflict any more."))
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "scrm_settlement.scrm_settlement_rule_action"
        )
        action["domain"] = [("id", "in", (self.winner_id | self.loser_id).ids)]
        return action
