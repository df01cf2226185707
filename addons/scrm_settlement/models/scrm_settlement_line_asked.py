from odoo import api, fields, models
from odoo.tools import SQL

# What a person was last asked about each source: what it said by then, and whether it is decided.
# `is_open` for the planner: of "state IS DISTINCT FROM" beside a joined row it expects one row.
_TOLD = """
SELECT DISTINCT ON (source_id) source_id, state = 'open' AS is_open, write_date,
       CASE WHEN reason = 'undone' THEN 0 ELSE quantity END AS quantity
  FROM scrm_settlement_exception
 WHERE company_id = %(company)s AND source_model_number = %(model)s
   AND reason IN ('undone', 'changed')
 ORDER BY source_id, seq DESC
"""


class ScrmSettlementLine(models.Model):
    """Settled lines whose sources say something else now: asked about, each time anew."""

    _inherit = "scrm.settlement.line"

    @api.model
    def _prepare_asked_parts(self, company, model_name):
        """Return the parts of queries that compare settled lines with what their sources say."""
        number = self.env["ir.model"]._get_id(model_name)
        return {
            "company": company.id,
            "model": number,
            "told": SQL(_TOLD, company=company.id, model=number),
            "listed": self.env["scrm.settlement.exception"]._get_listed(company, model_name),
        }

    @api.model
    def _find_to_ask(self, find, recent, parts, since):
        """Return the ids of settled lines whose sources say something else.

        :param find: query of them, with a place for each part and for `recent`
        :param recent: condition on what was written lately
        :param parts: as `_prepare_asked_parts` says, and what `find` has of its own
        :param since: from when (UTC) something is written lately; None asks about all
        """
        lately = SQL(recent, since=since, **parts) if since else SQL("TRUE")
        rows = self.env.execute_query(SQL(find, recent=lately, **parts))
        return [line_id for (line_id,) in rows]

    @api.model
    def _ask_about_sources(self, company, model_name, found):
        """Put settled lines whose sources say something else on the list of exceptions.

        :param found: list of (reason, values of the exception with the source's own quantity)
        :return: no lines, as what takes sources does
        """
        moment = fields.Datetime.now()
        today = {"occurred_at": moment, "date": company._scrm_local_day(moment)}
        self.env["scrm.settlement.exception"]._record(
            [
                {
                    **self._prepare_exception(company, reason, model_name, {**row, **today}),
                    "before_quantity": row["before"],
                    "seq": row["seq"],
                }
                for reason, row in found
            ]
        )
        return self.browse()
