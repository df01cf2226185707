from odoo import api, fields, models
from odoo.tools import SQL


class ScrmMatchingRow(models.Model):
    """How a customer stood when it was last compared: who has none, or is due, is compared next.

    Not a time or an id up to which all was seen: what commits late would be missed.
    """

    _name = "scrm.matching.row"
    _description = "Customer as Compared"
    _rec_name = "customer_id"
    _order = "customer_id"
    _log_access = False

    customer_id = fields.Many2one(
        comodel_name="scrm.customer", required=True, readonly=True, ondelete="cascade"
    )
    pool_id = fields.Many2one(
        comodel_name="scrm.pool", required=True, readonly=True, ondelete="cascade"
    )
    fingerprint = fields.Char(readonly=True)
    compared_at = fields.Datetime(string="Compared On", readonly=True)
    is_due = fields.Boolean(string="To Compare", readonly=True)

    _customer_uniq = models.Constraint("UNIQUE (customer_id)", "A customer is compared once.")
    _due_idx = models.Index("(pool_id, customer_id) WHERE is_due")

    @api.model
    def _add_missing(self, pool):
        """Give every customer in force that was never compared a row that is due."""
        self.env["scrm.customer"].flush_model(["pool_id", "merged_into_id", "active", "erased_at"])
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO scrm_matching_row (customer_id, pool_id, is_due)
                SELECT c.id, c.pool_id, TRUE FROM scrm_customer c
                 WHERE c.pool_id = %s AND c.active AND c.erased_at IS NULL
                   AND NOT EXISTS (SELECT FROM scrm_matching_row r WHERE r.customer_id = c.id)
                ON CONFLICT DO NOTHING
                """,
                pool.id,
            )
        )
        self.invalidate_model(flush=False)

    @api.model
    def _set_due(self, customer_ids=None, pool=None, forget=False):
        """Have customers compared again.

        :param customer_ids: these; all of the pool when None
        :param forget: also those about whom nothing has changed (the model has)
        """
        self.env.cr.execute(
            SQL(
                """
                UPDATE scrm_matching_row
                   SET is_due = TRUE,
                       fingerprint = CASE WHEN %(forget)s THEN NULL ELSE fingerprint END
                 WHERE (%(ids)s::int[] IS NULL OR customer_id = ANY(%(ids)s))
                   AND (%(pool)s::int IS NULL OR pool_id = %(pool)s)
                   AND (NOT is_due OR %(forget)s)
                """,
                ids=customer_ids,
                pool=pool.id if pool else None,
                forget=forget,
            )
        )
        self.invalidate_model(flush=False)

    @api.model
    def _set_changed_due(self, pool):
        """Have those compared again whose contacts were written since.

        Contacts are asked for it, nightly and at once, instead of watching each write. A day's
        overlap, for a transaction that was under way; who is the same after all costs little.
        """
        self.env["res.partner"].flush_model()
        self.env["scrm.identity"].flush_model(["customer_id", "partner_id"])
        self.env.cr.execute(
            SQL(
                """
                UPDATE scrm_matching_row r SET is_due = TRUE
                  FROM scrm_identity i JOIN res_partner p ON p.id = i.partner_id
                 WHERE r.pool_id = %s AND NOT r.is_due AND i.customer_id = r.customer_id
                   AND p.write_date >= r.compared_at - interval '1 day'
                """,
                pool.id,
            )
        )
        self.invalidate_model(flush=False)
