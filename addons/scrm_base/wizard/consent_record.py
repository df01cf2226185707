from odoo import api, fields, models

from ..models.consent_purpose import LEGAL_BASES


class ScrmConsentRecord(models.TransientModel):
    """What a customer said about the use of their data, as somebody heard or read it."""

    _name = "scrm.consent.record"
    _description = "Record a Consent"

    customer_id = fields.Many2one("scrm.customer", required=True, readonly=True)
    purpose_id = fields.Many2one(
        "scrm.consent.purpose", required=True, default=lambda self: self._default_purpose_id()
    )
    text = fields.Text(related="purpose_id.text")
    said = fields.Selection(
        [("given", "Allows it"), ("withdrawn", "Does not allow it")], required=True, default="given"
    )
    on_any = fields.Boolean("Any Channel", default=True)
    on_phone = fields.Boolean("Phone call")
    on_sms = fields.Boolean("SMS")
    on_email = fields.Boolean("E-mail")
    on_wechat = fields.Boolean("WeChat")
    legal_basis = fields.Selection(
        LEGAL_BASES, compute="_compute_legal_basis", store=True, readonly=False
    )
    occurred_at = fields.Datetime("Said On", required=True, default=fields.Datetime.now)
    proof = fields.Selection(
        selection=lambda self: (
            self.env["scrm.consent"]._fields["proof"]._description_selection(self.env)
        ),
        required=True,
        default="call",
    )
    note = fields.Text(help="Who said it to whom, in which words.")
    reference = fields.Char()
    document = fields.Binary("Scan or Recording")
    document_name = fields.Char()

    @api.model
    def _default_purpose_id(self):
        return self.env["scrm.consent.purpose"].search([("needs_consent", "=", True)], limit=1)

    @api.depends("purpose_id")
    def _compute_legal_basis(self):
        for record in self:
            record.legal_basis = record.purpose_id.legal_basis

    def _get_channels(self):
        """Return the channels that are ticked, "any" when none is."""
        if self.on_any:
            return ["any"]
        named = [
            name.removeprefix("on_")
            for name in self._fields
            if name.startswith("on_") and name != "on_any" and self[name]
        ]
        return named or ["any"]

    def action_record(self):
        """Write it down, a row for each channel."""
        self.ensure_one()
        Consent = self.env["scrm.consent"]
        Consent._check_recorder()
        self.customer_id.check_access("read")
        identity = self.customer_id._get_first_identity()
        say = Consent._give if self.said == "given" else Consent._withdraw
        facts = {
            "occurred_at": self.occurred_at,
            "proof": self.proof,
            "note": self.note,
            "reference": self.reference,
            "legal_basis": self.legal_basis,
            "attachment_id": self._create_attachment().id,
        }
        rows = Consent.browse()
        for channel in self._get_channels():
            rows |= say(identity, self.purpose_id, channel, **facts)
        close = {"type": "ir.actions.act_window_close"}
        if not rows:
            return self._tell_nothing_new(close)
        # sudo: the document belongs to the consent, whose recorder was checked above.
        rows.sudo().attachment_id.res_id = rows[0].id
        return close

    def _create_attachment(self):
        """Return the document as an attachment, of no consent yet, or none."""
        Attachment = self.env["ir.attachment"].sudo()  # sudo: see action_record
        if not self.document:
            return Attachment
        return Attachment.create(
            {
                "name": self.document_name or self.env._("Proof of consent"),
                "datas": self.document,
                "res_model": "scrm.consent",
            }
        )

    def _tell_nothing_new(self, following):
        """Return the action that says that the same is on record already."""
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning",
                "message": self.env._(
                    "Nothing was recorded: the customer said the same before, to the same version"
                    " of the text. Add a note, a reference or a document if there is new proof."
                ),
                "next": following,
            },
        }
