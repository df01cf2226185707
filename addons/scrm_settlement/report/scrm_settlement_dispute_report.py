from odoo import fields, models
from odoo.tools import SQL

from .scrm_settlement_report import AGE_BUCKETS, PROVINCES, age_bucket


class ScrmSettlementDisputeReport(models.Model):
    """Disputes for pivots: how long they were open, or have been until now."""

    _name = "scrm.settlement.dispute.report"
    _description = "Dispute Analysis"
    _auto = False
    _order = "opened_at desc, id desc"
    _rec_name = "dispute_id"

    dispute_id = fields.Many2one("scrm.settlement.dispute", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    partner_id = fields.Many2one("res.partner", string="Dealer", readonly=True)
    grade_id = fields.Many2one("res.partner.grade", string="Level", readonly=True)
    region_id = fields.Many2one("scrm.region", readonly=True)
    user_id = fields.Many2one("res.users", string="Responsible", readonly=True)
    statement_id = fields.Many2one("scrm.settlement.statement", readonly=True)
    kind = fields.Selection(
        selection=lambda self: self.env["scrm.settlement.dispute"]._fields["kind"].selection,
        readonly=True,
    )
    state = fields.Selection(
        selection=lambda self: self.env["scrm.settlement.dispute"]._fields["state"].selection,
        string="Status",
        readonly=True,
    )
    opened_at = fields.Datetime(string="Opened on", readonly=True)
    resolved_at = fields.Datetime(string="Resolved on", readonly=True)
    age_days = fields.Integer(string="Age (days)", aggregator="avg", readonly=True)
    age_bucket = fields.Selection(selection=AGE_BUCKETS, string="Age", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    amount_claimed = fields.Monetary(string="Claimed Difference", readonly=True)
    amount_agreed = fields.Monetary(
        string="Agreed Difference", readonly=True, help="Of accepted disputes."
    )

    def action_open_dispute(self):
        """Open the dispute that this row is."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "scrm.settlement.dispute",
            "res_id": self.dispute_id.id,
            "views": [(False, "form")],
        }

    @property
    def _table_query(self):
        return SQL(
            """
            SELECT dispute.id, dispute.id AS dispute_id, dispute.company_id, dispute.partner_id,
                   partner.grade_id, province.id AS region_id, dispute.user_id,
                   dispute.statement_id, dispute.kind, dispute.state,
                   dispute.create_date AS opened_at, dispute.resolved_at, age.days AS age_days,
                   %(bucket)s AS age_bucket, dispute.currency_id, dispute.amount_claimed,
                   CASE WHEN dispute.state = 'accepted' THEN dispute.amount_agreed END
                       AS amount_agreed
              FROM scrm_settlement_dispute dispute
              JOIN res_partner partner ON partner.id = dispute.partner_id
              LEFT JOIN %(provinces)s province ON province.state_id = partner.state_id
             CROSS JOIN LATERAL (
                SELECT EXTRACT(DAY FROM COALESCE(dispute.resolved_at, now() AT TIME ZONE 'UTC')
                               - dispute.create_date)::int AS days
             ) age
            """,
            provinces=PROVINCES,
            bucket=age_bucket(SQL("age.days")),
        )
