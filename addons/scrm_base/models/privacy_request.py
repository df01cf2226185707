"""Requests of persons about their own data."""

import json

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools.translate import LazyTranslate

from ..tools.archive import clean_name, pack
from ..tools.flow import Transition
from ..tools.spreadsheet_write import write_sheet

_lt = LazyTranslate(__name__)

_OFFICERS = ("scrm_base.group_scrm_base_privacy",)
# PIPL, art. 50, names no term. Shorter than the 15 working days of the authorities' rules on apps
# (App违法违规收集使用个人信息行为认定方法, part 6), whatever holidays lie between.
DAYS_TO_ANSWER = 15
# Of the files handed out together, so that an archive can be sent by mail and fits into memory.
ARCHIVE_BYTES = 20_000_000


class ScrmPrivacyRequest(models.Model):
    """What a person asked about their own data, until it is answered.

    A ticket is no place for it: it is answered by the privacy officer alone, in a term, and what
    was handed out or erased has to be on record.
    """

    _name = "scrm.privacy.request"
    _description = "Privacy Request"
    _inherit = ["scrm.flow.mixin", "scrm.customer.mixin"]
    _order = "due_on, id"
    _rec_names_search = ["customer_id"]

    _flow_transitions = (
        Transition("start", "new", "progress", _lt("Start"), _OFFICERS),
        Transition("finish", "progress", "done", _lt("Done"), _OFFICERS),
        Transition("refuse", ("new", "progress"), "refused", _lt("Refuse"), _OFFICERS),
    )

    name = fields.Char(compute="_compute_name")
    state = fields.Selection(
        [
            ("new", "New"),
            ("progress", "In progress"),
            ("done", "Done"),
            ("refused", "Refused"),
        ],
        required=True,
        readonly=True,
        default="new",
        index=True,
    )
    kind = fields.Selection(
        [("export", "Access and copy"), ("erasure", "Erasure"), ("rectification", "Correction")],
        string="Asks For",
        required=True,
        default="export",
    )
    identity_id = fields.Many2one(string="Handle", readonly=True)
    customer_id = fields.Many2one(readonly=False, inverse="_inverse_customer_id", required=False)
    company_id = fields.Many2one(
        "res.company",
        required=True,
        readonly=True,
        index=True,
        default=lambda self: self.env.company,
        ondelete="restrict",
    )
    requested_on = fields.Date("Asked On", required=True, default=fields.Date.context_today)
    due_on = fields.Date(
        "Answer Until", compute="_compute_due_on", store=True, readonly=False, precompute=True
    )
    is_late = fields.Boolean(compute="_compute_is_late")
    requester = fields.Char(
        "Asked By", help="Who asked and how it was made sure that it is the person."
    )
    note = fields.Text()
    user_id = fields.Many2one(
        "res.users", "Officer", default=lambda self: self.env.user, ondelete="restrict"
    )
    approved_by_id = fields.Many2one(
        "res.users", "Erasure Approved By", readonly=True, copy=False, ondelete="restrict"
    )
    erased_by_id = fields.Many2one("res.users", readonly=True, copy=False, ondelete="restrict")
    needs_approval = fields.Boolean(compute="_compute_needs_approval")
    result = fields.Text(readonly=True, copy=False, help="What was done, and what had to stay.")
    attachment_ids = fields.One2many(
        "ir.attachment",
        "res_id",
        "Files Handed Out",
        domain=[("res_model", "=", "scrm.privacy.request")],
        readonly=True,
    )

    _four_eyes = models.Constraint(
        "CHECK (approved_by_id IS NULL OR erased_by_id IS NULL OR approved_by_id <> erased_by_id)",
        "Whoever approves an erasure is not the one who does it.",
    )

    # === COMPUTE === #

    @api.depends("kind", "requested_on")
    @api.depends_context("lang")
    def _compute_name(self):
        labels = dict(self._fields["kind"]._description_selection(self.env))
        for request in self:
            request.name = f"{labels.get(request.kind, '')} {request.requested_on or ''}"

    @api.depends("requested_on")
    def _compute_due_on(self):
        for request in self:
            request.due_on = request.requested_on and fields.Date.add(
                request.requested_on, days=DAYS_TO_ANSWER
            )

    @api.depends("due_on", "state")
    def _compute_is_late(self):
        today = fields.Date.context_today(self)
        for request in self:
            open_ = request.state in ("new", "progress")
            request.is_late = bool(open_ and request.due_on and request.due_on < today)

    @api.depends("company_id.scrm_erasure_four_eyes", "kind", "approved_by_id")
    def _compute_needs_approval(self):
        for request in self:
            request.needs_approval = (
                request.kind == "erasure"
                and request.company_id.scrm_erasure_four_eyes
                and not request.approved_by_id
            )

    def _inverse_customer_id(self):
        for request in self:
            # sudo: the handle is the system's to write, here it follows from the officer's choice
            request.sudo().identity_id = request.customer_id._get_first_identity()

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        Customer = self.env["scrm.customer"]
        for vals in vals_list:
            self._check_untouched(vals)
            if vals.get("customer_id") and not vals.get("identity_id"):
                customer = Customer.browse(vals["customer_id"])
                vals["identity_id"] = customer._get_first_identity().id
        return super().create(vals_list)

    def write(self, vals):
        self._check_untouched(vals)
        fixed = {"customer_id", "identity_id", "kind"} & set(vals) and not self.env.su
        if fixed and any(request.state != "new" for request in self):
            raise UserError(
                self.env._("The request is under way: make a new one for somebody else.")
            )
        return super().write(vals)

    def _check_untouched(self, vals):
        """Raise if what only the buttons write is written by hand."""
        if not self.env.su and {"approved_by_id", "erased_by_id", "result"} & set(vals):
            raise AccessError(
                self.env._("Approval, erasure and result are written by the buttons alone.")
            )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_started(self):
        if any(request.state != "new" for request in self):
            raise UserError(self.env._("Requests that were begun are kept: they are the proof."))

    # === ACTIONS === #

    def action_start(self):
        """Begin to answer."""
        self._move_along("start")

    def action_finish(self):
        """Say that the request is answered."""
        self._move_along("finish")

    def action_refuse(self):
        """Refuse the request; the note says why."""
        if any(not request.note for request in self):
            raise UserError(self.env._("Write into the note why the request is refused."))
        self._move_along("refuse")

    def _flow_check(self, transition, vals):
        if transition.key == "start" and not self.customer_id:
            raise UserError(self.env._("Choose the customer whom the request is about."))
        if transition.key == "finish" and self.kind == "erasure" and not self.erased_by_id:
            raise UserError(self.env._("Erase first, with the button of the request."))
        if transition.key == "finish" and self.kind == "export" and not self.attachment_ids:
            raise UserError(self.env._("Make the files first, with the button of the request."))
        return super()._flow_check(transition, vals)

    def _check_officer(self, kind):
        self.ensure_one()
        self.check_access("write")
        if not self.env.user.has_group("scrm_base.group_scrm_base_privacy"):
            raise AccessError(self.env._("Only a privacy officer may do this."))
        if self.kind != kind or self.state != "progress":
            raise UserError(self.env._("Start the request first; it has to ask for just this."))

    def action_export(self):
        """Make the files: all that is held on the person, for machines and for people."""
        self._check_officer("export")
        privacy = self.env["scrm.privacy"].with_company(self.company_id)
        data = privacy._get_personal_data(self.customer_id)
        rows = [
            [section, number, label, value if isinstance(value, (int, str)) else str(value)]
            for section, records in data.items()
            for number, record in enumerate(records, start=1)
            for label, value in record.items()
        ]
        header = [
            self.env._("Section"),
            self.env._("No."),
            self.env._("Field"),
            self.env._("Value"),
        ]
        # sudo: the request's own were checked above; see also _attach
        self.sudo().attachment_ids.unlink()
        text = json.dumps(data, ensure_ascii=False, indent=2, default=str)
        self._attach("personal-data-%s.json", text.encode())
        self._attach("personal-data-%s.xlsx", write_sheet(header, rows))
        files = privacy._get_personal_files(self.customer_id)
        for number, content in enumerate(pack(_read(files), ARCHIVE_BYTES), start=1):
            self._attach(f"personal-data-%s-files-{number}.zip", content)
        # sudo: the result is written by the system alone
        self.sudo().result = self.env._(
            "%(rows)s facts of %(sections)s kinds were put together.",
            rows=len(rows),
            sections=len(data),
        )
        return True

    def _attach(self, name, content):
        """Keep a file of what is handed out, without its contents in memory."""
        # sudo: an officer need not have rights on attachments
        attachment = (
            self.env["ir.attachment"]
            .sudo()
            .create(
                {
                    "name": name % self.id,
                    "raw": content,
                    "res_model": self._name,
                    "res_id": self.id,
                }
            )
        )
        attachment.invalidate_recordset(["raw", "datas"])

    def action_approve(self):
        """Approve an erasure that another officer will do."""
        self._check_officer("erasure")
        # sudo: written by the button alone; the officer was checked above
        self.sudo().approved_by_id = self.env.uid
        return True

    def action_erase(self):
        """Show what an erasure would do, and ask for the word that does it."""
        self._check_officer("erasure")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Erase a Person"),
            "res_model": "scrm.erasure.confirm",
            "view_mode": "form",
            "target": "new",
            "context": {"default_request_id": self.id},
        }

    def _erase(self):
        """Erase the person, once the officer has confirmed it."""
        self._check_officer("erasure")
        if self.erased_by_id:
            raise UserError(self.env._("The person is erased already."))
        if self.needs_approval:
            raise UserError(
                self.env._("Another privacy officer approves the erasure first (four eyes).")
            )
        if self.company_id.scrm_erasure_four_eyes and self.approved_by_id == self.env.user:
            raise UserError(
                self.env._("You approved this erasure, so another privacy officer does it.")
            )
        self._check_open_business()
        result = self.env["scrm.privacy"]._erase(self.customer_id)
        lines = [
            self.env._("%(label)s: %(count)s rows", label=label, count=own + mentions)
            for _model, label, own, mentions in result["tables"]
        ]
        # sudo: the result is written by the system alone
        self.sudo().write(
            {
                "erased_by_id": self.env.uid,
                "result": "\n".join(
                    [*lines, *(found.sentence for found in result["open"]), *result["kept"]]
                ),
            }
        )
        self._move_along("finish")

    def _check_open_business(self):
        """Raise if something is under way that needs the person's data until it is finished."""
        privacy = self.env["scrm.privacy"]
        business = privacy._get_open_business(privacy._get_person(self.customer_id))
        barriers = [found.sentence for found in business if found.is_barrier]
        if barriers:
            raise UserError(
                self.env._(
                    "The person cannot be erased yet: business with them is under way.\n"
                    "%(barriers)s\nErase them when this is finished; tell them until when.",
                    barriers="\n".join(f"• {sentence}" for sentence in barriers),
                )
            )


def _read(files):
    """Yield (name in an archive, contents) of files: the number is that of the section's row."""
    for number, file in enumerate(files, start=1):
        yield f"{number}-{clean_name(file.name)}", file.raw or b""
        file.invalidate_recordset(["raw", "datas"])


class ScrmCustomer(models.Model):
    _inherit = "scrm.customer"  # pylint: disable=consider-merging-classes-inherited

    def action_privacy_request(self):
        """Begin a request of this customer about their own data."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Privacy Request"),
            "res_model": "scrm.privacy.request",
            "view_mode": "form",
            "target": "current",
            "context": {"default_customer_id": self.id},
        }
