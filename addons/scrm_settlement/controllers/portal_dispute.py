from contextlib import suppress

from werkzeug.exceptions import NotFound

from odoo.exceptions import AccessError, MissingError, UserError
from odoo.http import request, route

from ..tools.portal_input import is_id, parse_day, parse_value
from .portal import URL, SettlementPortal

MAX_FILES = 5
MAX_FILE_BYTES = 10 * 1024 * 1024


class SettlementDisputePortal(SettlementPortal):
    """What a dealer holds against lines of a statement."""

    @route(
        f"{URL}/<int:statement_id>/dispute",
        type="http",
        auth="user",
        website=True,
        methods=["GET"],
        readonly=True,
    )
    def portal_new_dispute(self, statement_id, **kw):
        """Ask what is wrong with the chosen lines, or what is missing."""
        statement = self._get_own_statement(statement_id)
        return self._render_new_dispute(statement, request.httprequest.args)

    @route(
        f"{URL}/<int:statement_id>/dispute",
        type="http",
        auth="user",
        website=True,
        methods=["POST"],
    )
    def portal_open_dispute(self, statement_id, **post):
        """Open one dispute for each chosen line, with the same evidence."""
        statement = self._get_own_statement(statement_id)
        form = request.httprequest.form
        try:
            with request.env.cr.savepoint():
                lines = self._get_chosen_lines(statement, form)
                disputes = statement._open_own_disputes(self._prepare_disputes(lines, form))
                disputes._attach_evidence(self._read_files())
        except UserError as error:
            return self._render_new_dispute(statement, form, error=str(error))
        # A statement all of whose lines are disputed goes back to its preparer.
        shown = statement.has_access("read")
        return request.redirect(f"{URL}/{statement.id}#disputes" if shown else URL)

    @route(
        f"{URL}/disputes/<int:dispute_id>/withdraw",
        type="http",
        auth="user",
        website=True,
        methods=["POST"],
    )
    def portal_withdraw_dispute(self, dispute_id, **post):
        """Take back a dispute of one's own."""
        dispute = request.env["scrm.settlement.dispute"].browse(dispute_id)
        # One that was decided meanwhile stays: the page shows how.
        with suppress(UserError):
            self._withdraw(dispute)
        statement = dispute.statement_id
        return request.redirect(f"{URL}/{statement.id}" if statement.has_access("read") else URL)

    def _withdraw(self, dispute):
        if not dispute:  # number 0
            raise NotFound()
        try:
            dispute._withdraw_as_dealer()
        except (AccessError, MissingError):
            raise NotFound() from None

    def _get_chosen_lines(self, statement, form):
        ids = [int(line_id) for line_id in form.getlist("line") if is_id(line_id)]
        return request.env["scrm.settlement.line"].search(
            [("id", "in", ids), ("statement_id", "=", statement.id)], order="date, id"
        )

    def _prepare_disputes(self, lines, form):
        """Return the values of the disputes that a form asks for."""
        env = request.env
        evidence = (form.get("evidence") or "").strip()
        if not evidence:
            raise UserError(env._("Say what your claim is founded on."))
        if not lines and not form.get("missing"):
            raise UserError(env._("Choose the lines that you dispute."))
        common = {"evidence": evidence[:5000]}
        if form.get("missing"):
            item, day = (form.get("item") or "").strip(), parse_day(form.get("item_date"))
            if not item or not day:
                raise UserError(env._("Name what is missing and the day it happened."))
            value = self._read_value(form.get("value"), item)
            number = (form.get("item_ref") or "").strip()[:64] or False
            item = {"item": item[:200], "item_date": day, "item_ref": number}
            return [{**common, "kind": "missing", "claimed_value": value, **item}]
        kind = form.get("kind")
        if kind not in ("price", "quantity", "not_ours"):
            raise UserError(env._("Say what is wrong with the lines."))
        return [
            {
                **common,
                "kind": kind,
                "line_id": line.id,
                "claimed_value": 0.0
                if kind == "not_ours"
                else self._read_value(form.get(f"value_{line.id}"), line.name),
            }
            for line in lines
        ]

    def _read_value(self, text, subject):
        value = parse_value(text)
        if value is None:
            raise UserError(
                request.env._("Give the value that you think right for “%s”, as a number.", subject)
            )
        return float(value)

    def _read_files(self):
        """Return (name, content) of the files that came with the form."""
        files = [file for file in request.httprequest.files.getlist("file") if file.filename]
        if len(files) > MAX_FILES:
            raise UserError(request.env._("Send at most %s files.", MAX_FILES))
        found = []
        for file in files:
            content = file.read(MAX_FILE_BYTES + 1)
            if len(content) > MAX_FILE_BYTES:
                raise UserError(
                    request.env._(
                        "%(file)s is larger than %(limit)s MB.",
                        file=file.filename,
                        limit=MAX_FILE_BYTES // 1024**2,
                    )
                )
            found.append((file.filename, content))
        return found

    def _render_new_dispute(self, statement, form, error=None):
        values = self._prepare_portal_layout_values()
        values.update(
            page_name="settlement",
            statement=statement,
            new_dispute=True,
            lines=self._get_chosen_lines(statement, form),
            missing=bool(form.get("missing")),
            form=form,
            error=error,
        )
        return request.render("scrm_settlement.portal_new_dispute", values)
