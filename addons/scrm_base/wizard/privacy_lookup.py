from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..tools.erasure import get_trace_pattern
from ..tools.handles import normalise_email, normalise_phone


class PrivacyLookupWizard(models.TransientModel):
    """Core's lookup, by phone number and openid too, and in the tables of Social CRM."""

    _inherit = "privacy.lookup.wizard"

    scrm_handle = fields.Char(
        string="Phone or openid",
        help="Also looked for among the handles of customers and in what they left behind.",
    )

    def _scrm_get_pattern(self):
        phone = normalise_phone(self.scrm_handle)
        others = [] if phone or not self.scrm_handle else [self.scrm_handle.strip()]
        email = normalise_email(self.email)
        return get_trace_pattern([phone] if phone else [], [*others, *([email] if email else [])])

    def _get_query(self):
        query = super()._get_query()
        pattern = self._scrm_get_pattern()
        if not pattern:
            if self.scrm_handle:
                raise UserError(self.env._("Type at least six characters of a phone or openid."))
            return query
        found = {(row["res_model_id"], row["res_id"]) for row in self._scrm_run(query)}
        parts = [query]
        for name, plan in self.env["scrm.privacy"]._get_erasure_plan().items():
            part = self._scrm_get_table_query(name, plan, pattern, found)
            if part:
                parts.append(part)
        return SQL(" UNION ALL ").join(parts)

    def _scrm_run(self, query):
        self.env.flush_all()
        return self.env.execute_query_dict(query)

    def _scrm_get_table_query(self, name, plan, pattern, found):
        """Return the query of one of our tables, without what core found there itself."""
        model = self.env[name]
        columns = self.env["scrm.privacy"]._get_columns(model, (*plan.erased, *plan.hashed))
        if not columns:
            return None
        model_id = self.env["ir.model"]._get_id(name)
        return SQL(
            "SELECT %s AS res_model_id, id AS res_id, %s AS is_active FROM %s"
            " WHERE (%s) AND NOT id = ANY(%s)",
            model_id,
            SQL.identifier("active") if "active" in model else SQL("TRUE"),
            SQL.identifier(model._table),
            SQL(" OR ").join(SQL("%s::text ~* %s", SQL.identifier(c), pattern) for c in columns),
            [res_id for found_model, res_id in found if found_model == model_id],
        )
