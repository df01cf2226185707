from odoo import fields, models


class ScrmNoticeMixin(models.AbstractModel):
    _inherit = "scrm.notice.mixin"

    def _notice_get_audience_uploader(self, rule):
        """Return the contact who uploaded the record's file (``res.partner``, maybe empty)."""
        return self.env["res.partner"]


class ScrmNoticeRule(models.Model):
    _inherit = "scrm.notice.rule"

    audience = fields.Selection(
        selection_add=[("uploader", "Who uploaded the file")],
        ondelete={"uploader": "cascade"},
    )
