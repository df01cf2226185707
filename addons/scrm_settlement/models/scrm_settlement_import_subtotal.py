from odoo import fields, models
from odoo.tools import SQL

from .scrm_settlement_import_line import STATUSES, UNCOUNTED


class ScrmSettlementImportSubtotal(models.Model):
    """What the rows of one status add up to; computed when read, so it is never out of date."""

    _name = "scrm.settlement.import.subtotal"
    _description = "Subtotal of a Reconciliation"
    _auto = False
    _order = "id"
    _depends = {
        "scrm.settlement.import": ["company_id", "partner_id", "currency_id", "state"],
        "scrm.settlement.import.line": ["import_id", "status", "amount", "our_amount"],
    }

    import_id = fields.Many2one(comodel_name="scrm.settlement.import", readonly=True)
    company_id = fields.Many2one(comodel_name="res.company", readonly=True)
    partner_id = fields.Many2one(comodel_name="res.partner", readonly=True)
    currency_id = fields.Many2one(comodel_name="res.currency", readonly=True)
    status = fields.Selection(selection=STATUSES, readonly=True)
    row_count = fields.Integer(string="Rows", readonly=True)
    amount_ours = fields.Monetary(string="Ours", readonly=True)
    amount_theirs = fields.Monetary(string="Theirs", readonly=True)
    amount_difference = fields.Monetary(string="Theirs − Ours", readonly=True)

    @property
    def _table_query(self):
        statuses = [status for status, _label in STATUSES]
        return SQL(
            """
            SELECT i.id * %s + s.position AS id,
                   i.id AS import_id, i.company_id, i.partner_id, i.currency_id,
                   s.status, t.row_count, t.ours AS amount_ours, t.theirs AS amount_theirs,
                   t.theirs - t.ours AS amount_difference
              FROM scrm_settlement_import i
             CROSS JOIN unnest(%s) WITH ORDINALITY AS s(status, position)
             CROSS JOIN LATERAL (
                    SELECT count(*)::int AS row_count,
                           COALESCE(sum(l.our_amount), 0) AS ours,
                           COALESCE(sum(l.amount) FILTER (
                               WHERE l.status NOT IN %s), 0) AS theirs
                      FROM scrm_settlement_import_line l
                     WHERE l.import_id = i.id AND l.status = s.status) t
             WHERE i.state IN ('compared', 'waived') AND (t.row_count > 0 OR s.status NOT IN %s)
            """,
            len(statuses) + 1,
            statuses,
            UNCOUNTED,
            UNCOUNTED,
        )

    def action_open_rows(self):
        """Open the rows behind the numbers."""
        self.ensure_one()
        return self.import_id._open_rows(self.status)
