from odoo import api, fields, models
from odoo.exceptions import UserError


class ScrmErasureConfirm(models.TransientModel):
    """What an erasure will do, shown before it is done, and the word that does it."""

    _name = "scrm.erasure.confirm"
    _description = "Confirm an Erasure"

    request_id = fields.Many2one("scrm.privacy.request", required=True, readonly=True)
    customer_id = fields.Many2one(related="request_id.customer_id")
    preview = fields.Text("What Will Be Emptied", compute="_compute_preview")
    barriers = fields.Text("To Be Finished First", compute="_compute_preview")
    open_business = fields.Text("Still Open", compute="_compute_preview")
    kept = fields.Text("What Stays, and Why", compute="_compute_preview")
    word = fields.Char("Type the number of the request to erase")
    expected = fields.Char(compute="_compute_expected")

    @api.depends("request_id")
    def _compute_expected(self):
        for confirm in self:
            confirm.expected = str(confirm.request_id.id)

    @api.depends("request_id")
    def _compute_preview(self):
        for confirm in self:
            confirm.request_id._check_officer("erasure")
            result = self.env["scrm.privacy"]._preview_erasure(confirm.customer_id)
            confirm.preview = "\n".join(
                self.env._(
                    "%(label)s: %(own)s of the person, %(mentions)s that mention them",
                    label=label,
                    own=own,
                    mentions=mentions,
                )
                if mentions
                else self.env._("%(label)s: %(own)s of the person", label=label, own=own)
                for _model, label, own, mentions in result["tables"]
            )
            for name, is_barrier in (("barriers", True), ("open_business", False)):
                confirm[name] = "\n".join(
                    found.sentence for found in result["open"] if found.is_barrier == is_barrier
                )
            confirm.kept = "\n".join(result["kept"])

    def action_confirm(self):
        """Erase the person. It cannot be undone."""
        self.ensure_one()
        if (self.word or "").strip() != self.expected:
            raise UserError(self.env._("Type the number %s to confirm the erasure.", self.expected))
        self.request_id._erase()
        return {"type": "ir.actions.act_window_close"}
