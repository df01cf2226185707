from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import split_every

from .scrm_settlement_statement import REVIEWER

# Documents posted before the cache is emptied.
POST_BATCH = 200


class AccountMove(models.Model):
    _inherit = "account.move"

    # On the document itself, so that ordinary ones cost no query. It has no groups: a field with
    # groups would be read apart from the others.
    scrm_is_settlement = fields.Boolean(
        string="Is a Settlement's Document", readonly=True, copy=False
    )
    scrm_statement_ids = fields.One2many(
        comodel_name="scrm.settlement.statement",
        inverse_name="move_id",
        string="Settlement Statements",
        groups="account.group_account_invoice,account.group_account_readonly",
    )
    scrm_statement_id = fields.Many2one(
        comodel_name="scrm.settlement.statement",
        string="Settlement",
        compute="_compute_scrm_statement",
        compute_sudo=True,
    )
    scrm_statement_state = fields.Selection(
        selection=lambda self: self.env["scrm.settlement.statement"]._fields["state"].selection,
        string="Settlement Status",
        compute="_compute_scrm_statement",
        compute_sudo=True,
    )
    scrm_settlement_date_from = fields.Date(
        string="First Day of the Settlement", compute="_compute_scrm_statement", compute_sudo=True
    )
    scrm_settlement_date_to = fields.Date(
        string="Last Day of the Settlement", compute="_compute_scrm_statement", compute_sudo=True
    )
    scrm_settlement_line_ids = fields.Many2many(
        comodel_name="scrm.settlement.line",
        string="Settlement Lines",
        compute="_compute_scrm_settlement_lines",
        groups="account.group_account_invoice,account.group_account_readonly",
    )

    scrm_exception_count = fields.Integer(
        string="Settlement Exceptions", compute="_compute_scrm_exception_count", compute_sudo=True
    )

    # === COMPUTE === #

    @api.depends("scrm_statement_ids.state")
    def _compute_scrm_statement(self):
        ordinary = self.filtered(lambda move: not move.scrm_is_settlement)
        ordinary.scrm_statement_id = False
        ordinary.scrm_statement_state = False
        ordinary.scrm_settlement_date_from = False
        ordinary.scrm_settlement_date_to = False
        for move in self - ordinary:
            statement = move.scrm_statement_ids[:1]
            move.scrm_statement_id = statement
            move.scrm_statement_state = statement.state
            move.scrm_settlement_date_from = statement.date_from
            move.scrm_settlement_date_to = statement.date_to

    def _compute_scrm_exception_count(self):
        for move in self:
            move.scrm_exception_count = move.scrm_statement_id.exception_count

    @api.depends("scrm_statement_ids")
    def _compute_scrm_settlement_lines(self):
        for move in self:
            move.scrm_settlement_line_ids = move.scrm_statement_id.line_ids

    def _compute_hide_post_button(self):
        # Depends on nothing of ours: bank statement lines inherit the field, and Odoo deletes an
        # inherited field when a field that it depends on is uninstalled. Each request reads anew.
        result = super()._compute_hide_post_button()
        for move in self:
            if move.scrm_is_settlement and move.scrm_statement_state == "submitted":
                move.hide_post_button = True
        return result

    # === CONSTRAINTS === #

    @api.constrains("state")
    def _check_scrm_settlement_reviewed(self):
        """Close the way round `_post`: whoever writes the state, what is unreviewed stays draft."""
        posted = self.filtered(lambda move: move.state == "posted")
        statements = posted._scrm_get_statements()
        for document in posted.filtered("scrm_is_settlement") - statements.move_id:
            raise ValidationError(
                self.env._(
                    "%s was taken away when its settlement was returned, which makes another "
                    "document. Leave this one cancelled.",
                    document.display_name,
                )
            )
        for statement in statements:
            if statement.state in ("draft", "submitted", "settled", "cancel"):
                raise ValidationError(
                    self.env._(
                        "The settlement %s has not been reviewed, so its document cannot be "
                        "posted.",
                        statement.name,
                    )
                )

    # === CRUD === #

    def write(self, vals):
        if "scrm_is_settlement" in vals:
            raise UserError(
                self.env._("Whether a document belongs to a settlement is not edited by hand.")
            )
        if vals.get("auto_post", "no") != "no":  # then the clock posts, in nobody's name
            self._scrm_get_statements()._check_poster()
            self._scrm_refuse_repetition(vals["auto_post"])
        result = super().write(vals)
        if "matched_payment_ids" in vals:  # a payment that has no journal entry to reconcile
            self._scrm_get_statements()._follow_document()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_scrm_settlement(self):
        self._scrm_refuse_loose_end()

    # === ACTIONS === #

    def action_scrm_review(self):
        """Approve the settlement of this document; who submitted it cannot."""
        self.ensure_one()
        self._scrm_get_own_statement().action_review()

    def action_scrm_review_next(self):
        """Approve, and open the next one that waits."""
        self.ensure_one()
        return self._scrm_get_own_statement().action_review_next()

    def action_scrm_return(self):
        self.ensure_one()
        return self._scrm_get_own_statement().action_open_return()

    def action_scrm_open_exceptions(self):
        """Open what `scrm_exception_count` counts."""
        self.ensure_one()
        return self._scrm_get_own_statement().action_open_exceptions()

    def action_scrm_open_statement(self):
        self.ensure_one()
        statement = self._scrm_get_own_statement()
        return {
            "type": "ir.actions.act_window",
            "res_model": statement._name,
            "res_id": statement.id,
            "views": [(False, "form")],
        }

    def button_draft(self):
        statements = self._scrm_get_statements()
        for statement in statements.filtered(lambda statement: statement.state == "reversed"):
            # It could never be posted again, while its reversal stays
            raise UserError(
                self.env._(
                    "%s was reversed. Undo the reconciliation with its reversal first.",
                    statement.move_id.display_name,
                )
            )
        self._scrm_undo_reversals()
        result = super().button_draft()
        statements._follow_document()
        return result

    def _scrm_undo_reversals(self):
        """Let go of the documents that these reversed: core leaves a draft reconciled."""
        reversed_ = self.reversed_entry_id._scrm_get_statements().filtered(
            lambda statement: statement.state == "reversed"
        )
        reversed_._check_not_replaced()
        reversals = self & reversed_.move_id.reversal_move_ids
        reversals.line_ids.remove_move_reconcile()

    def button_cancel(self):
        self._scrm_refuse_loose_end()
        return super().button_cancel()

    # === BUSINESS === #

    def _post(self, soft=True):
        statements = self._scrm_get_statements()
        if len(statements.move_id) > POST_BATCH:
            statements._check_reviewed()  # of all, before the first one is posted
            return self._scrm_post_in_batches(soft)
        statements._check_may_post()
        wanted_dates = {move.id: move.date for move in statements.move_id}
        posted = super()._post(soft=soft)
        statements.filtered(lambda s: s.move_id in posted)._follow_document(wanted_dates)
        return posted

    def _scrm_post_in_batches(self, soft):
        """Post many documents of many lines without keeping all these lines in memory.

        They get the numbers that they get together: in core's order, see `_compute_name`.
        """
        posted = self.browse()
        ordered = self.sorted(lambda move: (move.date, move.ref or "", move.id))
        for moves in split_every(POST_BATCH, ordered.ids, self.browse):
            posted += moves._post(soft=soft)
            self.env.invalidate_all()
        return posted

    def _is_user_able_to_review(self):
        """Leave Odoo's own second look at a settlement's document to reviewers."""
        able = super()._is_user_able_to_review()
        if able and any(move.scrm_is_settlement for move in self):
            # Also in superuser mode: computed fields are filled in it
            return self.env.user.has_group(REVIEWER)
        return able

    def _scrm_get_statements(self):
        """Return the statements of these documents, for the rules that hold whoever acts.

        Other documents cost nothing here: they are never asked for.
        """
        Statement = self.env["scrm.settlement.statement"]
        documents = self.filtered("scrm_is_settlement")
        if not documents.ids:
            return Statement
        # sudo: the document's own rights decide who posts or pays; its statement only follows
        return Statement.sudo().search([("move_id", "in", documents.ids)])

    def _scrm_is_reversed(self):
        """Tell whether the document was taken back by its own posted reversals, nothing else."""
        self.ensure_one()
        if self.payment_state not in ("paid", "in_payment", "reversed") or not self.amount_total:
            return False
        lines = self.line_ids.filtered(
            lambda line: line.account_type in ("asset_receivable", "liability_payable")
        )
        partials = lines.matched_debit_ids | lines.matched_credit_ids
        counterparts = (partials.debit_move_id | partials.credit_move_id).move_id - self
        # What rates made of it is no payment
        counterparts = counterparts.filtered(
            lambda move: move.journal_id != move.company_id.currency_exchange_journal_id
        )
        return bool(counterparts) and not (
            counterparts - self.reversal_move_ids.filtered(lambda move: move.state == "posted")
        )

    def _scrm_get_own_statement(self):
        """Return the statement with the user's own rights."""
        statement = self.scrm_statement_id.sudo(False)
        if not statement:
            raise UserError(self.env._("This document does not belong to a settlement."))
        statement.check_access("read")
        return statement

    def _scrm_refuse_loose_end(self):
        """Keep both together: the statement's return is what takes a document away."""
        for statement in self._scrm_get_statements():
            raise UserError(
                self.env._(
                    "%(bill)s belongs to the settlement %(statement)s. Use “Return settlement”: "
                    "it takes the document away and tells who prepared it.",
                    bill=statement.move_id.display_name,
                    statement=statement.name,
                )
            )

    def _scrm_refuse_repetition(self, auto_post):
        """Refuse copies by the clock: they would be bills that no statement knows."""
        if auto_post == "at_date":
            return
        for statement in self._scrm_get_statements():
            raise UserError(
                self.env._(
                    "%(bill)s settles its lines once and is not repeated. Choose “At Date”, or "
                    "post it yourself.",
                    bill=statement.move_id.display_name,
                )
            )

    def _scrm_drop_settlement_document(self):
        """Take away a returned settlement's document; one that had a number is kept, cancelled."""
        for document in self.exists():
            if document.posted_before:
                document.button_cancel()
            else:
                document.unlink()
