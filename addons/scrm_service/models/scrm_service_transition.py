from odoo import api, fields, models
from odoo.exceptions import ValidationError


class ScrmServiceTransition(models.Model):
    """A step that a ticket may take; its code is the event that notices listen to."""

    _name = "scrm.service.transition"
    _description = "Service Transition"
    _inherit = ["scrm.service.structure.mixin", "scrm.system.mixin"]
    _order = "template_id, sequence, id"
    _structure_fields = frozenset({"template_id", "from_node_id", "to_node_id", "code"})

    from_node_id = fields.Many2one(
        comodel_name="scrm.service.node",
        string="From",
        required=True,
        index=True,
        ondelete="cascade",
        domain="[('template_id', '=', template_id)]",
    )
    to_node_id = fields.Many2one(
        comodel_name="scrm.service.node",
        string="To",
        required=True,
        index=True,
        ondelete="cascade",
        domain="[('template_id', '=', template_id)]",
    )
    name = fields.Char(string="Button", required=True, translate=True)
    code = fields.Char(
        required=True,
        help="The event that notice rules listen to, for example: dispatch.",
    )
    sequence = fields.Integer(default=10)
    group_id = fields.Many2one(
        comodel_name="res.groups",
        string="Only For",
        help="The group that may take this step. Empty: whoever may edit the ticket.",
    )
    require_note = fields.Boolean(string="Ask Why", help="The step needs a note.")

    _code_uniq = models.UniqueIndex(
        "(from_node_id, code)", "Two transitions that leave the same node have the same code."
    )
    _target_uniq = models.UniqueIndex(
        "(from_node_id, to_node_id)", "There is already a transition between these two nodes."
    )
    _moves = models.Constraint(
        "CHECK (from_node_id <> to_node_id)", "A transition must lead to another node."
    )

    @api.constrains("template_id", "from_node_id", "to_node_id")
    def _check_template(self):
        for transition in self:
            nodes = transition.from_node_id | transition.to_node_id
            if nodes.template_id != transition.template_id:
                raise ValidationError(
                    self.env._(
                        "The transition %(name)s joins nodes of another template.",
                        name=transition.name,
                    )
                )
