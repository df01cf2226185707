import uuid

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from .scrm_service_node import KIND_TO_STATE

STATES = [
    ("new", "New"),
    ("open", "In progress"),
    ("waiting", "Waiting"),
    ("done", "Done"),
    ("cancel", "Cancelled"),
]
CLOSED_STATES = ("done", "cancel")


class ScrmServiceTicket(models.Model):
    """A request for service on its way through the nodes of its template."""

    _name = "scrm.service.ticket"
    _description = "Service Ticket"
    _inherit = [
        "scrm.system.mixin",
        "scrm.flow.mixin",
        "scrm.service.customer.mixin",
        "rating.mixin",
        "mail.thread",
        "mail.activity.mixin",
        "portal.mixin",
    ]
    _order = "priority desc, id desc"
    _rec_names_search = ["number", "name"]
    _system_fields = frozenset({"number", "closed_at"})
    _check_company_auto = True
    _flow_field = "node_id"

    number = fields.Char(readonly=True, copy=False, default="/", index="trigram")
    name = fields.Char(string="Subject", required=True, tracking=True)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        default=lambda self: self.env.company,
        index=True,
    )
    template_id = fields.Many2one(
        comodel_name="scrm.service.template",
        required=True,
        index=True,
        ondelete="restrict",
        check_company=True,
        domain=[("state", "=", "active")],
        default=lambda self: self._default_template_id(),
    )
    phase = fields.Selection(related="template_id.phase", store=True)
    node_id = fields.Many2one(
        comodel_name="scrm.service.node",
        index=True,
        copy=False,
        ondelete="restrict",
        domain="[('template_id', '=', template_id)]",
        group_expand="_read_group_node_ids",
        tracking=True,
    )
    state = fields.Selection(
        selection=STATES,
        compute="_compute_state",
        store=True,
        precompute=True,
        index=True,
    )
    is_closed = fields.Boolean(compute="_compute_is_closed", search="_search_is_closed")
    priority = fields.Selection(
        selection=[("0", "Normal"), ("1", "High"), ("2", "Urgent")],
        default="0",
        tracking=True,
    )
    description = fields.Text(string="What Is Wrong")
    resolution = fields.Text(string="Work Done")
    fields_data = fields.Properties(
        string="Own Fields", definition="template_id.field_definition", copy=True
    )
    channel = fields.Selection(
        selection=[
            ("manual", "By hand"),
            ("portal", "Portal"),
            ("wechat", "WeChat"),
            ("phone", "Phone"),
            ("email", "E-mail"),
            ("shop", "Shop"),
        ],
        string="Came In By",
        default="manual",
        required=True,
    )
    team_id = fields.Many2one(
        comodel_name="scrm.service.team",
        check_company=True,
        index="btree_not_null",
        compute="_compute_team_id",
        store=True,
        readonly=False,
    )
    site_id = fields.Many2one(
        comodel_name="scrm.service.site",
        string="Outlet",
        check_company=True,
        index="btree_not_null",
        tracking=True,
    )
    site_user_ids = fields.Many2many(related="site_id.user_ids", string="Outlet's Technicians")
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Technician",
        check_company=True,
        index="btree_not_null",
        domain=[("share", "=", False)],
        tracking=True,
    )
    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Contact",
        check_company=True,
        index="btree_not_null",
        tracking=True,
    )
    equipment_id = fields.Many2one(
        comodel_name="scrm.equipment",
        check_company=True,
        index="btree_not_null",
        domain="['|', ('partner_id', '=', partner_id), ('partner_id', '=', False)]"
        " if partner_id else []",
    )
    serial = fields.Char(
        string="Serial as Told",
        help="The serial number that the customer gave, where no equipment was found by it.",
    )
    product_id = fields.Many2one(related="equipment_id.product_id", string="Product")
    warranty_until = fields.Date(related="equipment_id.warranty_until")
    closed_at = fields.Datetime(string="Closed On", readonly=True, copy=False)
    part_ids = fields.One2many("scrm.service.part", "ticket_id", string="Parts")
    labour_ids = fields.One2many("scrm.service.labour", "ticket_id")
    node_log_ids = fields.One2many("scrm.service.node.log", "ticket_id", string="Way")
    picking_ids = fields.One2many(
        "stock.picking", "scrm_ticket_id", string="Parts Moves", groups="stock.group_stock_user"
    )
    picking_count = fields.Integer(compute="_compute_picking_count", compute_sudo=True)
    move_buttons = fields.Json(string="Next Steps", compute="_compute_move_buttons")
    rating_url = fields.Char(string="Rating Link", compute="_compute_rating_url")
    # core keeps it as a plain float; ours are exact
    rating_last_value = fields.Float(digits=(3, 2))

    _number_uniq = models.UniqueIndex(
        "(company_id, number)", "Another ticket of this company has the same number."
    )
    _open_idx = models.Index(
        "(company_id, node_id, priority) WHERE state IN ('new', 'open', 'waiting')"
    )

    # === DEFAULTS AND COMPUTES === #

    def _default_template_id(self):
        templates = self.env["scrm.service.template"].search(
            [("state", "=", "active"), ("company_id", "in", (False, self.env.company.id))], limit=2
        )
        return templates if len(templates) == 1 else False

    @api.depends("number", "name")
    def _compute_display_name(self):
        for ticket in self:
            number = ticket.number if ticket.number != "/" else ""
            ticket.display_name = " ".join(filter(None, (number, ticket.name)))

    @api.depends("node_id.kind")
    def _compute_state(self):
        for ticket in self:
            ticket.state = KIND_TO_STATE.get(ticket.node_id.kind, "new")

    @api.depends("state")
    def _compute_is_closed(self):
        for ticket in self:
            ticket.is_closed = ticket.state in CLOSED_STATES

    def _search_is_closed(self, operator, value):
        if operator != "in":
            return NotImplemented
        domains = [
            Domain("state", "in" if wanted else "not in", CLOSED_STATES) for wanted in set(value)
        ]
        return Domain.OR(domains)

    @api.depends("template_id")
    def _compute_team_id(self):
        for ticket in self:
            ticket.team_id = ticket.team_id or ticket.template_id.team_id

    def _compute_picking_count(self):
        counts = dict(
            self.env["stock.picking"]._read_group(
                [("scrm_ticket_id", "in", self.ids)], ["scrm_ticket_id"], ["__count"]
            )
        )
        for ticket in self:
            ticket.picking_count = counts.get(ticket, 0)

    def _compute_access_url(self):
        for ticket in self:
            ticket.access_url = f"/my/service/tickets/{ticket.id}"

    @api.depends("rating_ids.consumed")
    def _compute_rating_url(self):
        """The link by which the customer rates; it exists from the moment the ticket is done."""
        for ticket in self:
            # sudo: the token is the customer's; who may read the ticket may pass it on
            rating_sudo = ticket.sudo().rating_ids.filtered(lambda rating: not rating.consumed)[:1]
            ticket.rating_url = (
                f"{ticket.get_base_url()}/rate/{rating_sudo.access_token}/5"
                if rating_sudo and ticket.state == "done"
                else False
            )

    @api.model
    def _read_group_node_ids(self, nodes, domain):
        """Show every node of the templates in view, so that a card can be dropped on any."""
        template_ids = set(nodes.template_id.ids)
        if self.env.context.get("default_template_id"):
            template_ids.add(self.env.context["default_template_id"])
        return nodes.search([("template_id", "in", list(template_ids))])

    # === ONCHANGE AND CRUD === #

    @api.onchange("equipment_id")
    def _onchange_equipment_id(self):
        if self.equipment_id and not self.partner_id:
            self.partner_id = self.equipment_id.partner_id

    @api.onchange("site_id")
    def _onchange_site_id(self):
        if len(self.site_id.user_ids) == 1 and not self.user_id:
            self.user_id = self.site_id.user_ids

    @api.model_create_multi
    def create(self, vals_list):
        prepared = []
        for vals in vals_list:
            vals = {**self.default_get(["template_id"]), **vals}
            # a customer without a login follows the ticket by its link
            vals.setdefault("access_token", str(uuid.uuid4()))
            prepared.append(vals)
        self._check_templates_in_use([vals.get("template_id") for vals in prepared])
        tickets = super().create(prepared)
        tickets._ensure_identity()
        for ticket in tickets:
            ticket.message_subscribe(partner_ids=ticket.partner_id.ids)
            ticket._log_arrival()
        return tickets

    @api.model
    def _add_missing_default_values(self, values):
        """Number the ticket among those of its company, which is known by now."""
        values = super()._add_missing_default_values(values)
        if values["number"] == "/":
            company = self.env["res.company"].browse(values["company_id"])
            values["number"] = self._get_next_number(company)
        return values

    def write(self, vals):
        if "template_id" in vals:
            changed = self.filtered(lambda ticket: ticket.template_id.id != vals["template_id"])
            if changed:
                raise UserError(
                    self.env._(
                        "Ticket %(number)s keeps its template, as it stands on one of its nodes. "
                        "Cancel it and open a new one.",
                        number=changed[0].number,
                    )
                )
        if "site_id" in vals:
            self._check_site_free(vals["site_id"])
        result = super().write(vals)
        if "partner_id" in vals and "identity_id" not in vals:
            self._ensure_identity()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_logged(self):
        if self:
            raise UserError(
                self.env._("A ticket is part of the customer's history: cancel it instead.")
            )

    def web_save(self, vals, specification, next_id=None):
        """Take a card dropped on another kanban column as what it means: a step of the flow."""
        if self and "node_id" in vals:
            vals = dict(vals)
            self.ensure_one()
            self.action_move_to_node(vals.pop("node_id"))
        return super().web_save(vals, specification, next_id=next_id)

    @api.model
    def _get_next_number(self, company):
        # sudo: numbers are drawn for everybody who may open a ticket
        sequence_sudo = self.env["ir.sequence"].sudo().with_company(company)
        number = sequence_sudo.next_by_code("scrm.service.ticket")
        if not number:  # somebody deleted the company's sequence
            company._scrm_service_make_sequence()
            number = sequence_sudo.next_by_code("scrm.service.ticket")
        return number

    @api.model
    def _check_templates_in_use(self, template_ids):
        # sudo: the portal's customers do not read templates
        templates_sudo = self.env["scrm.service.template"].sudo().browse(set(template_ids))
        for template_sudo in templates_sudo:
            if template_sudo.state != "active":
                raise UserError(
                    self.env._(
                        "The template %(name)s is not in use. Put it in use or take another one.",
                        name=template_sudo.name,
                    )
                    if template_sudo
                    else self.env._("Choose the template of the ticket.")
                )

    def _ensure_identity(self):
        """Tie the ticket to the contact of its handle, and to the handle of its contact."""
        # sudo: who opens a ticket need not have rights on identities
        for ticket_sudo in self.sudo().filtered(lambda t: t.identity_id and not t.partner_id):
            partner = ticket_sudo.identity_id.customer_id.main_partner_id
            if partner:
                ticket_sudo.partner_id = partner
        return super()._ensure_identity()

    def _check_site_free(self, site_id):
        """Refuse another outlet once its stock has been used or the ticket is closed."""
        for ticket in self.filtered(lambda ticket: ticket.site_id.id != site_id):
            ticket._check_work_open()
            if any(part.state == "used" for part in ticket.part_ids):
                raise UserError(
                    self.env._(
                        "Ticket %(number)s has used parts of %(site)s, so it stays with it.",
                        number=ticket.number,
                        site=ticket.site_id.name,
                    )
                )

    def _check_work_open(self):
        """Refuse to change parts and labour of tickets that are closed."""
        # sudo: the state is asked for a refusal only
        closed = self.sudo().filtered(lambda ticket: ticket.state in CLOSED_STATES)
        if closed:
            raise UserError(
                self.env._(
                    "Ticket %(number)s is closed: its outlet, parts and labour stay as they are.",
                    number=closed[0].number,
                )
            )

    # === ACTIONS === #

    def action_open_pickings(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("stock.action_picking_tree_all")
        action["domain"] = [("scrm_ticket_id", "=", self.id)]
        action["context"] = {"create": False}
        return action

    def action_use_parts(self):
        """Take every planned part of the ticket out of the outlet's stock, in one transfer."""
        self.ensure_one()
        planned = self.part_ids.filtered(lambda part: part.state == "planned")
        if not planned and not self.part_ids:
            raise UserError(self.env._("Add the parts first, then take them from stock."))
        return planned.action_use()

    def action_open_portal(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_url",
            "url": self.get_portal_url(),
            "target": "new",
        }
