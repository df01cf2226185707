from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL, format_amount

DIMENSIONS = ("recency", "frequency", "monetary")
NUMBERS = range(1, 5)
COLUMNS = tuple(f"{dimension}_{number}" for dimension in DIMENSIONS for number in NUMBERS)
SHARES = (0.2, 0.4, 0.6, 0.8)


class ScrmRfmCut(models.Model):
    """The values between which a company's scores 1 to 5 change, frozen for a while.

    Quintiles taken anew each day would give customers another score because of what others
    bought; a model of its own keeps what was in force when.
    """

    _name = "scrm.rfm.cut"
    _description = "RFM Cut Points"
    _order = "computed_at desc, id desc"
    _rec_name = "computed_at"

    company_id = fields.Many2one(
        comodel_name="res.company", required=True, readonly=True, index=True, ondelete="cascade"
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    state = fields.Selection(
        selection=[("draft", "Draft"), ("in_force", "In force"), ("past", "Past")],
        required=True,
        readonly=True,
    )
    computed_at = fields.Datetime(string="Computed", required=True, readonly=True)
    taken_at = fields.Datetime(string="In Force Since", readonly=True)
    sample_size = fields.Integer(
        string="Customers Sampled",
        required=True,
        readonly=True,
        aggregator=None,
        help="Customers with a confirmed order in the 365 days before.",
    )
    recency_1 = fields.Integer(required=True, readonly=True, aggregator=None)
    recency_2 = fields.Integer(required=True, readonly=True, aggregator=None)
    recency_3 = fields.Integer(required=True, readonly=True, aggregator=None)
    recency_4 = fields.Integer(required=True, readonly=True, aggregator=None)
    frequency_1 = fields.Integer(required=True, readonly=True, aggregator=None)
    frequency_2 = fields.Integer(required=True, readonly=True, aggregator=None)
    frequency_3 = fields.Integer(required=True, readonly=True, aggregator=None)
    frequency_4 = fields.Integer(required=True, readonly=True, aggregator=None)
    monetary_1 = fields.Monetary("Value 1", required=True, readonly=True, aggregator=None)
    monetary_2 = fields.Monetary("Value 2", required=True, readonly=True, aggregator=None)
    monetary_3 = fields.Monetary("Value 3", required=True, readonly=True, aggregator=None)
    monetary_4 = fields.Monetary("Value 4", required=True, readonly=True, aggregator=None)
    recency_text = fields.Char(string="Recency", compute="_compute_texts")
    frequency_text = fields.Char(string="Frequency", compute="_compute_texts")
    monetary_text = fields.Char(string="Value", compute="_compute_texts")

    _state_uniq = models.UniqueIndex(
        "(company_id, state) WHERE state IN ('draft', 'in_force')",
        "A company has one set of cut points in force, and one draft.",
    )

    @api.depends(*COLUMNS)
    def _compute_texts(self):
        for cut in self:
            cut.recency_text = self.env._(
                "5 up to %(a)s days, 4 up to %(b)s, 3 up to %(c)s, 2 up to %(d)s",
                **cut._get_values("recency"),
            )
            cut.frequency_text = self.env._(
                "2 above %(a)s orders, 3 above %(b)s, 4 above %(c)s, 5 above %(d)s",
                **cut._get_values("frequency"),
            )
            amounts = {
                key: format_amount(self.env, amount, cut.currency_id)
                for key, amount in cut._get_values("monetary").items()
            }
            cut.monetary_text = self.env._(
                "2 above %(a)s, 3 above %(b)s, 4 above %(c)s, 5 above %(d)s", **amounts
            )

    def _get_values(self, dimension):
        return {
            key: self[f"{dimension}_{number}"] for key, number in zip("abcd", NUMBERS, strict=True)
        }

    # === COMPUTING === #

    @api.model
    def _renew(self, company):
        """Draft cut points from the metrics as they are, and take them when a month has begun.

        :return: whether other cut points are in force now, so that scores must be made again
        """
        draft = self._draft(company)
        in_force = self._find(company, "in_force")
        if not draft:
            return False
        if in_force and company._scrm_get_today() < in_force._get_next_month():
            return False
        draft._take()
        return True

    def _get_next_month(self):
        """Return the first day of the month after the one in which these were taken."""
        self.ensure_one()
        month = fields.Date.add(fields.Date.start_of(self._get_taken_on(), "month"), months=1)
        return month

    def _get_taken_on(self):
        zoned = self.with_context(tz=self.company_id._scrm_get_zone())
        return fields.Datetime.context_timestamp(zoned, self.taken_at).date()

    @api.model
    def _find(self, company, state):
        return self.search([("company_id", "=", company.id), ("state", "=", state)], limit=1)

    @api.model
    def _draft(self, company):
        """Compute cut points from the metrics and keep them as the company's draft.

        :return: the draft; none when nobody ordered in the year
        """
        self.env["scrm.metric"].flush_model()
        days = SQL("%s::date - last_ordered_on", company._scrm_get_today())
        ((size, *cuts),) = self.env.execute_query(
            SQL(
                """
                SELECT COUNT(*),
                       percentile_disc(%(shares)s) WITHIN GROUP (ORDER BY %(days)s),
                       percentile_disc(%(shares)s) WITHIN GROUP (ORDER BY order_count_year),
                       percentile_disc(%(shares)s) WITHIN GROUP (ORDER BY amount_year)
                  FROM scrm_metric WHERE company_id = %(company)s AND order_count_year > 0
                """,
                shares=SQL("%s::float8[]", list(SHARES)),
                days=days,
                company=company.id,
            )
        )
        if not size:
            return self.browse()
        vals = dict(zip(COLUMNS, [value for values in cuts for value in values], strict=True))
        vals |= {"sample_size": size, "computed_at": self.env.cr.now()}
        draft = self._find(company, "draft")
        if draft:
            draft.write(vals)
            return draft
        return self.create({**vals, "company_id": company.id, "state": "draft"})

    def _take(self):
        """Put a draft in force, in the place of what was."""
        for draft in self.filtered(lambda cut: cut.state == "draft"):
            past = self._find(draft.company_id, "in_force")
            past.state = "past"
            past.flush_recordset(["state"])
            draft.write({"state": "in_force", "taken_at": self.env.cr.now()})

    @api.model
    def _get_in_force_sql(self, company_id):
        """Return the subquery of the company's cut points in force: one row, or none."""
        self.flush_model()
        return SQL(
            "(SELECT * FROM scrm_rfm_cut WHERE company_id = %s AND state = 'in_force')", company_id
        )

    # === ACTIONS === #

    def action_take(self):
        """Take the draft's cut points; the scores follow with the next full refresh, at once.

        :raise UserError: these are no draft
        """
        if not self.env.user.has_group("scrm_base.group_scrm_base_manager"):
            raise AccessError(self.env._("Only a manager may change the cut points of RFM scores."))
        self.check_access("read")
        if self.filtered(lambda cut: cut.state != "draft"):
            raise UserError(self.env._("Only a draft can be taken. Choose the one marked Draft."))
        # sudo: nobody writes cut points by hand; a manager decides which are in force.
        self.sudo()._take()
        self.env.ref("scrm_base.ir_cron_refresh_all_customers").sudo()._trigger()
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._(
                    "These cut points are in force. The scores of all customers follow within"
                    " minutes."
                ),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }
