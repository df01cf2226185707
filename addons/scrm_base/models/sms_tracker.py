from odoo import models


class SmsTracker(models.Model):
    _inherit = "sms.tracker"

    def _scrm_get_rows(self):
        # sudo: the gateway's report has no right to write notices
        return (
            self.env["scrm.outbox"]
            .sudo()
            .search([("medium", "=", "sms"), ("external_ref", "in", self.mapped("sms_uuid"))])
        )

    def _action_update_from_sms_state(self, sms_state, failure_type=False, failure_reason=False):
        result = super()._action_update_from_sms_state(
            sms_state, failure_type=failure_type, failure_reason=failure_reason
        )
        if sms_state in ("pending", "sent"):
            self._scrm_get_rows()._hear_sent()
        elif sms_state in ("error", "canceled"):
            rows = self._scrm_get_rows()
            rows._hear_failed(failure_reason or rows._explain_sms_failure(failure_type))
        return result

    def _action_update_from_provider_error(self, provider_error):
        result = super()._action_update_from_provider_error(provider_error)
        status, failure_type, failure_reason = result
        rows = self._scrm_get_rows()
        rows._hear_failed(
            failure_reason or rows._explain_sms_failure(failure_type),
            "bounced" if status == "bounce" else "refused",
        )
        return result
