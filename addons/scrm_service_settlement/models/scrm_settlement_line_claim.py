from odoo import api, models
from odoo.tools import SQL

_NAMES = """
SELECT work.id, ARRAY[ticket.number], ARRAY[ticket.number, ticket.serial, equipment.serial]
  FROM %s work
  JOIN scrm_service_ticket ticket ON ticket.id = work.ticket_id
  LEFT JOIN scrm_equipment equipment ON equipment.id = ticket.equipment_id
"""


class ScrmSettlementLine(models.Model):
    # One concern a file.
    _inherit = "scrm.settlement.line"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    def _get_claim_queries(self):
        """Dealers know parts and labour by the ticket, or by the serial number of the machine."""
        return {
            **super()._get_claim_queries(),
            **{
                f"scrm.service.{work}": SQL(_NAMES, SQL.identifier(f"scrm_service_{work}"))
                for work in ("part", "labour")
            },
        }

    @api.model
    def _get_document_numbers(self):
        return {
            **super()._get_document_numbers(),
            "scrm.service.ticket": ("site_id.partner_id", ("number",)),
        }
