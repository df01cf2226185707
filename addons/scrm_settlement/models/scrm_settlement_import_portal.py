"""What a dealer does with his own lists on the portal."""

import base64

from odoo import api, models
from odoo.exceptions import UserError

from .scrm_settlement_import_line import UNRESOLVED

#: A dealer's month has some thousand rows; the office may upload more.
MAX_PORTAL_BYTES = 5 * 1024 * 1024


class ScrmSettlementImport(models.Model):
    _inherit = "scrm.settlement.import"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    def _get_portal_dealer(self):
        """Return the dealer the user works for; empty when the user's company is none."""
        # sudo: the levels of dealers are no concern of the portal, the answer to this is
        dealer = self.env.user.partner_id.commercial_partner_id.sudo()
        return dealer.sudo(False) if dealer.grade_id else dealer.browse().sudo(False)

    @api.model
    def _upload_from_portal(self, content, filename, date_from=None, date_to=None, statement=None):
        """Take a dealer's list in and compare it; an earlier one of the same period makes way.

        :param content: bytes of the file
        :param statement: one of the dealer's own, whose period it is; None for a whole period
        :raises UserError: the file cannot be used, with the reason
        :return: the reconciliation
        """
        about = self._prepare_portal_subject(date_from, date_to, statement)
        if len(content) > MAX_PORTAL_BYTES:
            raise UserError(
                self.env._(
                    "The file is larger than %s MB. Split it by months.",
                    MAX_PORTAL_BYTES // (1024 * 1024),
                )
            )
        # sudo: dealers have no right to create; what it is about and the uploader are set here
        self_sudo = self.sudo()
        record = self_sudo.create(
            {
                **about,
                "file": base64.b64encode(content),
                "filename": filename,
                "is_from_dealer": True,
            }
        )
        self.env["scrm.notice.rule"]._raise_event(record, "upload")
        record._move_along("start")
        record._tell_differences()
        record._replace_earlier()
        return record.sudo(False)

    def _prepare_portal_subject(self, date_from, date_to, statement):
        """Return what a dealer's list is about: a statement of his own, or a whole period.

        Company, period and currency follow from the statement.
        """
        if statement:
            statement = statement.with_env(self.env)  # who asks is who is logged in here
            statement._check_is_own()
            if not statement._is_reconcilable():
                raise UserError(
                    self.env._(
                        "%s was reversed. Compare with the settlement that takes its place.",
                        statement.name,
                    )
                )
            return {"company_id": statement.company_id.id, "statement_id": statement.id}
        dealer = self._get_portal_dealer()
        if not dealer:
            raise UserError(self.env._("Only dealers upload settlement lists."))
        return {
            "company_id": self.env.company.id,
            "partner_id": dealer.id,
            "date_from": date_from,
            "date_to": date_to,
        }

    def _replace_earlier(self):
        """Discard what the dealer uploaded before for the same period, unless work went into it."""
        earlier = self.search(
            [
                ("id", "!=", self.id),
                ("is_from_dealer", "=", True),
                ("company_id", "=", self.company_id.id),
                ("partner_id", "=", self.partner_id.id),
                ("statement_id", "=", self.statement_id.id),
                ("date_from", "=", self.date_from),
                ("date_to", "=", self.date_to),
                ("state", "in", ("draft", "compared")),
                ("preparer_id", "=", False),
            ]
        )
        # The dealer cannot restore it, so he may send the very file again
        for record in earlier:
            record._move_along(
                "discard", note=self.env._("Replaced by a newer file."), file_key=False
            )

    def _prepare_portal_result(self, status, page, step, pager, url):
        """Return what the dealer's page of one list shows.

        :param status: of the rows, None for what differs
        :param pager: core's helper for pages
        """
        self.ensure_one()
        labels = dict(
            self.env["scrm.settlement.import.line"]
            ._fields["status"]
            ._description_selection(self.env)
        )
        # The office says "theirs" of the dealer; the page speaks to him
        labels["only_theirs"] = self.env._("Only yours")
        domain = [("import_id", "=", self.id)]
        if status in labels:
            domain.append(("status", "=", status))
        else:
            status = None
            domain.append(("status", "in", list(UNRESOLVED)))
        rows = self.env["scrm.settlement.import.line"]
        pages = pager(
            url=f"{url}/{self.id}",
            url_args={"status": status} if status else {},
            total=rows.search_count(domain),
            page=page,
            step=step,
        )
        return {
            "page_name": "scrm_reconciliation",
            "reconciliation": self,
            # One that was returned meanwhile is no longer shown
            "statement": self.statement_id.filtered(lambda statement: statement.has_access("read")),
            "subtotals": self.subtotal_ids,
            # sudo: the rule has let the rows through; the dealer reads the names of his entries
            "rows": rows.search(domain, limit=step, offset=pages["offset"]).sudo(),
            "status": status,
            "labels": labels,
            "pager": pages,
        }
