import uuid

from odoo import api, fields, models
from odoo.exceptions import UserError


class ScrmNoticePreview(models.TransientModel):
    """How a rule reads for one record, and who would get it; nothing is sent."""

    _name = "scrm.notice.preview"
    _description = "Preview of a Notice"

    rule_id = fields.Many2one("scrm.notice.rule", required=True, readonly=True, ondelete="cascade")
    resource_ref = fields.Reference(
        selection="_selection_model",
        string="Record",
        compute="_compute_resource_ref",
        store=True,
        readonly=False,
    )
    lang = fields.Selection(
        selection="_selection_lang",
        string="Language",
        required=True,
        default=lambda self: self.env.lang or "en_US",
    )
    preview = fields.Html(compute="_compute_preview", sanitize=False)

    @api.model
    def _selection_model(self):
        rules = self.env["scrm.notice.rule"].new({})
        # sudo: the list of models is no secret, reading ir.model is reserved
        return [(model.model, model.name) for model in rules.model_ids.sudo()]

    @api.model
    def _selection_lang(self):
        return self.env["res.lang"].get_installed()

    @api.depends("rule_id")
    def _compute_resource_ref(self):
        """Propose the newest record that the user can see."""
        for wizard in self:
            name = wizard.rule_id.model_name
            record = name and self.env[name].search([], limit=1, order="id desc")
            wizard.resource_ref = f"{name},{record.id}" if record else False

    @api.depends("rule_id", "resource_ref", "lang")
    def _compute_preview(self):
        for wizard in self:
            wizard.preview = wizard._render_preview()

    def _render_preview(self):
        record = self._get_record()
        if not record:
            return False
        try:
            with self.env.cr.savepoint():
                subject, body = self.rule_id._render_notices(record, self.lang)[record]
        except Exception as error:
            # Whatever the text does wrong, its author is to read it.
            return self._render(error=str(error.__cause__ or error))
        return self._render(subject=subject, body=body, people=self._get_people(record))

    def _render(self, **values):
        # A view that the addon owns: whoever may preview need not be allowed to read views.
        renderer = self.env["ir.qweb"].sudo()
        return renderer._render(
            "scrm_base.notice_preview",
            {"subject": "", "body": "", "error": "", "people": [], **values},
        )

    def _get_record(self):
        """Return the chosen record, if the user may read it and the rule is about its kind."""
        record = self.resource_ref
        if not record or record._name != self.rule_id.model_name:
            return None
        record.check_access("read")
        return record

    def _get_people(self, record):
        """Return the audience: list of dict of name, medium and address."""
        media = dict(self.env["scrm.outbox"]._fields["medium"]._description_selection(self.env))
        rule = self.rule_id.sudo()
        company = record.sudo()._notice_get_company()
        people = []
        for _record, _who, _lang, address in rule._get_recipients(record, company, set()):
            row = self.env["scrm.outbox"].sudo().new({**address, "company_id": company.id})
            person = row.user_id or row.identity_id.customer_id or row.partner_id
            people.append(
                {
                    "name": person.display_name,
                    "medium": media.get(row.medium),
                    "address": row._get_address_display(),
                    "error": address.get("error"),
                }
            )
        return people

    def action_send_test(self):
        """Send the text to oneself, by the first of the rule's media that reaches a user."""
        self.ensure_one()
        self.check_access("write")
        record = self._get_record()
        if not record:
            raise UserError(
                self.env._("Choose a record of “%s” first.", self.rule_id.model_id.name)
            )
        rule = self.rule_id
        subject, body = rule._render_notices(record, self.lang)[record]
        user, company = self.env.user, self.env.company
        # sudo: where one is reached oneself
        address = rule.sudo()._find_address(user, company, rule._get_media()) or {
            "medium": "inapp",
            "user_id": user.id,
            "partner_id": user.partner_id.id,
        }
        # Not the rule's own row: it neither waits for the morning nor counts as told.
        row = self.env["scrm.outbox"]._post(
            [
                {
                    **address,
                    "company_id": company.id,
                    "subject": self.env._("Test: %s", subject or rule.name),
                    "body": body,
                    "res_model": record._name,
                    "res_id": record.id,
                    "idem_key": f"notice-test:{uuid.uuid4().hex}",
                }
            ]
        )
        media = dict(row._fields["medium"]._description_selection(self.env))
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._(
                    "The test is on its way to you: %s.", media[row.sudo().medium]
                ),
            },
        }
