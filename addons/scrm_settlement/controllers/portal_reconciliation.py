import datetime

from dateutil.relativedelta import relativedelta

from odoo import fields, http
from odoo.exceptions import UserError
from odoo.http import content_disposition, request

from odoo.addons.portal.controllers.portal import pager

from ..models.scrm_settlement_import_portal import MAX_PORTAL_BYTES
from .portal import URL as STATEMENT_URL
from .portal import SettlementPortal

URL = "/my/reconciliation"
ROWS_PER_PAGE = 80
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class ReconciliationPortal(SettlementPortal):
    """A dealer's own lists, each about a month or about one of his statements."""

    def _prepare_home_portal_values(self, counters):
        values = super()._prepare_home_portal_values(counters)
        if "scrm_reconciliation_count" in counters:
            imports = request.env["scrm.settlement.import"]
            values["scrm_reconciliation_count"] = (
                imports.search_count([]) if imports._get_portal_dealer() else 0
            )
        return values

    @http.route(URL, type="http", auth="user", website=True, methods=["GET"])
    def portal_my_reconciliation(self, **kwargs):
        return self._show_list()

    @http.route(f"{URL}/upload", type="http", auth="user", website=True, methods=["POST"])
    def portal_my_reconciliation_upload(self, file=None, month=None, **post):
        # What a browser posts names a file and a month; the dealer is who is logged in.
        try:
            first = self._parse_month(month)
            record = self._upload(
                file, date_from=first, date_to=first + relativedelta(months=1, days=-1)
            )
        except UserError as error:
            return self._show_list(error=str(error), month=month)
        return request.redirect(f"{URL}/{record.id}")

    @http.route(
        f"{STATEMENT_URL}/<int:statement_id>/upload",
        type="http",
        auth="user",
        website=True,
        methods=["POST"],
    )
    def portal_my_settlement_upload(self, statement_id, file=None, **post):
        """Compare the dealer's list with one statement, whatever its period and currency."""
        statement = self._get_own_statement(statement_id)
        try:
            record = self._upload(file, statement=statement)
        except UserError as error:
            return self._render_settlement(statement, error=str(error))
        return request.redirect(f"{URL}/{record.id}")

    @http.route(
        [f"{URL}/<int:import_id>", f"{URL}/<int:import_id>/page/<int:page>"],
        type="http",
        auth="user",
        website=True,
        methods=["GET"],
    )
    def portal_my_reconciliation_result(self, import_id, status=None, page=1, **kwargs):
        record = self._find(import_id)
        if not record:
            return request.redirect(URL)
        return request.render(
            "scrm_settlement.portal_my_reconciliation_result",
            record._prepare_portal_result(status, page, ROWS_PER_PAGE, pager, URL),
        )

    @http.route(
        f"{URL}/<int:import_id>/report", type="http", auth="user", website=True, methods=["GET"]
    )
    def portal_my_reconciliation_report(self, import_id, **kwargs):
        record = self._find(import_id)
        if not record or record.state not in ("compared", "waived"):
            return request.redirect(URL)
        headers = [
            ("Content-Type", XLSX),
            ("Content-Disposition", content_disposition(record.sudo().report_filename)),
        ]
        # sudo: the rule has shown that the file is the dealer's own; entries have names
        return request.make_response(record.sudo()._make_report(), headers)

    def _find(self, import_id):
        """Return the dealer's own reconciliation, empty where the rules let him see none."""
        return request.env["scrm.settlement.import"].search([("id", "=", import_id)])

    def _upload(self, file, **about):
        content = self._read_upload(file)
        with request.env.cr.savepoint():
            return request.env["scrm.settlement.import"]._upload_from_portal(
                content, file.filename, **about
            )

    def _prepare_settlement_values(self, statement, page):
        values = super()._prepare_settlement_values(statement, page)
        if statement._is_reconcilable():
            values.update(
                reconciliations=request.env["scrm.settlement.import"].search(
                    [("statement_id", "=", statement.id), ("state", "!=", "cancel")]
                ),
                **self._prepare_upload_values(statement.company_id, statement.partner_id),
            )
        return values

    def _prepare_upload_values(self, company, dealer):
        """Return what an upload form says about the file."""
        # sudo: layouts are kept by the office; a dealer learns the titles of his own
        layout_sudo = request.env["scrm.settlement.import.template"].sudo()
        return {
            "titles": layout_sudo._find(company, dealer)._get_shown_titles(),
            "limit": MAX_PORTAL_BYTES // (1024 * 1024),
        }

    def _show_list(self, error=None, month=None):
        imports = request.env["scrm.settlement.import"]
        dealer = imports._get_portal_dealer()
        if not dealer:
            return request.redirect("/my")
        last_month = fields.Date.context_today(imports) + relativedelta(months=-1)
        values = {
            "page_name": "scrm_reconciliation",
            "imports": imports.search([]),
            "month": month or f"{last_month:%Y-%m}",
            "error": error,
            **self._prepare_upload_values(request.env.company, dealer),
        }
        return request.render("scrm_settlement.portal_my_reconciliation", values)

    def _parse_month(self, month):
        try:
            first = datetime.datetime.strptime(month or "", "%Y-%m").date()
            first + relativedelta(months=1)  # the last month of the calendar has no end
            return first
        except ValueError as error:
            raise UserError(request.env._("Choose the month the list is about.")) from error

    def _read_upload(self, file):
        if not file or not file.filename:
            raise UserError(request.env._("Choose a file first: .xlsx, .xls or .csv."))
        # One byte more than allowed tells that there is more
        content = file.read(MAX_PORTAL_BYTES + 1)
        if not content:
            raise UserError(
                request.env._("The file is empty. Save the list in it again, then send it.")
            )
        return content
