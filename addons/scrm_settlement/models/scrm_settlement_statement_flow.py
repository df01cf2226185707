from odoo import fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL, format_date, split_every

from .scrm_settlement_statement import PREPARER

# Statements that are submitted or reviewed before the cache is emptied: each fills it with lines.
STEP_BATCH = 50


class ScrmSettlementStatement(models.Model):
    _inherit = "scrm.settlement.statement"

    # === ACTIONS === #

    def action_submit(self):
        for statement in self._step_through():
            statement._action_submit()

    def _step_through(self):
        """Yield the statements one by one, and let go of what is in memory between slices."""
        for count, statements in enumerate(split_every(STEP_BATCH, self.ids, self.browse)):
            if count:
                self.env.invalidate_all()
            yield from statements

    def action_review(self):
        """Approve; what comes to zero is settled by it, as there is nothing to bill."""
        for statement in self._step_through():
            statement._move_along(
                "review" if statement._needs_document() else "settle",
                reviewer_id=self.env.uid,
                reviewed_at=fields.Datetime.now(),
            )

    def action_cancel(self):
        for statement in self:
            statement._move_along("cancel")

    def action_reopen(self):
        """Settle the lines of a reversed statement again, by the period's next revision."""
        self.ensure_one()
        if not self.env.user.has_group(PREPARER):
            raise AccessError(self.env._("Settlements are prepared by preparers."))
        successor = self._reopen()
        return {
            "type": "ir.actions.act_window",
            "res_model": successor._name,
            "res_id": successor.id,
            "views": [(False, "form")],
        }

    def action_open_return(self):
        """Ask the reviewer for the reason, then return the statement to its preparer."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Return Settlement"),
            "res_model": "scrm.settlement.return",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_statement_id": self.id},
        }

    def action_open_lines(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "scrm_settlement.scrm_settlement_line_action"
        )
        action["domain"] = [("statement_id", "=", self.id)]
        action["context"] = {"search_default_group_type": 1}
        return action

    def action_open_document(self):
        """Open the document, where the review takes place; without one the statement itself."""
        self.ensure_one()
        record = self.move_id or self
        return {
            "type": "ir.actions.act_window",
            "res_model": record._name,
            "res_id": record.id,
            "views": [(False, "form")],
        }

    # === STEPS === #

    def _action_submit(self):
        """Make the draft document and hand the statement to finance."""
        self.ensure_one()
        self._flow_lock()
        self._check_may_submit()
        self._update_totals()
        document = self._create_document()
        [content_hash] = self._get_content_hashes().values()
        self._move_along(
            "submit",
            user_id=(self.user_id or self.env.user).id,
            submitter_id=self.env.uid,
            submitted_at=fields.Datetime.now(),
            move_id=document.id,
            content_hash=content_hash,
            return_reason=False,
        )
        self.sudo()._check_document_agrees()  # sudo: reads the document just made

    def _action_return(self, reason):
        """Give the statement back to its preparer; its draft document goes away."""
        self.ensure_one()
        document = self.move_id
        self._move_along(
            "return",
            note=reason,
            return_reason=reason,
            submitter_id=False,
            submitted_at=False,
            reviewer_id=False,
            reviewed_at=False,
            content_hash=False,
            move_id=False,
        )
        document._scrm_drop_settlement_document()

    def _reopen(self):
        """Make the next revision of a reversed statement's period and hand it the lines."""
        self.ensure_one()
        self._flow_lock()
        if self.state != "reversed" or not self.line_ids:
            raise UserError(
                self.env._(
                    "%s has no lines to settle again: only those of a reversed document are.",
                    self.name,
                )
            )
        key = (self.partner_id.id, self.document_mode, self.currency_id.id)
        revisions = self._get_next_revisions(self.company_id, self.date_from, self.date_to, [key])
        successor = self.create(
            {
                "company_id": self.company_id.id,
                "partner_id": self.partner_id.id,
                "document_mode": self.document_mode,
                "currency_id": self.currency_id.id,
                "identity_id": self.identity_id.id,
                "date_from": self.date_from,
                "date_to": self.date_to,
                "revision": revisions[key],
                "origin_statement_id": self.id,
            }
        )
        self.line_ids.flush_recordset()
        # Written, so that who undoes the reversal at the same time fails and sees the successor
        self.env.cr.execute(
            SQL(
                "UPDATE scrm_settlement_statement SET write_date = write_date WHERE id = %s",
                self.id,
            )
        )
        self.env.cr.execute(
            SQL(
                "UPDATE scrm_settlement_line SET statement_id = %s, write_uid = %s, "
                "write_date = now() AT TIME ZONE 'UTC' WHERE statement_id = %s AND company_id = %s",
                successor.id,
                self.env.uid,
                self.id,
                self.company_id.id,
            )
        )
        self._forget_lines()
        successor._update_totals()
        return successor

    # === FLOW === #

    def _flow_check(self, transition, vals):
        result = super()._flow_check(transition, vals)
        if transition.key == "submit":
            self._check_may_submit()
        elif transition.key == "return" and not (vals.get("return_reason") or "").strip():
            raise UserError(self.env._("Say why the settlement is returned."))
        elif transition.key in ("review", "settle"):
            self._check_may_review(vals["reviewer_id"])
            self._check_content()
            self._check_document_agrees()
        return result

    def _get_submit_obstacles(self):
        """Return what stands against submission, as parts of a sentence; empty: nothing does."""
        self.ensure_one()
        obstacles = []
        if not self.line_ids:
            obstacles.append(self.env._("it has no lines"))
        unpriced = self.env["scrm.settlement.line"].search_count(
            [
                ("company_id", "=", self.company_id.id),
                ("partner_id", "=", self.partner_id.id),
                ("state", "=", "no_price"),
                ("date", ">=", self.date_from),
                ("date", "<=", self.date_to),
            ]
        )
        if unpriced:
            obstacles.append(
                self.env._(
                    "%(count)s lines of this dealer and period have no price: complete the rules "
                    "and use “Find prices” in the journal",
                    count=unpriced,
                )
            )
        doubtful = self._get_open_exceptions().filtered(
            lambda exception: exception.reason in ("undone", "changed")
        )
        if doubtful:
            obstacles.append(
                self.env._(
                    "what %(count)s of its lines were made from says something else now "
                    "(%(names)s): decide in the list of exceptions",
                    count=len(doubtful.origin_line_id),
                    names=", ".join(doubtful[:3].mapped("name")),
                )
            )
        if not self.currency_id._scrm_has_rate(self.company_id):
            obstacles.append(
                self.env._(
                    "%(currency)s has no exchange rate: enter one under Currencies",
                    currency=self.currency_id.name,
                )
            )
        return obstacles

    def _check_may_submit(self):
        for statement in self:
            obstacles = statement._get_submit_obstacles()
            if obstacles:
                raise UserError(
                    self.env._(
                        "%(statement)s cannot be submitted: %(reasons)s.",
                        statement=statement.name,
                        reasons="; ".join(obstacles),
                    )
                )

    def _check_may_review(self, reviewer_id):
        # The database refuses it too; here it becomes a sentence with the person's name.
        if reviewer_id in (self.submitter_id.id, self.create_uid.id):
            raise UserError(
                self.env._(
                    "%(user)s prepared or submitted %(statement)s and cannot review it as well. "
                    "Ask another reviewer.",
                    user=self.env["res.users"].browse(reviewer_id).name,
                    statement=self.name,
                )
            )

    def _flow_prepare_interaction_vals(self, transition):
        if transition.key in ("unpay", "unpost", "unreverse"):
            return None
        if not self.identity_id:
            return None
        kind = {"invoice": "invoice", "pay": "payment"}.get(transition.key, "note")
        return {
            "identity_id": self.identity_id.id,
            "kind": kind,
            "summary": self.env._(
                "Settlement %(name)s (%(period)s): %(status)s",
                name=self.name,
                period=self._get_period_label(),
                status=self._flow_get_label(transition.target),
            ),
            "record": self,
            "company_id": self.company_id.id,
            # A statement may be submitted again after a return: each step is told.
            "dedupe_key": self._notice_get_key(transition.key),
        }

    def _flow_after(self, transition):
        if transition.key == "cancel":
            self._release_lines()
        return super()._flow_after(transition)

    def _notice_get_responsible(self):
        """Return who prepares it and who reviewed it; nobody is told of their own step."""
        return (super()._notice_get_responsible() | self.reviewer_id) - self.env.user

    def _get_period_label(self):
        return self._format_period(self.date_from, self.date_to)

    def _format_period(self, first, last):
        return f"{format_date(self.env, first)} – {format_date(self.env, last)}"
