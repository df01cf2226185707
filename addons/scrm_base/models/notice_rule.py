import logging

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

_logger = logging.getLogger(__name__)

#: Media that reach a user of the ERP by what the user's own record says.
_USER_MEDIA = ("inapp", "email", "sms")


class ScrmNoticeRule(models.Model):
    """ "When this happens to that record, tell these people by that medium."

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
    model_ids = fields.Many2many("ir.model", compute="_compute_model_ids")
    model_name = fields.Char(related="model_id.model", string="Model Name", store=True, index=True)
    event = fields.Char(
        required=True,
        help="What happens: the code of a step of the record's flow, or of another event that "
        "the record raises.",
    )
    audience = fields.Selection(
        [
            ("customer", "The customer"),
            ("responsible", "Who is responsible"),
            ("group", "Everybody of a role"),
        ],
        required=True,
        default="customer",
    )
    group_id = fields.Many2one("res.groups", "Role", ondelete="restrict")
    medium = fields.Selection(selection="_selection_medium", required=True, default="email")
    fallback_medium = fields.Selection(
        selection="_selection_medium",
        string="Otherwise By",
        help="Used when the person cannot be reached by the first medium.",
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

    _group_required = models.Constraint(
        "CHECK (audience <> 'group' OR group_id IS NOT NULL)",
        "Say which role is told.",
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
        # sudo: the list of models is no secret, reading ir.model is reserved
        self.model_ids = self.env["ir.model"].sudo().search([("model", "in", names)])

    @api.depends("model_id")
    def _compute_render_model(self):
        for rule in self:
            rule.render_model = rule.model_name

    # === CONSTRAINTS === #

    @api.constrains("model_id")
    def _check_model_id(self):
        for rule in self:
            if rule.model_id not in rule.model_ids:
                raise ValidationError(
                    self.env._("No notices can be sent about “%s”.", rule.model_id.name)
                )

    # === ACTIONS === #

    def action_preview(self):
        """Show the notice as it would read for the newest record the user can see."""
        self.ensure_one()
        record = self.env[self.model_name].search([], limit=1, order="id desc")
        if not record:
            raise UserError(
                self.env._("There is no record of “%s” to try it on yet.", self.model_id.name)
            )
        subject, body = self._render_notice(record, self.env.lang)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "title": subject or record.display_name,
                "message": body,
                "type": "info",
                "sticky": True,
            },
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
            for record in records if rules else ():
                company = record._notice_get_company()
                for rule in rules:
                    if rule.company_id in (company, self.env["res.company"]):
                        vals_list += rule._prepare_outbox_vals(record, company)
        return self.env["scrm.outbox"]._post(vals_list)

    def _prepare_outbox_vals(self, record, company):
        """Return the outbox rows (list of dict) of one rule about one record."""
        self.ensure_one()
        key = f"notice:{self.id}:{record._notice_get_key(self.event)}"
        common = {
            "rule_id": self.id,
            "purpose_id": self.purpose_id.id,
            "company_id": company.id,
            "res_model": record._name,
            "res_id": record.id,
        }
        if self.audience == "customer":
            # sudo: the customer is told about the record, not its mover about the customer
            customer = record.sudo()._notice_get_customer()
            if not customer:
                return []
            recipients = [(self._get_customer_address(customer), "customer")]
        else:
            recipients = [
                (self._get_user_address(user), f"user:{user.id}")
                for user in self._get_users(record, company)
            ]
        return [
            {
                **common,
                **address,
                **self._prepare_text_vals(record, address, company),
                "idem_key": f"{key}:{who}",
            }
            for address, who in recipients
        ]

    def _get_users(self, record, company):
        """Return the active users of the audience who may work in the record's company."""
        if self.audience == "responsible":
            # sudo: the responsible person is told, whoever set it off
            users = record.sudo()._notice_get_responsible()
        else:
            users = self.env["res.users"].search(
                Domain("all_group_ids", "in", self.group_id.ids)
                & Domain("company_ids", "in", company.ids)
                & Domain("share", "=", False)
            )
        return users.filtered("active")

    def _get_customer_address(self, customer):
        """Return medium and addressee for a customer; without one, a row that has failed."""
        outbox = self.env["scrm.outbox"].sudo()
        for medium in filter(None, (self.medium, self.fallback_medium)):
            address = getattr(outbox, f"_get_address_{medium}")(customer)
            if address:
                return {"medium": medium, **outbox._prepare_address_vals(address, customer)}
        return {
            "medium": self.medium,
            "identity_id": customer.identity_ids[:1].id,
            "state": "failed",
            "error": self.env._(
                "%(customer)s has no address for this notice. Complete the contact, then send "
                "it again.",
                customer=customer.display_name,
            ),
        }

    def _get_user_address(self, user):
        media = [m for m in (self.medium, self.fallback_medium) if m in _USER_MEDIA]
        return {
            "medium": media[0] if media else "inapp",
            "user_id": user.id,
            "partner_id": user.partner_id.id,
        }

    def _prepare_text_vals(self, record, address, company):
        """Return subject and body in the reader's language, or the reason why there are none."""
        partner = self.env["res.partner"].browse(address.get("partner_id") or [])
        identity = self.env["scrm.identity"].browse(address.get("identity_id") or [])
        partner = partner or identity.customer_id.main_partner_id or company.partner_id
        try:
            with self.env.cr.savepoint():
                subject, body = self._render_notice(record.sudo(), partner.lang)
        except Exception as error:
            # Whatever a template may do wrong, the business that raised the event goes on.
            _logger.info("scrm.notice.rule %s: cannot render", self.id, exc_info=True)
            return {
                "body": "",
                "state": "failed",
                "error": self.env._(
                    "The text of the rule “%(rule)s” cannot be made: %(error)s",
                    rule=self.name,
                    error=str(error.__cause__ or error),
                ),
            }
        return {"subject": subject, "body": body}

    def _render_notice(self, record, lang):
        """Return ``(subject, body)`` for the record, in the language (code or None).

        The caller decides by ``record.env`` what may be read: the notice itself is rendered in
        superuser mode, because the rule's author decided what its reader learns.
        """
        rule = self.with_context(lang=lang or self.env.lang)
        renderer = rule.with_env(rule.env(su=record.env.su))

        def render(template):
            if not template:
                return ""
            rendered = renderer._render_template(
                template, record._name, record.ids, engine="inline_template"
            )
            return (rendered[record.id] or "").strip()

        return render(rule.subject), render(rule.body)
