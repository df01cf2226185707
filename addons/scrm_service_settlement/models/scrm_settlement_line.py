from odoo import models


class ScrmSettlementLine(models.Model):
    _inherit = "scrm.settlement.line"

    def _get_source_document(self):
        """Parts and labour are known by their ticket."""
        source = super()._get_source_document()
        if source._name in ("scrm.service.part", "scrm.service.labour"):
            # sudo: which ticket it is; opening it asks for the reader's own rights
            return source.sudo().ticket_id.sudo(False)
        return source
