from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools.translate import LazyTranslate

from odoo.addons.scrm_base.tools.flow import Transition

from ..tools.graph import Problem, check_flow

_lt = LazyTranslate(__name__)

PROBLEM_SENTENCES = {
    Problem.NO_START: _lt("There is no start node: give one node the kind Start."),
    Problem.SEVERAL_STARTS: _lt("Only one node may be the start, but these are: %(nodes)s."),
    Problem.NO_DONE: _lt("There is no node of the kind Done, so no ticket could ever be closed."),
    Problem.UNREACHABLE: _lt("No transitions lead from the start to: %(nodes)s."),
    Problem.DEAD_END: _lt("No transitions lead to a Done node from: %(nodes)s."),
    Problem.LEAVES_END: _lt("A transition leaves an end of the flow: %(nodes)s."),
    Problem.FOREIGN: _lt("A transition joins nodes of another template."),
}


class ScrmServiceTemplate(models.Model):
    """A kind of service and the way it takes; nothing in core keeps a flow as data."""

    _name = "scrm.service.template"
    _description = "Service Template"
    _inherit = ["scrm.system.mixin", "scrm.flow.mixin"]
    _order = "sequence, id"
    _check_company_auto = True
    _flow_transitions = (
        Transition("activate", ("draft", "retired"), "active", "Put in Use"),
        Transition("draft", ("active", "retired"), "draft", "Back to Draft"),
        Transition("retire", "active", "retired", "Retire"),
    )

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    state = fields.Selection(
        selection=[("draft", "Draft"), ("active", "In use"), ("retired", "Retired")],
        default="draft",
        required=True,
        readonly=True,
        copy=False,
        help="New tickets take a template in use. Its nodes and transitions change in draft only.",
    )
    phase = fields.Selection(
        selection=[
            ("presale", "Before sale"),
            ("insale", "During sale"),
            ("aftersale", "After sale"),
        ],
        default="aftersale",
        required=True,
    )
    company_id = fields.Many2one(
        comodel_name="res.company",
        index=True,
        help="Leave empty to share the template between all companies.",
    )
    team_id = fields.Many2one(
        comodel_name="scrm.service.team",
        string="Default Team",
        check_company=True,
    )
    description = fields.Text(
        translate=True,
        help="What the customer reads when choosing this service on the portal.",
    )
    allow_portal = fields.Boolean(
        string="On the Portal",
        help="Customers may open tickets of this template themselves.",
    )
    node_ids = fields.One2many("scrm.service.node", "template_id", string="Nodes")
    transition_ids = fields.One2many("scrm.service.transition", "template_id", string="Transitions")
    start_node_id = fields.Many2one(
        comodel_name="scrm.service.node",
        compute="_compute_start_node_id",
        store=True,
    )
    field_definition = fields.PropertiesDefinition(string="Own Fields")
    ticket_count = fields.Integer(string="Open Tickets", compute="_compute_ticket_count")

    _code_uniq = models.UniqueIndex(
        "(code, COALESCE(company_id, 0))",
        "Another template of this company has the same code.",
    )

    @api.depends("node_ids.kind")
    def _compute_start_node_id(self):
        for template in self:
            starts = template.node_ids.filtered(lambda node: node.kind == "start")
            template.start_node_id = starts[:1]

    def _compute_ticket_count(self):
        counts = dict(
            self.env["scrm.service.ticket"]._read_group(
                [("template_id", "in", self.ids), ("is_closed", "=", False)],
                ["template_id"],
                ["__count"],
            )
        )
        for template in self:
            template.ticket_count = counts.get(template, 0)

    def copy_data(self, default=None):
        return [
            dict(
                vals,
                name=self.env._("%(name)s (copy)", name=template.name),
                code=f"{template.code}_copy",
            )
            for template, vals in zip(self, super().copy_data(default=default), strict=True)
        ]

    def copy(self, default=None):
        """Copy nodes and transitions too: the transitions must point at the new nodes."""
        copies = super().copy(default)
        for template, new in zip(self, copies, strict=True):
            node_map = {
                node: node.copy({"template_id": new.id, "code": node.code})
                for node in template.node_ids
            }
            for transition in template.transition_ids:
                transition.copy(
                    {
                        "template_id": new.id,
                        "from_node_id": node_map[transition.from_node_id].id,
                        "to_node_id": node_map[transition.to_node_id].id,
                    }
                )
        return copies

    def action_activate(self):
        """Put templates in use once their flow holds."""
        self._move_along("activate")
        return True

    def action_draft(self):
        """Open the structure for changes; no new ticket takes the template meanwhile."""
        self._move_along("draft")
        return True

    def action_retire(self):
        """Take the template out of use; open tickets go on along it."""
        self._move_along("retire")
        return True

    def _flow_check(self, transition, vals):
        if transition.key == "activate":
            self._check_flow_holds()
        return super()._flow_check(transition, vals)

    def _check_flow_holds(self):
        """Raise a ValidationError that names everything that is wrong with the flow."""
        self.ensure_one()
        nodes = self.node_ids.sorted("sequence")
        findings = check_flow(
            {node.id: node.kind for node in nodes},
            [(arrow.from_node_id.id, arrow.to_node_id.id) for arrow in self.transition_ids],
        )
        if findings:
            texts = [self.env._(PROBLEM_SENTENCES[finding.problem]) for finding in findings]
            sentences = [
                sentence % {"nodes": ", ".join(nodes.browse(finding.nodes).mapped("name"))}
                for finding, sentence in zip(findings, texts, strict=True)
            ]
            raise ValidationError(
                self.env._(
                    "The template %(name)s cannot be put in use:\n%(problems)s",
                    name=self.name,
                    problems="\n".join(sentences),
                )
            )

    def _check_structure_open(self):
        """Refuse to change the structure of templates that are not drafts."""
        locked = self.filtered(lambda template: template.state != "draft")
        if locked:
            raise UserError(
                self.env._(
                    "%(names)s: set it back to draft first, then change its nodes and transitions.",
                    names=", ".join(locked.mapped("name")),
                )
            )

    def action_open_tickets(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "scrm_service.scrm_service_ticket_action"
        )
        action["domain"] = [("template_id", "=", self.id)]
        action["context"] = {"default_template_id": self.id, "search_default_open": 1}
        return action
