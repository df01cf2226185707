from werkzeug.exceptions import BadRequest, NotFound

from odoo.exceptions import AccessError
from odoo.http import Controller, content_disposition, request, route

from ..tools.portal_input import is_id
from .portal import XLSX


class SettlementController(Controller):
    @route("/scrm_settlement/xlsx", type="http", auth="user", readonly=True)
    def export_statements(self, ids="", **kw):
        """Give the statements that a colleague chose in the list."""
        chosen = [int(part) for part in ids.split(",") if is_id(part)]
        if not chosen:
            raise BadRequest()
        statements = request.env["scrm.settlement.statement"].browse(chosen).exists()
        try:
            content = statements._make_xlsx()
        except AccessError:
            raise NotFound() from None
        name = statements._get_paper_name() if len(statements) == 1 else request.env._("statements")
        headers = [
            ("Content-Type", XLSX),
            ("Content-Disposition", content_disposition(f"{name}.xlsx")),
        ]
        return request.make_response(content, headers)
