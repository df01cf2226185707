from odoo import api, fields, models

#: How a person is reached; "any" stands for all of them. Addons with channels of their own extend.
CHANNELS = [
    ("any", "Any channel"),
    ("phone", "Phone call"),
    ("sms", "SMS"),
    ("email", "E-mail"),
    ("wechat", "WeChat"),
]
LEGAL_BASES = [
    ("consent", "Consent"),
    ("contract", "Contract"),
    ("duty", "Legal duty"),
    ("interest", "Legitimate interest"),
]


class ScrmConsentPurpose(models.Model):
    """What a company wants to do with a person's data, and whether they must be asked first.

    Core knows who is not mailed, not for which purpose somebody was asked and what they said.
    """

    _name = "scrm.consent.purpose"
    _description = "Purpose of Consent"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True, help="By this, addons know the purpose.")
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    needs_consent = fields.Boolean(
        default=True,
        help="Off: allowed unless the person objects, as service to an order that they placed.",
    )
    uses_blacklist = fields.Boolean(
        string="Heeds the Blacklists",
        help="An address on Odoo's e-mail or phone blacklist counts as withdrawn for this purpose.",
    )
    legal_basis = fields.Selection(selection=LEGAL_BASES, required=True, default="consent")
    text = fields.Text(translate=True, help="What the person is asked, in plain words.")
    text_version = fields.Char(
        string="Version of the Text",
        required=True,
        default="1",
        help="Change it with the text: who agreed to an older one can then be asked again.",
    )
    is_on_portal = fields.Boolean(
        string="On the Portal", default=True, help="The customer sees and changes it there."
    )

    _code_uniq = models.Constraint("UNIQUE (code)", "A purpose with this code exists already.")

    @api.model
    def _get_by_code(self, code):
        """Return the purpose of a code, or none."""
        # sudo: what a purpose is called is no secret, whoever asks whether it is allowed.
        purposes = self.sudo().with_context(active_test=False)
        return purposes.search([("code", "=", code)], limit=1).sudo(False)

    @api.model
    def _get_default(self):
        """Return the purpose of what nobody gave another one: service."""
        return self.env.ref("scrm_base.consent_purpose_service", raise_if_not_found=False) or self
