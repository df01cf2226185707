from odoo import models


class NoticesToCome:
    """What several moves have to tell, kept until all are made; no RPC can make an instance."""

    def __init__(self):
        self.records = {}  # {event: {record: its entry in the log}}

    def add(self, record, event):
        occurrence = record.env.context.get("scrm_flow_occurrence")
        self.records.setdefault(event, {})[record.id] = occurrence


class ScrmNoticeRule(models.Model):
    _inherit = "scrm.notice.rule"

    def _raise_event(self, records, event):
        """Keep the notices of a move that is one of many: their texts are made together."""
        to_come = self.env.context.get("_scrm_notices_to_come")
        if not isinstance(to_come, NoticesToCome):
            return super()._raise_event(records, event)
        for record in records:
            to_come.add(record, event)
        return self.env["scrm.outbox"]
