from werkzeug.exceptions import NotFound

from odoo.exceptions import AccessError, MissingError, UserError
from odoo.http import content_disposition, request, route

from odoo.addons.portal.controllers.portal import CustomerPortal
from odoo.addons.portal.controllers.portal import pager as portal_pager

from ..models.scrm_settlement_statement_dispute import SHOWN_STATES
from ..tools.portal_input import is_id

URL = "/my/settlements"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class SettlementPortal(CustomerPortal):
    """A dealer's own statements: by login and never by token, because they are amounts."""

    def _prepare_home_portal_values(self, counters):
        values = super()._prepare_home_portal_values(counters)
        if "settlement_count" in counters:
            statements = request.env["scrm.settlement.statement"]
            values["settlement_count"] = (
                statements.search_count(self._get_settlement_domain())
                if statements.has_access("read")
                else 0
            )
        return values

    # === WHOSE === #

    def _get_settlement_domain(self):
        dealer = request.env.user.partner_id.commercial_partner_id
        return [("partner_id", "=", dealer.id), ("state", "in", SHOWN_STATES)]

    def _get_own_statement(self, statement_id):
        """Return a statement of who is logged in; somebody else's and none at all are the same."""
        statement = request.env["scrm.settlement.statement"].browse(statement_id)
        try:
            statement._check_is_own()
        except (AccessError, MissingError):
            raise NotFound() from None
        return statement

    # === LIST === #

    def _get_settlement_sortings(self):
        return {
            "date": {"label": request.env._("Period"), "order": "date_to desc, id desc"},
            "name": {"label": request.env._("Number"), "order": "name desc"},
            "amount": {"label": request.env._("Amount"), "order": "amount_total desc, id desc"},
            "state": {"label": request.env._("Status"), "order": "state, id desc"},
        }

    def _get_settlement_filters(self):
        get_label = request.env["scrm.settlement.statement"]._get_portal_label
        filters = {"all": {"label": request.env._("All"), "domain": []}}
        for state in SHOWN_STATES:
            filters[state] = {"label": get_label(state), "domain": [("state", "=", state)]}
        return filters

    def _get_settlement_years(self, domain):
        groups = request.env["scrm.settlement.statement"]._read_group(domain, ["date_to:year"])
        return sorted({day.year for (day,) in groups}, reverse=True)

    @route([URL, f"{URL}/page/<int:page>"], type="http", auth="user", website=True, readonly=True)
    def portal_my_settlements(self, page=1, sortby="date", filterby="all", year=None, **kw):
        """List the dealer's statements."""
        statements = request.env["scrm.settlement.statement"]
        if not statements.has_access("read"):
            raise NotFound()
        sortings, filters = self._get_settlement_sortings(), self._get_settlement_filters()
        sortby = sortby if sortby in sortings else "date"
        filterby = filterby if filterby in filters else "all"
        domain = self._get_settlement_domain()
        years = self._get_settlement_years(domain)
        year = int(year) if year and is_id(year) and int(year) in years else None
        domain = [*domain, *filters[filterby]["domain"], *self._get_year_domain(year)]
        pager = portal_pager(
            url=URL,
            url_args={"sortby": sortby, "filterby": filterby, "year": year or ""},
            total=statements.search_count(domain),
            page=page,
            step=self._items_per_page,
        )
        values = self._prepare_portal_layout_values()
        values.update(
            page_name="settlement",
            default_url=URL,
            statements=statements.search(
                domain,
                order=sortings[sortby]["order"],
                limit=self._items_per_page,
                offset=pager["offset"],
            ),
            pager=pager,
            searchbar_sortings=sortings,
            sortby=sortby,
            searchbar_filters=filters,
            filterby=filterby,
            years=years,
            year=year,
        )
        return request.render("scrm_settlement.portal_my_settlements", values)

    def _get_year_domain(self, year):
        if not year:
            return []
        return [("date_to", ">=", f"{year}-01-01"), ("date_to", "<=", f"{year}-12-31")]

    # === DETAIL === #

    @route(
        [f"{URL}/<int:statement_id>", f"{URL}/<int:statement_id>/page/<int:page>"],
        type="http",
        auth="user",
        website=True,
        readonly=True,
    )
    def portal_my_settlement(self, statement_id, page=1, **kw):
        """Show one statement with its way, lines and disputes."""
        statement = self._get_own_statement(statement_id)
        return self._render_settlement(statement, page)

    def _render_settlement(self, statement, page=1, error=None):
        values = self._prepare_settlement_values(statement, page)
        return request.render("scrm_settlement.portal_my_settlement", {**values, "error": error})

    def _prepare_settlement_values(self, statement, page):
        lines = request.env["scrm.settlement.line"]
        domain = [("statement_id", "=", statement.id)]
        pager = portal_pager(
            url=f"{URL}/{statement.id}",
            total=lines.search_count(domain),
            page=page,
            step=self._items_per_page,
        )
        values = self._prepare_portal_layout_values()
        values.update(
            page_name="settlement",
            statement=statement,
            steps=statement._get_portal_steps(),
            document=statement._get_portal_document(),
            lines=lines.search(
                domain, order="date, id", limit=self._items_per_page, offset=pager["offset"]
            ),
            disputes=statement.dispute_ids,
            pager=pager,
        )
        return values

    @route(
        f"{URL}/<int:statement_id>/confirm",
        type="http",
        auth="user",
        website=True,
        methods=["POST"],
    )
    def portal_confirm_settlement(self, statement_id, **post):
        """Stamp the dealer's agreement."""
        statement = self._get_own_statement(statement_id)
        try:
            statement._confirm_as_dealer()
        except UserError as error:
            return self._render_settlement(statement, error=str(error))
        return request.redirect(f"{URL}/{statement.id}")

    # === PAPER === #

    @route(f"{URL}/<int:statement_id>/pdf", type="http", auth="user", website=True)
    def portal_settlement_pdf(self, statement_id, **kw):
        """Give the statement as PDF, or as a page to print where no PDF can be made."""
        statement = self._get_own_statement(statement_id)
        content, kind = statement._render_paper()
        headers = [("Content-Type", "application/pdf" if kind == "pdf" else "text/html")]
        if kind == "pdf":
            name = f"{statement._get_paper_name()}.pdf"
            headers.append(("Content-Disposition", content_disposition(name)))
        return request.make_response(content, headers)

    @route(f"{URL}/<int:statement_id>/xlsx", type="http", auth="user", website=True)
    def portal_settlement_xlsx(self, statement_id, **kw):
        """Give the statement as a spreadsheet."""
        statement = self._get_own_statement(statement_id)
        name = f"{statement._get_paper_name()}.xlsx"
        headers = [("Content-Type", XLSX), ("Content-Disposition", content_disposition(name))]
        return request.make_response(statement._make_xlsx(), headers)
