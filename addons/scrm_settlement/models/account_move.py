from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError


class AccountMove(models.Model):
    _inherit = "account.move"

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
    scrm_settlement_line_ids = fields.Many2many(
        comodel_name="scrm.settlement.line",
        string="Settlement Lines",
        compute="_compute_scrm_settlement_lines",
        groups="account.group_account_invoice,account.group_account_readonly",
    )

    # === COMPUTE === #

    @api.depends("scrm_statement_ids.state")
    def _compute_scrm_statement(self):
        for move in self:
            statement = move.scrm_statement_ids[:1]
            move.scrm_statement_id = statement
            move.scrm_statement_state = statement.state

    @api.depends("scrm_statement_ids")
    def _compute_scrm_settlement_lines(self):
        for move in self:
            move.scrm_settlement_line_ids = move.scrm_statement_id.line_ids

    def _compute_hide_post_button(self):
        # Depends on nothing of ours: bank statement lines inherit the field, and Odoo deletes an
        # inherited field when a field that it depends on is uninstalled. Each request reads anew.
        result = super()._compute_hide_post_button()
        for move in self:
            if move.scrm_statement_state == "submitted":
                move.hide_post_button = True
        return result

    # === CONSTRAINTS === #

    @api.constrains("state")
    def _check_scrm_settlement_reviewed(self):
        """Close the way round `_post`: whoever writes the state, an unreviewed bill stays draft."""
        posted = self.filtered(lambda move: move.state == "posted")
        for statement in posted._scrm_get_statements():
            if statement.state not in ("reviewed", "invoiced", "paid"):
                raise ValidationError(
                    self.env._(
                        "The settlement %s has not been reviewed, so its bill cannot be posted.",
                        statement.name,
                    )
                )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_scrm_settlement(self):
        self._scrm_refuse_loose_end()

    # === ACTIONS === #

    def action_scrm_review(self):
        """Approve the settlement of this bill; who submitted it cannot."""
        self.ensure_one()
        self._scrm_get_own_statement().action_review()

    def action_scrm_return(self):
        self.ensure_one()
        return self._scrm_get_own_statement().action_open_return()

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
        result = super().button_draft()
        self._scrm_get_statements()._follow_bill()
        return result

    def button_cancel(self):
        self._scrm_refuse_loose_end()
        return super().button_cancel()

    # === BUSINESS === #

    def _post(self, soft=True):
        statements = self._scrm_get_statements()
        statements._check_bill_may_post()
        posted = super()._post(soft=soft)
        statements.filtered(lambda statement: statement.move_id in posted)._follow_bill()
        return posted

    def _invoice_paid_hook(self):
        result = super()._invoice_paid_hook()
        self._scrm_get_statements()._follow_bill()
        return result

    def _scrm_get_statements(self):
        """Return the statements of these bills, for the rules that hold whoever acts.

        Sales documents and entries cost nothing here: they are never asked for.
        """
        bills = self.filtered(lambda move: move.move_type in ("in_invoice", "in_refund"))
        Statement = self.env["scrm.settlement.statement"]
        if not bills.ids:
            return Statement
        # sudo: the bill's own rights decide who posts or pays; its statement only follows
        return Statement.sudo().search([("move_id", "in", bills.ids)])

    def _scrm_get_own_statement(self):
        """Return the statement with the user's own rights."""
        statement = self.scrm_statement_id.sudo(False)
        if not statement:
            raise UserError(self.env._("This bill does not belong to a settlement."))
        return statement

    def _scrm_refuse_loose_end(self):
        """Keep bill and statement together: the statement's return is what takes a bill away."""
        for statement in self._scrm_get_statements():
            raise UserError(
                self.env._(
                    "%(bill)s belongs to the settlement %(statement)s. Use “Return settlement”: "
                    "it takes the bill away and tells who prepared it.",
                    bill=statement.move_id.display_name,
                    statement=statement.name,
                )
            )

    def _scrm_drop_settlement_bill(self):
        """Take away the bill of a returned settlement; one that had a number is kept, cancelled."""
        for bill in self.exists():
            if bill.posted_before:
                bill.button_cancel()
            else:
                bill.unlink()
