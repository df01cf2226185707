from odoo import api, fields, models
from odoo.tools import SQL

from ..models.scrm_settlement_tier import DOCUMENT_MODES

REVIEWER = "scrm_settlement.group_scrm_settlement_reviewer"
AGE_BUCKETS = [
    ("30", "Up to 30 days"),
    ("60", "31 to 60 days"),
    ("90", "61 to 90 days"),
    ("over", "Over 90 days"),
]


# The province of a dealer's address. Closer regions of a price depend on more than an address.
PROVINCES = SQL(
    "(SELECT DISTINCT ON (state_id) state_id, id FROM scrm_region"
    " WHERE kind = 'province' AND active ORDER BY state_id, id)"
)


def age_bucket(days):
    """Return as SQL the bucket of an age in days."""
    return SQL(
        "CASE WHEN %(days)s <= 30 THEN '30' WHEN %(days)s <= 60 THEN '60'"
        " WHEN %(days)s <= 90 THEN '90' ELSE 'over' END",
        days=days,
    )


class ScrmSettlementReport(models.Model):
    """The journal for pivots: one row a line, in the company's currency of the line's day.

    What another line settles is not in it: it would count twice.
    """

    _name = "scrm.settlement.report"
    _description = "Settlement Analysis"
    _auto = False
    _order = "date desc, id desc"
    _rec_name = "line_id"

    line_id = fields.Many2one("scrm.settlement.line", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    partner_id = fields.Many2one("res.partner", string="Dealer", readonly=True)
    grade_id = fields.Many2one("res.partner.grade", string="Level", readonly=True)
    region_id = fields.Many2one(
        "scrm.region", readonly=True, help="The province of the dealer's address."
    )
    city = fields.Char(readonly=True)
    scenario_id = fields.Many2one("scrm.settlement.scenario", readonly=True)
    tier_id = fields.Many2one("scrm.settlement.tier", readonly=True)
    rule_id = fields.Many2one("scrm.settlement.rule", readonly=True)
    product_id = fields.Many2one("product.product", readonly=True)
    statement_id = fields.Many2one("scrm.settlement.statement", readonly=True)
    source_type = fields.Selection(
        selection=lambda self: self.env["scrm.settlement.line"]._fields["source_type"].selection,
        string="Kind",
        readonly=True,
    )
    document_mode = fields.Selection(selection=DOCUMENT_MODES, string="Settled by", readonly=True)
    state = fields.Selection(
        selection=lambda self: self.env["scrm.settlement.line"]._fields["state"].selection,
        string="Status",
        readonly=True,
    )
    date = fields.Date(string="Day", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True, help="The company's.")
    quantity = fields.Float(digits="Product Unit", readonly=True)
    amount = fields.Monetary(readonly=True)
    standard_amount = fields.Monetary(
        string="Standard Value",
        readonly=True,
        help="Quantity × the standard price that the rule discounted.",
    )
    discount_amount = fields.Monetary(
        string="Below Standard", readonly=True, help="Standard value − amount."
    )
    discount_percent = fields.Float(
        string="Effective Discount %",
        digits=(16, 2),
        aggregator="avg",
        readonly=True,
        help="Below standard ÷ standard value, over all lines counted.",
    )
    cost_amount = fields.Monetary(
        string="Cost", readonly=True, groups=REVIEWER, help="Quantity × the item's cost of today."
    )
    margin_amount = fields.Monetary(
        string="Over Cost", readonly=True, groups=REVIEWER, help="Amount − cost."
    )
    age_days = fields.Integer(
        string="Age (days)", aggregator="avg", readonly=True, help="Of lines not settled yet."
    )
    age_bucket = fields.Selection(selection=AGE_BUCKETS, string="Age", readonly=True)

    # === ACTIONS === #

    def action_open_line(self):
        """Open the line of the journal that this row is."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "scrm.settlement.line",
            "res_id": self.line_id.id,
            "views": [(False, "form")],
        }

    # === QUERY === #

    @property
    def _table_query(self):
        return SQL("SELECT %s FROM %s WHERE line.state <> 'covered'", self._select(), self._from())

    @api.model
    def _select(self):
        """Return the columns; money is numeric from end to end, rounded as the currency is."""
        in_company = SQL("round(line.amount * rate.factor, home.decimal_places)")
        # Others begin at a cost, at what was charged or at nothing: no standard to be below of.
        has_standard = SQL(
            "rule.method IN ('discount', 'formula') AND rule.base IN ('library', 'list_price')"
            " AND line.base_price IS NOT NULL"
        )
        standard = SQL(
            "CASE WHEN %s THEN round(line.quantity * line.base_price * rate.factor,"
            " home.decimal_places) END",
            has_standard,
        )
        # Company-dependent: the cost of each company under its id.
        cost = SQL(
            "round(line.quantity * COALESCE((product.standard_price ->> line.company_id::text)"
            "::numeric, 0), home.decimal_places)"
        )
        waits = SQL("line.state IN ('no_price', 'pending', 'disputed', 'held')")
        return SQL(
            """
            line.id, line.id AS line_id, line.company_id, line.partner_id, line.grade_id,
            province.id AS region_id, partner.city, line.scenario_id, line.tier_id, line.rule_id,
            line.product_id, line.statement_id, line.source_type, line.document_mode, line.state,
            line.date, company.currency_id, line.quantity,
            %(amount)s AS amount,
            %(standard)s AS standard_amount,
            %(standard)s - %(amount)s AS discount_amount,
            round(100 * (%(standard)s - %(amount)s) / NULLIF(%(standard)s, 0), 2)
                AS discount_percent,
            %(cost)s AS cost_amount,
            %(amount)s - %(cost)s AS margin_amount,
            CASE WHEN %(waits)s THEN today.day - line.date END AS age_days,
            CASE WHEN %(waits)s THEN %(bucket)s END AS age_bucket
            """,
            amount=in_company,
            standard=standard,
            cost=cost,
            waits=waits,
            bucket=age_bucket(SQL("today.day - line.date")),
        )

    @api.model
    def _from(self):
        """Return the joins; the rate is that of the line's day, and 1 in the company's currency."""
        return SQL(
            """
            scrm_settlement_line line
            JOIN res_company company ON company.id = line.company_id
            JOIN res_currency home ON home.id = company.currency_id
            JOIN res_partner company_partner ON company_partner.id = company.partner_id
            LEFT JOIN resource_calendar calendar ON calendar.id = company.resource_calendar_id
            JOIN res_partner partner ON partner.id = line.partner_id
            LEFT JOIN scrm_settlement_rule rule ON rule.id = line.rule_id
            LEFT JOIN %(provinces)s province ON province.state_id = partner.state_id
            JOIN product_product product ON product.id = line.product_id
            CROSS JOIN LATERAL (
                SELECT (now() AT TIME ZONE
                        COALESCE(company_partner.tz, calendar.tz, 'UTC'))::date AS day
            ) today
            CROSS JOIN LATERAL (
                SELECT CASE WHEN line.currency_id = company.currency_id
                            OR line.currency_id IS NULL THEN 1
                       ELSE %(home)s / %(foreign)s END AS factor
            ) rate
            """,
            provinces=PROVINCES,
            home=self._get_rate(SQL("company.currency_id")),
            foreign=self._get_rate(SQL("line.currency_id")),
        )

    @api.model
    def _get_rate(self, currency):
        """Return as SQL the rate of a currency on the line's day, as core chooses it."""
        return SQL(
            """COALESCE((
                SELECT r.rate FROM res_currency_rate r
                 WHERE r.currency_id = %(currency)s AND r.name <= line.date
                   AND (r.company_id IS NULL OR r.company_id = split_part(
                        company.parent_path, '/', 1)::int)
                 ORDER BY r.company_id, r.name DESC LIMIT 1
            ), (
                SELECT r.rate FROM res_currency_rate r
                 WHERE r.currency_id = %(currency)s
                   AND (r.company_id IS NULL OR r.company_id = split_part(
                        company.parent_path, '/', 1)::int)
                 ORDER BY r.company_id, r.name LIMIT 1
            ), 1)""",
            currency=currency,
        )

    def _read_group_select(self, aggregate_spec, query):
        # An average of percentages would count a small line as much as a large one.
        if aggregate_spec != "discount_percent:avg":
            return super()._read_group_select(aggregate_spec, query)
        return SQL(
            "COALESCE(round(100 * %s / NULLIF(%s, 0), 2), 0)",
            # Companies may keep their books in other currencies
            super()._read_group_select("discount_amount:sum_currency", query),
            super()._read_group_select("standard_amount:sum_currency", query),
        )
