"""Customers whose data need a person, found by the database."""

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL


class ScrmCustomer(models.Model):
    _inherit = "scrm.customer"  # pylint: disable=consider-merging-classes-inherited

    data_flaw = fields.Selection(
        [("missing", "No phone, e-mail or WeChat"), ("stale", "Not seen for long")],
        compute="_compute_data_flaw",
        search="_search_data_flaw",
        help="For searching: what a person should do something about.",
    )

    def _compute_data_flaw(self):
        self.data_flaw = False

    @api.model
    def _search_data_flaw(self, operator, value):
        if operator != "in":
            return NotImplemented
        conditions = {"missing": self._is_unreachable, "stale": self._is_stale}
        return Domain.OR(
            Domain.custom(to_sql=lambda model, alias, query, c=conditions[flaw]: c(alias))
            for flaw in value
            if flaw in conditions
        )

    @api.model
    def _get_reachable_types(self):
        """Return the types of handles by which a customer can be written to or called."""
        return ("phone", "email", "openid", "external_userid")

    # NOT EXISTS, not "not any": an anti-join stays fast where a list of a million ids would not.

    def _is_unreachable(self, alias):
        return SQL(
            "NOT EXISTS (SELECT FROM scrm_identity h WHERE h.customer_id = %s AND h.id_type IN %s)",
            SQL.identifier(alias, "id"),
            self._get_reachable_types(),
        )

    def _is_stale(self, alias):
        company = self.env.company
        return SQL(
            "NOT EXISTS (SELECT FROM scrm_identity h"
            " WHERE h.customer_id = %(id)s AND h.last_seen_at >= %(since)s)"
            " AND NOT EXISTS (SELECT FROM scrm_interaction x WHERE x.customer_id = %(id)s"
            " AND x.company_id = %(company)s AND x.occurred_at >= %(since)s)",
            id=SQL.identifier(alias, "id"),
            since=fields.Datetime.now() - relativedelta(months=company.scrm_stale_months),
            company=company.id,
        )
