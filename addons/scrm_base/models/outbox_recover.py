import logging
from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

_logger = logging.getLogger(__name__)

#: No medium's call may take longer; a row that is still `sending` then was left by a crash.
STUCK_AFTER = timedelta(minutes=15)
#: Jobs that nobody took up for so long wait for a runner that is not there.
IDLE_AFTER = timedelta(minutes=10)
#: Rows whose texts one statement blanks.
ROWS_PER_BLANKING = 5000


class ScrmOutbox(models.Model):
    """What the clock does for notices: bring back, watch over, forget."""

    _inherit = "scrm.outbox"

    # === BRING BACK === #

    @api.model
    def _cron_recover(self):
        """Bring back what a crash or a lost job left behind."""
        now = fields.Datetime.now()
        stuck = self.search([("state", "=", "sending"), ("claimed_at", "<", now - STUCK_AFTER)])
        for row in stuck.try_lock_for_update():
            row._mark_unknown(
                self.env._("The server stopped while this was being sent."), "stopped"
            )
        unknown = self.search([("state", "=", "unknown"), ("next_try_at", "<=", now)], limit=500)
        for row in unknown.try_lock_for_update():
            row._resolve_unknown()
        self._requeue_lost()

    def _resolve_unknown(self):
        """Ask the medium what became of the row."""
        self.ensure_one()
        ask = getattr(self, f"_resolve_unknown_{self.medium}", lambda: None)
        try:
            with self.env.cr.savepoint():
                answer = ask()
        except Exception:
            _logger.warning("scrm.outbox %s: cannot resolve", self.id, exc_info=True)
            answer = None
        if answer == "sent":
            self._mark_sent()
        elif answer == "resend":
            self._put_off(self.error)
        else:
            # Stays where a person sees it and decides.
            self.next_try_at = False

    @api.model
    def _requeue_lost(self):
        """Plan again the rows that are due and have no job.

        While delivery jobs wait, nothing is lost: the queue is long, or no runner is loaded,
        which the settings and the list of notices say.
        """
        now = fields.Datetime.now()
        # sudo: jobs are readable by their managers only
        waiting = (
            self.env["queue.job"]
            .sudo()
            .search_count(
                Domain("model_name", "=", self._name)
                & Domain("method_name", "=", "_deliver")
                & Domain("state", "in", ("pending", "enqueued", "started"))
                & (Domain("eta", "=", False) | Domain("eta", "<=", now)),
                limit=1,
            )
        )
        if not waiting:
            self.search([("is_late", "=", True)], limit=1000, order="id")._enqueue()

    # === WATCH === #

    @api.model
    def _cron_watch(self):
        """Tell the managers, once a day, of notices that wait for a person or for a job runner.

        The cron shows it itself: the queue may be what does not run.
        """
        waiting = self._read_group(
            [("state", "in", ("dead", "unknown")), ("next_try_at", "=", False)],
            ["company_id", "state"],
            ["__count"],
        )
        counts = {}
        for company, state, count in waiting:
            counts.setdefault(company, {"dead": 0, "unknown": 0})[state] = count
        for company, of_company in counts.items():
            managers = self._get_managers().filtered(lambda u, c=company: c in u.company_ids)
            self._warn(managers, "attention", company, **of_company)
        late = self._read_group([("is_late", "=", True)], ["company_id"], ["__count"])
        for company, count in late:
            managers = self._get_managers().filtered(lambda u, c=company: c in u.company_ids)
            self._warn(managers, "late", company, late=count)
        if not late and self._are_jobs_idle():
            self._warn(self._get_managers(), "idle")

    @api.model
    def _get_managers(self):
        group = self.env.ref("scrm_base.group_scrm_base_manager")
        return self.env["res.users"].search(
            [("all_group_ids", "in", group.ids), ("share", "=", False)]
        )

    @api.model
    def _prepare_warning(self, topic, counts):
        """Return subject and body of a warning, in the language of the environment."""
        if topic == "attention":
            return self.env._("Notices did not get through"), self.env._(
                "%(dead)s were given up; of %(unknown)s nobody knows whether they arrived. Open "
                "them, read the reasons and decide.",
                **counts,
            )
        if topic == "late":
            return self.env._("Notices are waiting"), self.env._(
                "%(late)s notices have been due for more than ten minutes. The job runner seems "
                "to be missing: an administrator finds in the settings what to do.",
                **counts,
            )
        return self.env._("Background work stands still"), self.env._(
            "Jobs have been waiting for more than ten minutes and none was started. The job "
            "runner seems to be missing: an administrator finds in the settings what to do."
        )

    @api.model
    def _are_jobs_idle(self):
        """Tell whether jobs of the suite wait and the queue has started none for some time."""
        limit = fields.Datetime.now() - IDLE_AFTER
        # sudo: jobs are readable by their managers only
        jobs = self.env["queue.job"].sudo()
        waiting = jobs.search_count(
            Domain("state", "=", "pending")
            & Domain("channel", "=like", "root.scrm%")
            & Domain("date_created", "<", limit)
            & (Domain("eta", "=", False) | Domain("eta", "<", limit)),
            limit=1,
        )
        return bool(waiting) and not jobs.search_count(
            Domain("date_started", ">=", limit) | Domain("date_done", ">=", limit), limit=1
        )

    @api.model
    def _warn(self, users, topic, company=None, **counts):
        """Show people a warning in the app, each of them once a day.

        :param topic: what is wrong; where rows are meant, the outbox's filter that shows them
        :param company: whose notices are meant; none: the server's work as a whole
        """
        today = fields.Date.context_today(self)
        vals_list = []
        for user in users:
            subject, body = self.with_context(lang=user.lang)._prepare_warning(topic, counts)
            vals_list.append(
                {
                    "medium": "inapp",
                    "user_id": user.id,
                    "partner_id": user.partner_id.id,
                    "company_id": (company or user.company_id).id,
                    "subject": subject,
                    "body": body,
                    "res_model": self._name,
                    "payload": {"filter": "late" if topic == "idle" else topic},
                    "idem_key": f"watch:{topic}:{company.id if company else 0}:{today}:{user.id}",
                }
            )
        rows = self._post(vals_list)
        rows.filtered(lambda row: row.state == "queued").sudo()._deliver()

    # === FORGET === #

    @api.model
    def _cron_blank_texts(self):
        """Blank the texts of what was sent longer ago than the company keeps them.

        The row stays: that somebody was told, when and by what.
        """
        today = fields.Datetime.now()
        for company in self.env["res.company"].search([("scrm_notice_keep_days", ">", 0)]):
            limit = today - timedelta(days=company.scrm_notice_keep_days)
            while self._blank_texts(company, limit) == ROWS_PER_BLANKING:
                if not self.env["ir.cron"]._commit_progress(ROWS_PER_BLANKING):
                    return

    def _blank_texts(self, company, limit):
        """Blank some rows of a company and return how many."""
        self.flush_model(["state", "sent_at", "body", "company_id"])
        rows = self.env.execute_query(
            SQL(
                "UPDATE scrm_outbox SET body = NULL WHERE id IN ("
                " SELECT id FROM scrm_outbox WHERE company_id = %s AND state = 'sent'"
                " AND sent_at < %s AND body IS NOT NULL LIMIT %s) RETURNING id",
                company.id,
                limit,
                ROWS_PER_BLANKING,
            )
        )
        self.invalidate_model(["body"], flush=False)
        # The text stands in core's mail too.
        mails = self.env["mail.mail"].search([("scrm_outbox_id", "in", [row[0] for row in rows])])
        mails.unlink()
        return len(rows)
