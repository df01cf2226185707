from odoo import api, models


class MailThread(models.AbstractModel):
    _inherit = "mail.thread"

    @api.model
    def _routing_handle_bounce(self, email_message, message_dict):
        result = super()._routing_handle_bounce(email_message, message_dict)
        # sudo: the mail gateway has no right to write notices
        self.env["scrm.outbox"].sudo()._hear_bounce(message_dict.get("bounced_msg_ids"))
        return result
