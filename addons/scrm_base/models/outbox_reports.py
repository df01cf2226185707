from odoo import models

from .outbox_media import MAIL_REFUSALS


class ScrmOutbox(models.Model):
    """What core learns of a mail or an SMS after the outbox has handed it over.

    Each report may come twice and late: it changes a row only when it tells something new, and
    never one that is being sent at this moment, whose attempt writes down what came of it.
    """

    _inherit = "scrm.outbox"

    def _hear_sent(self):
        """Core has sent it after all."""
        for row in self.filtered(lambda row: row.state in ("unknown", "failed", "dead")):
            row._mark_sent()

    def _hear_failed(self, error, reason="refused"):
        """Core has not got it through: the rule's next medium is tried."""
        for row in self.filtered(lambda row: row.state in ("sent", "unknown")):
            row._give_up("failed", reason, error)

    def _hear_mail(self, failure_type, failure_reason):
        """Take over what core's mail queue says of a mail that it had kept."""
        if not failure_type:
            self._hear_sent()
            return
        error = self._explain_mail_failure(failure_type, failure_reason)
        if failure_type in MAIL_REFUSALS:
            self._hear_failed(error)
        else:
            for row in self.filtered(lambda row: row.state == "sent"):
                row._put_off(error)

    def _hear_bounce(self, references):
        """E-mails came back.

        :param references: the message ids that the returned mail names
        """
        if references:
            self.search(
                [("medium", "=", "email"), ("external_ref", "in", list(references))]
            )._hear_failed(
                self.env._(
                    "The e-mail came back as undeliverable. Check the address, then send it again."
                ),
                "bounced",
            )

    def _follow_up(self):
        """Let core's SMS gateway find the row when it reports on its delivery."""
        result = super()._follow_up()
        trackers = self.env["sms.tracker"]
        for row in self.filtered(lambda row: row.medium == "sms" and row.external_ref):
            if not trackers.search_count([("sms_uuid", "=", row.external_ref)], limit=1):
                trackers.create({"sms_uuid": row.external_ref})
        return result
