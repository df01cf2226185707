"""How good the data of a company's customers are, and what to do about it."""

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL


class ScrmQualityCheck(models.Model):
    """How many records of a company have one kind of flaw, and when that was counted."""

    _name = "scrm.quality.check"
    _description = "Data Quality"
    _order = "company_id, sequence, id"
    _rec_name = "kind"
    _log_access = False

    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, index=True, ondelete="cascade"
    )
    sequence = fields.Integer(readonly=True, aggregator=None)
    kind = fields.Selection(
        [
            ("missing", "Customers without phone, e-mail or WeChat"),
            ("malformed_phone", "Contacts whose phone number is none"),
            ("malformed_email", "Contacts whose e-mail address is none"),
            ("shared_phone", "Contacts that share a phone number"),
            ("shared_email", "Contacts that share an e-mail address"),
            ("stale", "Customers not seen for long"),
            ("unknown", "Contacts with business, but no customer"),
            ("conflict", "Imported rows that wait for a decision"),
        ],
        required=True,
        readonly=True,
    )
    advice = fields.Char("What to Do", compute="_compute_advice")
    issue_count = fields.Integer("Found", readonly=True, aggregator=None)
    checked_at = fields.Datetime("Counted", readonly=True)

    _company_kind_uniq = models.Constraint(
        "UNIQUE (company_id, kind)", "Each flaw is counted once in a company."
    )

    @api.depends("kind")
    def _compute_advice(self):
        advice = {
            "missing": self.env._("Ask for a phone number and write it on the contact."),
            "malformed_phone": self.env._("Correct the number on the contact."),
            "malformed_email": self.env._("Correct the address on the contact."),
            "shared_phone": self.env._("Unite those that are one, or correct the number."),
            "shared_email": self.env._("Unite those that are one, or correct the address."),
            "stale": self.env._("Call them, or leave them out of your mailings."),
            "unknown": self.env._("Open the contact and click Customer."),
            "conflict": self.env._("Unite the customers of a row, then try it again."),
        }
        for check in self:
            check.advice = advice.get(check.kind)

    # === COUNTING === #

    @api.model
    def _get_live_domains(self, company):
        """Return {kind: (model, domain)} of the flaws that are not stored but searched for."""
        customers = Domain("pool_id", "=", company.scrm_pool_id.id)
        return {
            "missing": ("scrm.customer", customers & Domain("data_flaw", "=", "missing")),
            "stale": ("scrm.customer", customers & Domain("data_flaw", "=", "stale")),
            "conflict": (
                "scrm.customer.import.line",
                Domain("company_id", "=", company.id)
                & Domain("status", "=", "conflict")
                & Domain("import_id.state", "in", ("importing", "done")),
            ),
        }

    def action_check(self):
        """Count again, now, what the user's companies have."""
        self.browse().check_access("read")
        # sudo: figures of the user's own companies are written by the system alone.
        for company in self.env.companies:
            self.sudo()._check_company(company)
        return {"type": "ir.actions.client", "tag": "soft_reload"}

    @api.model
    def _cron_check(self):
        """Count nightly, company by company."""
        Cron = self.env["ir.cron"]
        companies = self.env["res.company"].search([("scrm_pool_id", "!=", False)])
        Cron._commit_progress(remaining=len(companies))
        for company in companies:
            self._check_company(company)
            if not Cron._commit_progress(1):
                break

    @api.model
    def _check_company(self, company):
        """Find and count the flaws of one company's data, set-based."""
        self = self.with_company(company)
        self.env.flush_all()
        # A million contacts are grouped in memory, not in files.
        self.env.cr.execute("SET LOCAL work_mem = '256MB'")
        Issue = self.env["scrm.quality.issue"]
        Issue._collect(company)
        counts = dict(Issue._read_group([("company_id", "=", company.id)], ["kind"], ["__count"]))
        for kind, (model, domain) in self._get_live_domains(company).items():
            counts[kind] = self.env[model].search_count(domain)
        kinds = [kind for kind, _label in self._fields["kind"]._description_selection(self.env)]
        self.env.execute_query(
            SQL(
                """
                INSERT INTO scrm_quality_check (company_id, sequence, kind, issue_count, checked_at)
                VALUES %s
                ON CONFLICT (company_id, kind) DO UPDATE
                   SET issue_count = EXCLUDED.issue_count, checked_at = EXCLUDED.checked_at
                RETURNING id
                """,
                SQL(", ").join(
                    SQL("%s", (company.id, n, kind, counts.get(kind, 0), self.env.cr.now()))
                    for n, kind in enumerate(kinds)
                ),
            )
        )
        self.invalidate_model(flush=False)

    # === ACTIONS === #

    def action_open(self):
        """Open the records behind the number."""
        self.ensure_one()
        self.check_access("read")
        model, domain = self._get_live_domains(self.company_id).get(
            self.kind,
            (
                "scrm.quality.issue",
                Domain("company_id", "=", self.company_id.id) & Domain("kind", "=", self.kind),
            ),
        )
        labels = dict(self._fields["kind"]._description_selection(self.env))
        # What is stale is a company's own question
        context = {"allowed_company_ids": self.company_id.ids}
        if self.kind.startswith("shared"):
            context["search_default_by_group"] = 1
        return {
            "type": "ir.actions.act_window",
            "name": labels[self.kind],
            "res_model": model,
            "view_mode": "list,form" if model == "scrm.customer" else "list",
            "domain": list(domain),
            "context": context,
        }
