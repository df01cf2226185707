from odoo import fields, models

# How what a tier prices is documented; all but the customer invoice are owed by us.
DOCUMENT_MODES = [
    ("vendor_bill", "Vendor bill"),
    ("customer_credit_note", "Customer credit note"),
    ("customer_invoice", "Customer invoice"),
]
# What kind of deliveries the rules of a tier price.
SCOPES = [
    ("service", "Service: parts, labour, claims"),
    ("shipment", "Shipments"),
    ("commission", "Commissions and rebates"),
]


class ScrmSettlementTier(models.Model):
    """A settlement level of the trade (standard, preferential, custom): a folder of rules.

    Its kind is what people call it; which rule wins is decided by the rules' specificity alone.
    """

    _name = "scrm.settlement.tier"
    _description = "Settlement Tier"
    _order = "rank, id"

    name = fields.Char(required=True, translate=True)
    kind = fields.Selection(
        selection=[
            ("standard", "Standard"),
            ("preferential", "Preferential"),
            ("custom", "Custom"),
        ],
        required=True,
        default="standard",
    )
    document_mode = fields.Selection(
        selection=DOCUMENT_MODES,
        string="Settled by",
        required=True,
        default="vendor_bill",
        help="What a statement of this tier becomes in Invoicing: we pay the dealer by vendor "
        "bill or credit his account as a customer, or we invoice him. A negative statement "
        "becomes the opposite document.",
    )
    scope = fields.Selection(
        selection=SCOPES,
        required=True,
        default="service",
        help="The rules of the tier price what dealers earn by service, by shipping our goods or "
        "by selling them, and nothing else.",
    )
    rank = fields.Integer(default=10, help="Order in lists.")
    active = fields.Boolean(default=True)
    description = fields.Text(
        translate=True, help="For whom this tier is, in the words of the contract."
    )
    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )
    rule_ids = fields.One2many(
        comodel_name="scrm.settlement.rule", inverse_name="tier_id", string="Rules"
    )
