from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL


class ScrmSettlementStatement(models.Model):
    _inherit = "scrm.settlement.statement"

    age_days = fields.Integer(
        string="Waiting (days)",
        compute="_compute_age_days",
        help="Days since it was submitted.",
    )
    has_previous = fields.Boolean(compute="_compute_previous")
    previous_amount = fields.Monetary(
        string="Last Period",
        compute="_compute_previous",
        help="What the statements of the dealer's last period before this one came to.",
    )
    previous_change = fields.Float(
        string="vs Last Period",
        compute="_compute_previous",
        digits=(16, 4),
        help="By how much the statement is above or below the dealer's last period.",
    )
    exception_count = fields.Integer(
        string="Exceptions",
        compute="_compute_exception_count",
        help="Lines of this dealer and period that are on no statement: without a price, "
        "disputed, or recorded too late; and lines of the statement that an open exception "
        "concerns.",
    )
    payment_state = fields.Selection(
        related="move_id.payment_state", string="Payment", compute_sudo=True
    )
    amount_residual = fields.Monetary(
        related="move_id.amount_residual", string="Still to Pay", compute_sudo=True
    )
    payment_count = fields.Integer(
        string="Payments", compute="_compute_payment_count", compute_sudo=True
    )
    accounting_date = fields.Date(
        related="move_id.date",
        string="Accounting Date",
        compute_sudo=True,
        help="The day on which the document is in the books; the period is another matter.",
    )

    # === COMPUTE === #

    @api.depends("submitted_at")
    def _compute_age_days(self):
        now = fields.Datetime.now()
        for statement in self:
            submitted = statement.submitted_at
            statement.age_days = (now - submitted).days if submitted else 0

    @api.depends("payment_state", "amount_residual")
    def _compute_payment_count(self):
        for statement in self:
            statement.payment_count = len(statement._get_payments())

    @api.depends("amount_total", "date_from")
    def _compute_previous(self):
        previous = self._get_previous_amounts()
        for statement in self:
            amount = previous.get(statement.id)
            statement.has_previous = bool(amount) and not statement.revision
            statement.previous_amount = amount or 0
            statement.previous_change = (
                (statement.amount_total - amount) / abs(amount) if statement.has_previous else 0
            )

    def _get_previous_amounts(self):
        """Return {statement id: total of the dealer's last period before it}."""
        self.flush_model()
        return dict(
            self.env.execute_query(
                SQL(
                    """
                    SELECT s.id, previous.amount
                      FROM scrm_settlement_statement s
                CROSS JOIN LATERAL (
                        SELECT sum(p.amount_total) AS amount
                          FROM scrm_settlement_statement p
                         WHERE p.company_id = s.company_id
                           AND p.partner_id = s.partner_id
                           AND p.document_mode = s.document_mode
                           AND p.currency_id = s.currency_id
                           AND p.state NOT IN ('cancel', 'reversed')
                           AND p.date_to < s.date_from
                         GROUP BY p.date_to
                         ORDER BY p.date_to DESC
                         LIMIT 1
                      ) previous
                     WHERE s.id IN %s
                    """,
                    tuple(self.ids) or (0,),
                )
            )
        )

    def _compute_exception_count(self):
        counts = self._count_exceptions()
        for statement in self:
            statement.exception_count = counts.get(statement.id, 0)

    def _count_exceptions(self):
        """Return {statement id: lines that need a look}.

        Those of its dealer and period that are on no statement, and those on it whose source is
        on the list of exceptions.
        """
        self.env.flush_all()
        return dict(
            self.env.execute_query(
                SQL(
                    """
                    SELECT found.id, count(*) FROM (
                    SELECT s.id, line.id AS line_id
                      FROM scrm_settlement_statement s
                      JOIN scrm_settlement_line line
                        ON line.company_id = s.company_id
                       AND line.partner_id = s.partner_id
                       AND line.date BETWEEN s.date_from AND s.date_to
                       AND line.statement_id IS NULL
                     WHERE s.id IN %(ids)s
                       AND (line.state IN ('no_price', 'held')
                            OR line.state IN ('pending', 'disputed')
                            AND line.document_mode = s.document_mode
                            AND line.currency_id = s.currency_id)
                     UNION
                    SELECT line.statement_id, line.id
                      FROM scrm_settlement_line line
                      JOIN scrm_settlement_exception exception
                        ON exception.origin_line_id = line.id AND exception.state = 'open'
                     WHERE line.statement_id IN %(ids)s
                    ) found GROUP BY found.id
                    """,
                    ids=tuple(self.ids) or (0,),
                )
            )
        )

    def _get_reasons_to_look(self):
        """Return {statement: why it is not approved among many}."""
        waived = self._get_waived()
        adjustments = self.env["scrm.settlement.line"]._read_group(
            [("statement_id", "in", self.ids), ("source_type", "=", "adjustment")],
            ["statement_id"],
        )
        concerned = self.browse(self._count_exceptions())
        return {
            **{s: self.env._("%s has differences that were waived", s.name) for s in waived},
            **{s: self.env._("%s has amounts entered by hand", s.name) for [s] in adjustments},
            **{s: self.env._("%s has exceptions", s.name) for s in concerned},
        }

    def _get_open_exceptions(self):
        """Return the open exceptions whose lines stand on the statement."""
        return self.env["scrm.settlement.exception"].search(
            [("state", "=", "open"), ("origin_line_id.statement_id", "in", self.ids)]
        )

    def _get_payments(self):
        """Return the payments of the document; where anything else settled it, all entries."""
        payments = self.move_id.reconciled_payment_ids
        entries = self.move_id._get_reconciled_amls().move_id
        return payments if entries <= payments.move_id else entries

    # === ACTIONS === #

    def action_open_payments(self):
        """Open what `payment_count` counts."""
        self.ensure_one()
        return self._get_payments()._get_records_action(name=self.env._("Payments"))

    def action_open_exceptions(self):
        """Open what `exception_count` counts."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "scrm_settlement.scrm_settlement_line_action"
        )
        beside = (
            Domain("company_id", "=", self.company_id.id)
            & Domain("partner_id", "=", self.partner_id.id)
            & Domain("date", ">=", self.date_from)
            & Domain("date", "<=", self.date_to)
            & Domain("statement_id", "=", False)
        )
        waiting = (
            Domain("state", "in", ("pending", "disputed"))
            & Domain("document_mode", "=", self.document_mode)
            & Domain("currency_id", "=", self.currency_id.id)
        )
        concerned = self._get_open_exceptions().origin_line_id
        action["domain"] = list(
            beside & (Domain("state", "in", ("no_price", "held")) | waiting)
            | Domain("id", "in", concerned.ids)
        )
        action["context"] = {}
        return action

    def action_review_next(self):
        """Approve, and open the next one that waits for this reviewer."""
        self.ensure_one()
        self.action_review()
        waiting = self._get_next_to_review()
        if not waiting:
            return self.env["ir.actions.act_window"]._for_xml_id(
                "scrm_settlement.scrm_settlement_statement_action_review"
            )
        # "main": a queue of a hundred must not leave a hundred breadcrumbs
        return {**waiting.action_open_document(), "target": "main"}

    def _get_next_to_review(self):
        return self.search(
            [
                ("state", "=", "submitted"),
                ("submitter_id", "!=", self.env.uid),
                ("create_uid", "!=", self.env.uid),
                ("company_id", "in", self.env.companies.ids),
            ],
            order="submitted_at, id",
            limit=1,
        )

    def action_review_selected(self):
        """Approve those that need no look: the rest stays, and the message says why."""
        reasons = self._get_reasons_to_look()
        reviewed, left = self.browse(), []
        for statement in self:
            if statement in reasons:
                left.append(reasons[statement])
                continue
            try:
                with self.env.cr.savepoint():
                    statement.action_review()
                reviewed += statement
            except UserError as error:
                left.append(str(error))
        message = self.env._("%s settlements reviewed.", len(reviewed))
        if left:
            message += " " + self.env._(
                "%(count)s are left for a look: %(reasons)s",
                count=len(left),
                reasons=" · ".join(left[:5]),
            )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning" if left else "success",
                "message": message,
                "sticky": bool(left),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }
