"""Who may call the public methods: over RPC anybody with a login calls any of them."""

from odoo.exceptions import UserError
from odoo.service.model import call_kw
from odoo.tests import tagged

from odoo.addons.scrm_base.tests.method_access import MethodAccessMixin

from .access_case import AccessCase

PREPARERS = {"preparer", "channel", "manager"}
REVIEWERS = {"reviewer", "manager"}
CHANNEL = {"channel", "manager"}
CREDIT = {"credit", "manager"}
NOBODY = set()  # of other people's wizards
# Of one's own company, whichever that is
FOREIGN = {"foreign_preparer", "foreign_reviewer", "foreign_manager"}
# What they change is changed by these roles alone; everybody else gets an error.
CHANGING = {
    "account.move": {"action_scrm_review": REVIEWERS, "action_scrm_review_next": REVIEWERS},
    "sale.order": {"action_scrm_request_credit": {"reviewer", "manager", "keeper", "accountant"}},
    "scrm.allocation.run": dict.fromkeys(
        ("action_simulate", "action_apply", "action_discard"), CHANNEL
    ),
    "scrm.credit.account": {"action_open_items": PREPARERS | REVIEWERS | CREDIT | {"salesman"}},
    "scrm.credit.decision": dict.fromkeys(
        ("action_approve", "action_approve_next", "action_reject", "action_reject_next"), NOBODY
    ),
    # The check itself decides, not its asker
    "scrm.credit.hold": dict.fromkeys(
        ("action_check_again", "action_open_items"), PREPARERS | REVIEWERS | CREDIT | {"salesman"}
    ),
    "scrm.credit.item": {"action_open_record": NOBODY},
    "scrm.credit.limit.change": {"action_change": NOBODY},
    "scrm.credit.request": {"action_request": NOBODY, "action_show_items": NOBODY},
    "scrm.credit.review": dict.fromkeys(("action_approve", "action_reject"), CREDIT),
    "scrm.library.import": {"action_read": NOBODY, "action_import": NOBODY},
    "scrm.settlement.dispute": dict.fromkeys(("action_accept", "action_reject"), REVIEWERS)
    | {"action_withdraw": PREPARERS | REVIEWERS},
    "scrm.settlement.exception": dict.fromkeys(
        ("action_settle", "action_record", "action_dismiss", "action_same", "action_another"),
        PREPARERS,
    ),
    "scrm.settlement.generate": {"action_generate": NOBODY},
    "scrm.settlement.import": dict.fromkeys(
        ("action_compare", "action_resume", "action_reset", "action_discard", "action_restore"),
        PREPARERS,
    )
    | {"action_reopen": REVIEWERS},
    "scrm.settlement.import.line": {
        "action_compare": PREPARERS,
        "action_unmatch": PREPARERS,
    },
    "scrm.settlement.import.resolve": {"action_match": NOBODY, "action_accept": NOBODY},
    "scrm.settlement.import.waive": {"action_waive": NOBODY},
    "scrm.settlement.line": {
        "action_find_price": PREPARERS | REVIEWERS,
        "action_pull": PREPARERS | REVIEWERS | FOREIGN,
    },
    "scrm.settlement.return": {"action_return": NOBODY},
    "scrm.shipment.report": {"action_report": NOBODY},
    "scrm.settlement.rule": {"set_matrix_cell": CHANNEL},
    "scrm.settlement.statement": dict.fromkeys(
        ("action_submit", "action_cancel", "action_reopen"), PREPARERS
    )
    | dict.fromkeys(("action_review", "action_review_next"), REVIEWERS),
    "scrm.settlement.tier": dict.fromkeys(
        ("action_approve", "action_close", "action_new_version"), CHANNEL
    ),
}
# They change nothing, and tell who may not read the record nothing about it.
SHOWING = {
    "account.journal": {"action_scrm_open_settlements"},
    "account.move": {
        "action_scrm_open_exceptions",
        "action_scrm_open_statement",
        "action_scrm_return",
    },
    "res.partner": {
        "action_scrm_account_statement",
        "action_scrm_allocations",
        "action_scrm_credit",
        "action_scrm_credit_holds",
        "action_scrm_downline",
        "action_scrm_pending_settlement",
        "action_scrm_statements",
    },
    "sale.order": {"action_scrm_open_credit", "action_scrm_open_hold"},
    "scrm.allocation.policy": {"action_open_products"},
    "scrm.allocation.run": {"action_open_lines", "action_open_products"},
    "scrm.allocation.run.line": {"action_open_move", "action_open_run"},
    "scrm.allocation.run.product": {"action_open_lines"},
    "scrm.credit.account": {"action_change_limit", "action_open_holds"},
    "scrm.credit.hold": {"action_open_account", "action_open_decision", "action_open_order"},
    "scrm.credit.report": {"action_open_account"},
    "scrm.settlement.adjustment": {"action_open_line"},
    "scrm.settlement.conflict": {"action_open_pair"},
    "scrm.settlement.dispute": {"action_open_adjustment"},
    "scrm.settlement.dispute.report": {"action_open_dispute"},
    "scrm.settlement.exception": {"action_open_source"},
    "scrm.settlement.import": {
        "action_download_errors",
        "action_download_report",
        "action_open_rows",
        "action_open_totals",
        "action_open_unresolved",
        "action_open_waive",
        "action_print_report",
    },
    "scrm.settlement.import.line": {"action_open_entry", "action_open_resolve"},
    "scrm.settlement.import.subtotal": {"action_open_rows"},
    "scrm.settlement.line": {
        "action_adjust",
        "action_open_corrections",
        "action_open_counted",
        "action_open_reason",
        "action_open_source",
        "action_return",
        "action_test_price",
    },
    "scrm.settlement.report": {"action_open_line"},
    "scrm.settlement.rule": {"action_open_conflicts"},
    "scrm.settlement.run": {"action_open_statements"},
    "scrm.settlement.statement": {
        "action_export_xlsx",
        "action_open_disputes",
        "action_open_document",
        "action_open_exceptions",
        "action_open_imports",
        "action_open_lines",
        "action_open_netting",
        "action_open_payments",
        "action_open_return",
        "action_review_selected",
    },
    "scrm.settlement.tier": {"action_open_matrix", "action_open_rules", "get_matrix"},
}
# Core's, with core's rights: what this addon adds to them has tests of its own.
OF_CORE = {
    "account.move": {"button_cancel", "button_draft"},
    "account.move.reversal": {"reverse_moves"},
    "sale.order": {"action_confirm", "get_formview_id"},
    "scrm.outbox": {"action_open_record"},
    "stock.picking": {"button_validate"},
}


@tagged("post_install", "-at_install")
class TestAccessMethods(AccessCase, MethodAccessMixin):
    _addon = "scrm_settlement"
    _changing = CHANGING
    _showing = SHOWING
    _of_core = OF_CORE
    _arguments = {("scrm.settlement.rule", "set_matrix_cell"): [5, 3]}
    _strangers = ("internal", "portal_upline", "portal_other", "public", "foreign_manager")

    def setUp(self):
        super().setUp()
        document = self.statement.sudo().move_id
        self._keep(document, document.journal_id, self.dealer, self.order)
        self.records["scrm.settlement.exception"].note = "x"

    def test_private_methods_are_refused(self):
        for name, method in (
            ("scrm.settlement.statement", "_write_derived"),
            ("scrm.settlement.line", "_record_sources"),
            ("scrm.credit.account", "_write_limit"),
        ):
            with self.assertRaises(UserError):
                call_kw(self._as(self.env[name], "manager"), method, [[1], {}], {})
