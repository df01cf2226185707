from odoo import fields, models
from odoo.tools import SQL

from .scrm_settlement_report import PROVINCES


class ScrmCreditReport(models.Model):
    """How much of their credit dealers use, by level, region and company.

    The figures are those of the credit accounts themselves: a limit knows dates, currencies and
    who grants it, and a second arithmetic would differ from the one that holds orders.
    """

    _name = "scrm.credit.report"
    _description = "Credit Utilisation"
    _auto = False
    _order = "utilisation desc, id"
    _rec_name = "partner_id"

    account_id = fields.Many2one(comodel_name="scrm.credit.account", readonly=True)
    company_id = fields.Many2one(comodel_name="res.company", readonly=True)
    currency_id = fields.Many2one(comodel_name="res.currency", readonly=True)
    partner_id = fields.Many2one(comodel_name="res.partner", string="Dealer", readonly=True)
    grade_id = fields.Many2one(comodel_name="res.partner.grade", string="Level", readonly=True)
    region_id = fields.Many2one(
        comodel_name="scrm.region", readonly=True, help="The province of the dealer's address."
    )
    user_id = fields.Many2one(comodel_name="res.users", string="Salesperson", readonly=True)
    is_limited = fields.Boolean(string="Has a Limit", readonly=True)
    credit_limit = fields.Monetary(string="Valid Limit", readonly=True)
    amount_exposure = fields.Monetary(string="Used", readonly=True)
    amount_free = fields.Monetary(
        string="Free", readonly=True, help="Of dealers who have a limit; less than 0 when over it."
    )
    utilisation = fields.Float(
        string="Used (%)",
        digits=(16, 1),
        readonly=True,
        aggregator="avg",
        help="What dealers who have a limit use of it.",
    )
    days_overdue = fields.Integer(readonly=True, aggregator="max")

    @property
    def _table_query(self):
        # All that the user may see: the report is about every one of them.
        accounts = self.env["scrm.credit.account"].search([])  # pylint: disable=no-search-all
        columns = (
            ("int", accounts.ids),
            ("bool", [account.limit_source != "none" for account in accounts]),
            *(
                ("numeric", [str(account[name]) for account in accounts])
                for name in ("credit_limit", "amount_exposure", "amount_free", "utilisation")
            ),
            ("int", [account.days_overdue for account in accounts]),
        )
        return SQL(
            """
            SELECT account.id, account.id AS account_id, account.company_id,
                   company.currency_id, account.partner_id, partner.grade_id,
                   province.id AS region_id, partner.user_id, used.is_limited,
                   used.credit_limit, used.amount_exposure, used.amount_free,
                   CASE WHEN used.is_limited THEN used.utilisation END AS utilisation,
                   used.days_overdue
              FROM unnest(%(columns)s)
                   AS used(id, is_limited, credit_limit, amount_exposure, amount_free,
                           utilisation, days_overdue)
              JOIN scrm_credit_account account ON account.id = used.id
              JOIN res_company company ON company.id = account.company_id
              JOIN res_partner partner ON partner.id = account.partner_id
              LEFT JOIN %(provinces)s province ON province.state_id = partner.state_id
            """,
            columns=SQL(", ").join(SQL(f"%s::{kind}[]", values) for kind, values in columns),
            provinces=PROVINCES,
        )

    def _read_group_select(self, aggregate_spec, query):
        """The rate of many dealers is that of their sums, not the mean of their rates."""
        if aggregate_spec != "utilisation:avg":
            return super()._read_group_select(aggregate_spec, query)
        return SQL(
            "100 * %(used)s FILTER (WHERE %(limited)s)"
            " / NULLIF(%(limit)s FILTER (WHERE %(limited)s), 0)",
            # Companies may keep their books in other currencies
            used=super()._read_group_select("amount_exposure:sum_currency", query),
            limit=super()._read_group_select("credit_limit:sum_currency", query),
            limited=self._field_to_sql(self._table, "is_limited", query),
        )

    def action_open_account(self):
        """Open the account, which opens each document behind its figures."""
        self.ensure_one()
        return self.account_id.get_formview_action()
