from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Command


class ScrmNoticeRule(models.Model):
    """ "When this happens to that record, tell these people, by the first medium that works."

    One rule, one audience; the text is written in core's placeholders (``{{ object.name }}``)
    and rendered in the language of the one who reads it.
    """

    _name = "scrm.notice.rule"
    _description = "Notice Rule"
    _inherit = ["mail.render.mixin"]
    _order = "model_id, event, sequence, id"
    # As in mail.template: whoever writes a placeholder that core does not know to be harmless
    # must be a template editor (checked by the mixin when it is saved), so that the text can be
    # rendered whoever sets it off.
    _unrestricted_rendering = True

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    model_id = fields.Many2one(
        "ir.model", "About", required=True, ondelete="cascade", domain="[('id', 'in', model_ids)]"
    )
    # In superuser mode: the list of models is no secret, reading ir.model is reserved.
    model_ids = fields.Many2many("ir.model", compute="_compute_model_ids", compute_sudo=True)
    model_name = fields.Char(related="model_id.model", string="Model Name", store=True, index=True)
    event = fields.Char(
        required=True,
        help="What happens: a step of the record's flow, or another event that it raises.",
    )
    event_options = fields.Json(compute="_compute_event_options")
    event_label = fields.Char("Event Name", compute="_compute_event_options")
    audience = fields.Selection(
        [
            ("customer", "The customer"),
            ("responsible", "Who is responsible"),
            ("group", "Colleagues, by role or by name"),
            ("followers", "Who follows the record"),
        ],
        required=True,
        default="customer",
    )
    group_ids = fields.Many2many("res.groups", string="Roles", ondelete="restrict")
    user_ids = fields.Many2many(
        "res.users", string="Colleagues", domain=[("share", "=", False)], ondelete="cascade"
    )
    medium_ids = fields.One2many(
        "scrm.notice.medium",
        "rule_id",
        "Media",
        copy=True,
        default=lambda self: [Command.create({"medium": "email"})],
        help="Tried from the top: the next one is used when the person has no address for this "
        "one, or when it does not get through.",
    )
    medium = fields.Selection(
        selection="_selection_medium",
        string="First Medium",
        compute="_compute_medium",
        inverse="_inverse_medium",
        store=True,
    )
    is_urgent = fields.Boolean(
        "Urgent", help="Goes out in the quiet hours too, which the company sets in the settings."
    )
    min_hours = fields.Integer(
        "Hours Between Two",
        help="The same person is not told again by this rule before so many hours have passed. "
        "Zero: each time.",
    )
    purpose_id = fields.Many2one(
        "scrm.consent.purpose",
        default=lambda self: self.env["scrm.consent.purpose"]._get_default(),
        ondelete="restrict",
        help="A notice for a purpose that the customer has not allowed is not sent.",
    )
    subject = fields.Char(translate=True)
    body = fields.Text(
        required=True,
        translate=True,
        help="Plain text. {{ object.display_name }} stands for the record; any of its fields can "
        "be named in this way.",
    )
    company_id = fields.Many2one(
        "res.company", help="Empty: the rule serves every company.", ondelete="cascade"
    )

    _min_hours_positive = models.Constraint(
        "CHECK (min_hours >= 0)", "The hours between two notices cannot be negative."
    )

    @api.model
    def _selection_medium(self):
        return self.env["scrm.outbox"]._fields["medium"]._description_selection(self.env)

    # === COMPUTE === #

    def _compute_model_ids(self):
        mixin = self.env.registry["scrm.notice.mixin"]
        names = [
            name
            for name, model in self.env.registry.items()
            if issubclass(model, mixin) and not model._abstract
        ]
        self.model_ids = self.env["ir.model"].search([("model", "in", names)])

    @api.depends("model_id", "event")
    @api.depends_context("lang")
    def _compute_event_options(self):
        for rule in self:
            events = rule._get_events()
            rule.event_options = [list(event) for event in events]
            rule.event_label = dict(events).get(rule.event, rule.event)

    def _get_events(self):
        """Return ``(code, label)`` of what happens to the records that the rule is about."""
        # sudo: the name of a model is no secret, reading ir.model is reserved
        model = self.env.get(self.sudo().model_id.model or "")
        return model._notice_get_events() if hasattr(model, "_notice_get_events") else []

    @api.depends("medium_ids.medium", "medium_ids.sequence")
    def _compute_medium(self):
        for rule in self:
            rule.medium = next(iter(rule._get_media()), False)

    def _inverse_medium(self):
        """Writing the medium makes it the only one."""
        for rule in self:
            rule.medium_ids = [Command.clear(), Command.create({"medium": rule.medium})]

    def _get_media(self):
        """Return the media (list of str) in the order in which they are tried."""
        self.ensure_one()
        lines = self.medium_ids.sorted(lambda line: (line.sequence, line._origin.id or 0))
        return [line.medium for line in lines if line.medium]

    @api.depends("model_id")
    def _compute_render_model(self):
        for rule in self:
            rule.render_model = rule.model_name

    @api.onchange("model_id")
    def _onchange_model_id(self):
        if self.event and self.event not in dict(self._get_events()):
            self.event = False

    # === CONSTRAINTS === #

    @api.constrains("model_id", "event")
    def _check_event(self):
        for rule in self:
            if rule.model_id not in rule.model_ids:
                raise ValidationError(
                    self.env._("No notices can be sent about “%s”.", rule.model_id.name)
                )
            events = dict(rule._get_events())
            if rule.event not in events:
                raise ValidationError(
                    self.env._(
                        "“%(event)s” does not happen to “%(model)s”. Choose one of: %(events)s.",
                        event=rule.event,
                        model=rule.model_id.name,
                        events=", ".join(map(str, events.values())),
                    )
                )

    @api.constrains("audience", "group_ids", "user_ids")
    def _check_audience(self):
        for rule in self:
            if rule.audience == "group" and not (rule.group_ids or rule.user_ids):
                raise ValidationError(
                    self.env._(
                        "The rule “%s” tells colleagues but names none. Choose roles or people.",
                        rule.name,
                    )
                )

    @api.constrains("medium_ids")
    def _check_medium_ids(self):
        for rule in self:
            if not rule.medium_ids:
                raise ValidationError(
                    self.env._("The rule “%s” has no medium. Add at least one.", rule.name)
                )

    # === ACTIONS === #

    def action_preview(self):
        """Show how the notice reads for a record of one's choice, and who would get it."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Preview"),
            "res_model": "scrm.notice.preview",
            "view_mode": "form",
            "target": "new",
            "context": {"default_rule_id": self.id},
        }

    # === EVENTS === #

    @api.model
    def _raise_event(self, records, event):
        """Write what the rules say about ``event`` into the outbox, in this transaction.

        A text that cannot be rendered or a person who cannot be reached leaves a failed row
        that people see; it never stops the business that set it off.

        :param records: records of a model with ``scrm.notice.mixin``
        :param event: the event's code (str)
        :return: the outbox rows
        """
        vals_list = []
        if records:
            # sudo: who sets off an event need not be allowed to read the rules
            rules = self.sudo().search(
                [
                    ("model_name", "=", records._name),
                    ("event", "=", event),
                    ("active", "=", True),
                ]
            )
            by_company = records.grouped(lambda r: r._notice_get_company()) if rules else {}
            for company, of_company in by_company.items():
                told = set()
                for rule in rules:
                    if rule.company_id in (company, self.env["res.company"]):
                        vals_list += rule._prepare_outbox_vals(of_company, company, told)
        return self.env["scrm.outbox"]._post(vals_list)

    def _prepare_outbox_vals(self, records, company, told=None):
        """Return the outbox rows (list of dict) of one rule about some records of a company.

        :param told: who was told of the occasion by which medium, by the rules before; a person
            is told once. This rule's people are added.
        """
        self.ensure_one()
        told = set() if told is None else told
        found = self._get_recipients(records, company, told)
        texts = self._prepare_texts({(record, lang) for record, _who, lang, _vals in found})
        keys = {record: record._notice_get_key(self.event) for record in records}
        return [
            {
                "rule_id": self.id,
                "purpose_id": self.purpose_id.id,
                "company_id": company.id,
                "res_model": record._name,
                "res_id": record.id,
                **texts[record, lang],
                **address,
                "idem_key": f"notice:{self.id}:{keys[record]}:{who}",
            }
            for record, who, lang, address in found
        ]
