from datetime import timedelta

from odoo import SUPERUSER_ID, Command, api, fields, models
from odoo.tools import SQL
from odoo.tools.translate import LazyTranslate

from odoo.addons.scrm_base.tools.flow import Transition

from ..tools.cycles import find_period
from .scrm_settlement_statement import PREPARER
from .scrm_settlement_statement_claim import NothingToSettle

_lt = LazyTranslate(__name__)

# Dealers whose statements one job makes in one transaction.
BATCH = 1000


class ScrmSettlementRun(models.Model):
    """The generation of many dealers' statements for one period: how far it is, what it left out.

    For a few dealers the wizard needs none; for many, and for what the clock starts, jobs work
    through the dealers in batches, each in its own transaction.
    """

    _name = "scrm.settlement.run"
    _inherit = ["scrm.system.mixin", "scrm.flow.mixin"]
    _system_fields = frozenset(
        {
            *("company_id", "date_from", "date_to", "partner_ids", "user_id"),
            *("total_count", "done_count", "done_until", "result"),
        }
    )
    _description = "Generation of Statements"
    _order = "id desc"
    _check_company_auto = True

    _flow_transitions = (Transition("finish", "running", "done", _lt("Statements generated")),)

    name = fields.Char(compute="_compute_name")
    company_id = fields.Many2one(
        comodel_name="res.company", required=True, readonly=True, index=True
    )
    date_from = fields.Date(string="First Day", required=True, readonly=True)
    date_to = fields.Date(string="Last Day", required=True, readonly=True)
    partner_ids = fields.Many2many(
        comodel_name="res.partner",
        string="Dealers",
        required=True,
        readonly=True,
        # Who is archived meanwhile has still something to get
        context={"active_test": False},
    )
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Started by",
        readonly=True,
        default=lambda self: self.env.user,
    )
    state = fields.Selection(
        selection=[("running", "Running"), ("done", "Done")],
        required=True,
        readonly=True,
        default="running",
    )
    total_count = fields.Integer(string="Dealers to Do", readonly=True)
    done_count = fields.Integer(string="Dealers Done", readonly=True)
    # Dealers are done in the order of their ids: a count would skip one when others are merged.
    done_until = fields.Integer(string="Last Dealer Done", readonly=True)
    progress = fields.Float(compute="_compute_progress")
    statement_ids = fields.One2many(comodel_name="scrm.settlement.statement", inverse_name="run_id")
    statement_count = fields.Integer(string="Statements", compute="_compute_statement_count")
    result = fields.Text(
        readonly=True, help="What the run left out, and why; written when it is done."
    )

    # === COMPUTE === #

    @api.depends("date_from", "date_to")
    def _compute_name(self):
        Statement = self.env["scrm.settlement.statement"]
        for run in self:
            run.name = Statement._format_period(run.date_from, run.date_to)

    @api.depends("total_count", "done_count")
    def _compute_progress(self):
        for run in self:
            run.progress = 100 * run.done_count / run.total_count if run.total_count else 100

    @api.depends("statement_ids")
    def _compute_statement_count(self):
        counts = dict(
            self.env["scrm.settlement.statement"]._read_group(
                [("run_id", "in", self.ids)], ["run_id"], ["__count"]
            )
        )
        for run in self:
            run.statement_count = counts.get(run, 0)

    # === ACTIONS === #

    def action_open_statements(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "scrm_settlement.scrm_settlement_statement_action"
        )
        action["domain"] = [("run_id", "=", self.id)]
        action["context"] = {}
        return action

    # === BUSINESS === #

    @api.model
    def _start(self, company, date_from, date_to, partners):
        """Make a run over the dealers and plan its first job."""
        # sudo: runs are made by the system alone, for those who may make what comes of them
        self.env["scrm.settlement.statement"].check_access("create")
        run_sudo = self.sudo().create(
            {
                "company_id": company.id,
                "date_from": date_from,
                "date_to": date_to,
                "partner_ids": [Command.set(partners.ids)],
                "total_count": len(partners),
            }
        )
        run = run_sudo.sudo(self.env.su)
        run._enqueue()
        return run

    def _enqueue(self):
        for run in self:
            run.with_company(run.company_id).with_delay(
                channel="root.scrm.settlement",
                identity_key=f"scrm.settlement.run:{run.id}:{run.done_until}",
                description=self.env._("Generate statements for %s", run.name),
            )._run_batch()

    def _run_batch(self):
        """Make the statements of the next dealers and plan the next batch; the body of the job.

        A job that is run twice goes on where the committed ones have come to.
        """
        self.ensure_one()
        self._flow_lock()
        if self.state != "running":
            return
        waiting = self.partner_ids.filtered(lambda dealer: dealer.id > self.done_until).sorted("id")
        dealers = waiting[:BATCH]
        if dealers:
            self._generate_for(dealers)
            self._count_done(dealers, waiting)
        if len(waiting) > len(dealers):
            self._enqueue()
        else:
            self._finish()

    def _count_done(self, dealers, waiting):
        done_count = self.done_count + len(dealers)
        # sudo: as in `_start`
        self.sudo().write(
            {
                "done_count": done_count,
                "done_until": dealers[-1].id,
                # Fewer than there were, if dealers were merged meanwhile
                "total_count": done_count + len(waiting) - len(dealers),
            }
        )

    def _generate_for(self, dealers):
        Statement = self.env["scrm.settlement.statement"]
        try:
            statements = Statement._generate(self.company_id, self.date_from, self.date_to, dealers)
        except NothingToSettle:
            # The result says why for the run as a whole
            return
        statements._write_derived({"run_id": self.id})

    def _finish(self):
        left_out = self.env["scrm.settlement.statement"]._explain_left_out(
            self.company_id, self.date_from, self.date_to, self.partner_ids, everything=False
        )
        self._move_along("finish", result=" ".join(left_out))

    def _notice_get_responsible(self):
        """Return who started the run; of one that the clock started, those who prepare."""
        if self.user_id.id != SUPERUSER_ID:
            return self.user_id
        # sudo: who is in a group is no secret to the system itself
        preparers = self.env.ref(PREPARER).sudo().all_user_ids
        return preparers.filtered(lambda user: self.company_id in user.company_ids)

    # === CRON === #

    @api.model
    def _cron_generate_due(self):
        """Start the runs of every company's periods that are over, days of grace included."""
        companies = self.env["res.company"].search([("active", "=", True)])
        for company in companies:
            self.with_company(company)._start_due_runs(company)

    def _start_due_runs(self, company):
        today = company._scrm_local_day(fields.Datetime.now())
        runs = self.browse()
        for (first, last), partner_ids in sorted(self._get_due(company, today).items()):
            partners = self.env["res.partner"].browse(sorted(partner_ids))
            runs += self._start(company, first, last, partners)
        return runs

    def _get_due(self, company, today):
        """Return {(first day, last day): dealers' ids} of what waits in periods that are over.

        A late line of a stated period makes that period due again, so that none is forgotten.
        """
        limit = today - timedelta(days=company.scrm_settlement_grace_days)
        pending = self._get_pending_days(company, limit)
        counted = self._get_counted_days(company, limit)
        dealers = self.env["res.partner"].browse(
            {partner_id: None for partner_id, *_ in pending + counted}
        )
        cycles = {dealer.id: dealer._scrm_get_settlement_cycle() for dealer in dealers}
        stated = self._get_stated_periods(company, dealers)
        running = {
            (partner_id, run.date_from, run.date_to)
            for run in self.search([("company_id", "=", company.id), ("state", "=", "running")])
            for partner_id in run.partner_ids.ids
        }

        def get_periods(days):
            due = {}
            for partner_id, mode, currency_id, day in days:
                first, last = find_period(
                    cycles[partner_id], day, stated.get((partner_id, mode, currency_id), ())
                )
                if last < limit and (partner_id, first, last) not in running:
                    due.setdefault((first, last), set()).add(partner_id)
            return due

        due = get_periods(pending)
        for (first, last), partner_ids in get_periods(counted).items():
            earned = self._get_earners(company, last, partner_ids)
            if earned:
                due.setdefault((first, last), set()).update(earned)
        return due

    def _get_pending_days(self, company, limit):
        self.env["scrm.settlement.line"].flush_model()
        return self.env.execute_query(
            SQL(
                "SELECT DISTINCT partner_id, document_mode, currency_id, date"
                "  FROM scrm_settlement_line"
                " WHERE company_id = %s AND statement_id IS NULL AND state = 'pending'"
                "   AND date < %s",
                company.id,
                limit,
            )
        )

    def _get_counted_days(self, company, limit):
        """Return the days whose counted lines no true-up has looked at yet, and the latest one's.

        What is counted may change after it: the latest true-up is compared with its target again.
        """
        return self.env.execute_query(
            SQL(
                "SELECT DISTINCT partner_id, document_mode, currency_id, date"
                "  FROM scrm_settlement_line line"
                " WHERE company_id = %s AND state = 'counted' AND date < %s"
                "   AND NOT EXISTS ("
                "       SELECT FROM scrm_settlement_line trueup"
                "        WHERE trueup.company_id = line.company_id"
                "          AND trueup.rule_id = line.rule_id"
                "          AND trueup.partner_id = line.partner_id"
                "          AND trueup.source_type = 'trueup'"
                "          AND trueup.source_id >= line.id AND trueup.date >= line.date)"
                " UNION SELECT partner_id, document_mode, currency_id, MAX(date)"
                "  FROM scrm_settlement_line"
                " WHERE company_id = %s AND source_type = 'trueup' AND date < %s"
                " GROUP BY rule_id, partner_id, document_mode, currency_id",
                company.id,
                limit,
                company.id,
                limit,
            )
        )

    def _get_earners(self, company, last, partner_ids):
        """Return those whose volumes up to a day earn something that is not in the journal."""
        dealers = self.env["res.partner"].browse(partner_ids)
        rows = self.env["scrm.settlement.line"]._prepare_trueup_rows(company, last, dealers)
        return {row["partner_id"] for row in rows}

    def _get_stated_periods(self, company, dealers):
        """Return {(dealer, kind of document, currency): [(first day, last day)]}."""
        self.env["scrm.settlement.statement"].flush_model()
        periods = {}
        for *key, first, last in self.env.execute_query(
            SQL(
                "SELECT DISTINCT partner_id, document_mode, currency_id, date_from, date_to"
                "  FROM scrm_settlement_statement"
                " WHERE company_id = %s AND partner_id = ANY(%s) AND state <> 'cancel'",
                company.id,
                dealers.ids,
            )
        ):
            periods.setdefault(tuple(key), []).append((first, last))
        return periods
