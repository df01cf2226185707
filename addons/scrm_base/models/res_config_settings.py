from odoo import fields, models

from .identity_block import DEFAULT_HOTLINE_LIMIT, HOTLINE_LIMIT_KEY
from .resolution_rule import CLUSTER_LIMIT_KEY, DEFAULT_CLUSTER_LIMIT


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    scrm_cluster_limit = fields.Integer(
        "Handles of One Customer",
        config_parameter=CLUSTER_LIMIT_KEY,
        default=DEFAULT_CLUSTER_LIMIT,
    )
    scrm_hotline_limit = fields.Integer(
        "Customers of One Number",
        config_parameter=HOTLINE_LIMIT_KEY,
        default=DEFAULT_HOTLINE_LIMIT,
    )
    scrm_late_notice_count = fields.Integer(
        "Late Notices",
        compute="_compute_scrm_late_notice_count",
        help="Notices that have been due for more than ten minutes.",
    )

    def _compute_scrm_late_notice_count(self):
        # sudo: the settings are for administrators, who need not be operators of Social CRM
        count = self.env["scrm.outbox"].sudo().search_count([("is_late", "=", True)])
        for settings in self:
            settings.scrm_late_notice_count = count

    def action_scrm_open_late_notices(self):
        """Open the notices that wait for a job runner."""
        action = self.env["ir.actions.act_window"]._for_xml_id("scrm_base.scrm_outbox_action")
        action["context"] = {"search_default_late": 1}
        return action
