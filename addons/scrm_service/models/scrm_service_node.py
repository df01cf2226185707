from odoo import api, fields, models
from odoo.exceptions import ValidationError

KIND_TO_STATE = {
    "start": "new",
    "work": "open",
    "wait_customer": "waiting",
    "wait_internal": "waiting",
    "done": "done",
    "cancel": "cancel",
}
END_KINDS = ("done", "cancel")


class ScrmServiceNode(models.Model):
    """A place where a ticket can stand; meaning comes from the kind, never from the order."""

    _name = "scrm.service.node"
    _description = "Service Node"
    _inherit = ["scrm.service.structure.mixin", "scrm.system.mixin"]
    _order = "template_id, sequence, id"
    _structure_fields = frozenset({"template_id", "kind", "code"})

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True)
    sequence = fields.Integer(default=10)
    kind = fields.Selection(
        selection=[
            ("start", "Start"),
            ("work", "Work"),
            ("wait_customer", "Waiting for the customer"),
            ("wait_internal", "Waiting for us"),
            ("done", "Done"),
            ("cancel", "Cancelled"),
        ],
        default="work",
        required=True,
    )
    fold = fields.Boolean(compute="_compute_fold", store=True, help="Folded in the kanban.")
    customer_label = fields.Char(
        string="Shown to the Customer",
        translate=True,
        help="What the portal shows while the ticket stands here. Empty: the node stays hidden.",
    )
    required_field_ids = fields.Many2many(
        comodel_name="ir.model.fields",
        string="Required Fields",
        domain=[("model", "=", "scrm.service.ticket"), ("store", "=", True)],
        help="What must be filled in before a ticket may enter this node.",
    )
    required_properties = fields.Char(
        string="Required Own Fields",
        help="Labels of the template's own fields that must be filled in, separated by commas.",
    )

    _code_uniq = models.UniqueIndex(
        "(template_id, code)", "Two nodes of a template have the same code."
    )

    @api.depends("kind")
    def _compute_fold(self):
        for node in self:
            node.fold = node.kind in END_KINDS

    @api.constrains("required_properties", "template_id")
    def _check_required_properties(self):
        for node in self:
            definitions = node.template_id.field_definition or []
            known = {key for item in definitions for key in (item["name"], item.get("string"))}
            unknown = [label for label in node._get_required_labels() if label not in known]
            if unknown:
                raise ValidationError(
                    self.env._(
                        "The template %(template)s has no own field called %(labels)s.",
                        template=node.template_id.name,
                        labels=", ".join(unknown),
                    )
                )

    def _get_required_labels(self):
        """Return the labels (or technical names) of the required own fields."""
        self.ensure_one()
        labels = (self.required_properties or "").replace("，", ",").split(",")
        return [label.strip() for label in labels if label.strip()]
