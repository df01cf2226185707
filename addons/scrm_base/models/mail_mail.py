from odoo import fields, models


class MailMail(models.Model):
    _inherit = "mail.mail"

    scrm_outbox_id = fields.Many2one(
        "scrm.outbox", "Notice", readonly=True, index="btree_not_null", ondelete="set null"
    )

    def write(self, vals):
        """A mail that a person cancels in core's queue does not reach anybody."""
        result = super().write(vals)
        if vals.get("state") == "cancel":
            rows = self.sudo().scrm_outbox_id
            rows._hear_failed(rows.env._("The e-mail was cancelled before it was sent."))
        return result

    def _postprocess_sent_message(
        self, success_pids, success_emails, failure_reason=False, failure_type=None
    ):
        # Here and not in write(): while it sends, core writes a failure that is none.
        # sudo: nobody has the right to write notices
        rows = self.sudo().scrm_outbox_id
        if rows:
            rows._hear_mail(failure_type, failure_reason)
        return super()._postprocess_sent_message(
            success_pids, success_emails, failure_reason=failure_reason, failure_type=failure_type
        )
