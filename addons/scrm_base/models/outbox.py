import logging
from datetime import timedelta

from odoo import SUPERUSER_ID, api, fields, models, modules
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import SQL, split_every

from ..exceptions import DeliveryRefused, DeliveryRetry, DeliveryUnknown
from ..tools.backoff import MAX_ATTEMPTS, seconds_to_wait
from ..tools.database import read_committed

_logger = logging.getLogger(__name__)

#: Rows one job delivers one after the other.
ROWS_PER_JOB = 50
#: No medium's call may take longer; a row that is still `sending` then was left by a crash.
STUCK_AFTER = timedelta(minutes=15)
#: A row that is due for so long waits for a job runner that is not there.
LATE_AFTER = timedelta(minutes=10)
#: A job may start this much before the second it was planned for.
CLOCK_TOLERANCE = timedelta(seconds=2)


class ScrmOutbox(models.Model):
    """What the company tells people, written in the business transaction, sent after it.

    Core has queues per medium (``mail.mail``, ``sms.sms``), none that several media share, that
    is idempotent by a key of the sender's and that tells "was not sent" from "nobody knows".

    ``queued`` → ``sending`` → ``sent``; ``failed`` was refused for good, ``dead`` failed too
    often, ``unknown`` may or may not have gone out (a crash, a lost answer).
    """

    _name = "scrm.outbox"
    _description = "Outgoing Notice"
    _inherit = ["scrm.customer.mixin"]
    _order = "id desc"
    _rec_name = "subject"

    medium = fields.Selection(
        [("inapp", "In the app"), ("email", "E-mail"), ("sms", "SMS")],
        required=True,
        readonly=True,
    )
    state = fields.Selection(
        [
            ("queued", "Queued"),
            ("sending", "Being sent"),
            ("sent", "Sent"),
            ("failed", "Refused"),
            ("unknown", "Unknown"),
            ("dead", "Given up"),
        ],
        required=True,
        readonly=True,
        default="queued",
        index=True,
    )
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, index=True, ondelete="restrict"
    )
    # Not related: a row outlives its rule, its handle's re-assignment and its partner's merge.
    identity_id = fields.Many2one(readonly=True)
    partner_id = fields.Many2one(
        "res.partner", "Contact", readonly=True, index="btree_not_null", ondelete="set null"
    )
    user_id = fields.Many2one(
        "res.users",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        help="The user of the system who is told.",
    )
    subject = fields.Char(readonly=True)
    body = fields.Text(readonly=True)
    payload = fields.Json(readonly=True)
    idem_key = fields.Char(
        "Key", required=True, readonly=True, help="The same key never leaves twice."
    )
    rule_id = fields.Many2one(
        "scrm.notice.rule", readonly=True, index="btree_not_null", ondelete="set null"
    )
    res_model = fields.Char("Source Model", readonly=True)
    res_id = fields.Many2oneReference("Source", model_field="res_model", readonly=True)
    attempts = fields.Integer(readonly=True, aggregator=None)
    claimed_at = fields.Datetime("Last Attempt", readonly=True)
    next_try_at = fields.Datetime("Next Attempt", readonly=True)
    sent_at = fields.Datetime("Sent", readonly=True)
    error = fields.Text("Reason", readonly=True)
    external_ref = fields.Char("Reference", readonly=True, help="As the medium knows it.")
    is_read = fields.Boolean("Read", readonly=True)
    is_late = fields.Boolean(compute="_compute_is_late", search="_search_is_late")

    _idem_key_unique = models.Constraint("UNIQUE (idem_key)", "This notice exists already.")
    _due_idx = models.Index("(next_try_at) WHERE state IN ('queued', 'sending', 'unknown')")
    _record_idx = models.Index("(res_model, res_id)")

    # === COMPUTE === #

    @api.depends("state", "next_try_at", "create_date")
    def _compute_is_late(self):
        limit = fields.Datetime.now() - LATE_AFTER
        for row in self:
            due_at = row.next_try_at or row.create_date
            row.is_late = row.state == "queued" and bool(due_at) and due_at < limit

    def _search_is_late(self, operator, value):
        if operator != "in":
            return NotImplemented
        limit = fields.Datetime.now() - LATE_AFTER
        late = Domain("state", "=", "queued") & (
            Domain("next_try_at", "<", limit)
            | (Domain("next_try_at", "=", False) & Domain("create_date", "<", limit))
        )
        return late if True in value else ~late

    # === WAY IN === #

    @api.model
    def _post(self, vals_list):
        """Put notices into the outbox, once per ``idem_key``, and plan their delivery.

        :param vals_list: list of dict; ``medium`` and ``idem_key`` at least
        :return: one row per key, in order, whether new or there before
        """
        by_key = {}
        for vals in vals_list:
            by_key.setdefault(vals["idem_key"], vals)
        if not by_key:
            return self.browse()
        # sudo: notices are written by the system alone, nobody has the right to create rows
        outbox_sudo = self.sudo()
        new_ids = outbox_sudo._reserve(by_key)
        for key, row_id in new_ids.items():
            values = {k: v for k, v in by_key[key].items() if k not in ("idem_key", "company_id")}
            outbox_sudo.browse(row_id).write(values)
        rows = outbox_sudo.browse(new_ids.values())
        rows.filtered(lambda row: row.state == "queued")._enqueue()
        found = outbox_sudo.search([("idem_key", "in", list(by_key))]).grouped("idem_key")
        return self.browse([found[key].id for key in by_key])

    def _reserve(self, by_key):
        """Insert a row per key that does not exist yet, and return ``{key: id}`` of the new.

        Two transactions with the same key: the second waits for the first and is then run again
        by Odoo, for PostgreSQL refuses its older snapshot.
        """
        self.flush_model()
        self.env.cr.execute(
            SQL(
                "INSERT INTO scrm_outbox (idem_key, medium, state, company_id, attempts,"
                " create_uid, write_uid, create_date, write_date)"
                " VALUES %s ON CONFLICT (idem_key) DO NOTHING RETURNING idem_key, id",
                SQL(", ").join(
                    SQL(
                        "(%s, %s, 'queued', %s, 0, %s, %s, %s, %s)",
                        key,
                        vals["medium"],
                        vals.get("company_id") or self.env.company.id,
                        self.env.uid,
                        self.env.uid,
                        now := fields.Datetime.now(),
                        now,
                    )
                    for key, vals in by_key.items()
                ),
            )
        )
        return dict(self.env.cr.fetchall())

    def _enqueue(self):
        """Plan a job for the rows; it starts after the commit, or when they are due."""
        for medium_rows in self.grouped(lambda row: (row.medium, row.next_try_at)).values():
            for ids in split_every(ROWS_PER_JOB, medium_rows.ids, tuple):
                rows = medium_rows.browse(ids)
                rows.with_user(SUPERUSER_ID).with_delay(
                    channel="root.scrm.outbox",
                    eta=rows[0].next_try_at or None,
                    identity_key=f"scrm.outbox:{ids[0]}-{ids[-1]}:{rows[0].attempts}",
                    description=self.env._("Send %s notices", len(ids)),
                )._deliver()

    # === DELIVERY === #

    def _deliver(self):
        """Send the rows that are queued and due; the body of the job.

        Each row is claimed and committed as ``sending`` before its medium calls out, and what
        came of it is committed before the next one: a crash leaves ``sending``, never a second
        message.
        """
        for row in self:
            row._commit()
            if row._claim():
                row._attempt()
                row._commit()

    def _commit(self):
        """End the transaction and its snapshot; not while a test holds it open."""
        if not modules.module.current_test:
            # The job function allows commits (data/queue_job_data.xml).
            self.env.cr.commit()  # pylint: disable=invalid-commit

    def _claim(self):
        """Take the row for this worker; False when it is not due or somebody else's."""
        self.ensure_one()
        self.flush_recordset()
        with read_committed(self.env) as cr:
            cr.execute(self._get_claim_query())
            claimed = cr.rowcount == 1
        self.invalidate_recordset()
        return claimed

    def _get_claim_query(self):
        now = fields.Datetime.now()
        return SQL(
            "UPDATE scrm_outbox SET state = 'sending', attempts = attempts + 1,"
            " claimed_at = %(now)s, next_try_at = NULL, error = NULL"
            " WHERE id = %(id)s AND state = 'queued'"
            " AND (next_try_at IS NULL OR next_try_at <= %(due)s)",
            id=self.id,
            now=now,
            due=now + CLOCK_TOLERANCE,
        )

    def _attempt(self):
        """Call the medium and write down what came of it."""
        try:
            with self.env.cr.savepoint():
                self._check_consent()
                reference = getattr(self, f"_send_{self.medium}")()
        except DeliveryRetry as error:
            self._put_off(str(error), error.seconds)
        except DeliveryRefused as error:
            self.write({"state": "failed", "error": str(error)})
        except DeliveryUnknown as error:
            self._mark_unknown(str(error))
        except Exception as error:
            _logger.warning("scrm.outbox %s: %s failed", self.id, self.medium, exc_info=True)
            self._mark_unknown(
                self.env._(
                    "The delivery broke off (%s). See the server's log.", type(error).__name__
                )
            )
        else:
            self._mark_sent(reference)

    def _mark_sent(self, reference=None):
        self.write(
            {
                "state": "sent",
                "sent_at": fields.Datetime.now(),
                "external_ref": reference or self.external_ref,
                "error": False,
                "next_try_at": False,
            }
        )
        self._record_interaction()

    def _mark_unknown(self, reason):
        # Due at once: the cron asks the medium what it knows.
        self.write({"state": "unknown", "error": reason, "next_try_at": fields.Datetime.now()})

    def _put_off(self, reason, seconds=None):
        """Queue the row again after the back-off, or give it up."""
        if self.attempts >= MAX_ATTEMPTS:
            self.write({"state": "dead", "error": reason, "next_try_at": False})
            return
        wait = seconds_to_wait(self.attempts, seconds)
        self.write(
            {
                "state": "queued",
                "error": reason,
                "next_try_at": fields.Datetime.now() + timedelta(seconds=wait),
            }
        )
        self._enqueue()

    def _record_interaction(self):
        """Put what was sent to a customer on the timeline.

        Media with conversations of their own override `_is_on_timeline` and record it there.
        """
        self.env["scrm.interaction"]._record(
            [
                {
                    "identity_id": row.identity_id.id,
                    "kind": "message_out",
                    "summary": row.subject or (row.body or "")[:80] or row.medium,
                    "dedupe_key": f"outbox:{row.id}",
                    "occurred_at": row.sent_at,
                    "company_id": row.company_id.id,
                    "res_model": row.res_model or row._name,
                    "res_id": row.res_id or row.id,
                }
                for row in self
                if row._is_on_timeline()
            ]
        )

    def _is_on_timeline(self):
        self.ensure_one()
        return bool(self.identity_id) and not self.user_id and self.medium in ("email", "sms")

    # === PEOPLE === #

    def _check_replay_right(self):
        self.check_access("read")
        if not self.env.user.has_group("scrm_base.group_scrm_base_operator"):
            raise AccessError(self.env._("Notices are sent again by operators of Social CRM."))

    def action_replay(self):
        """Put rows that are dead, refused or unknown back in the queue."""
        self._check_replay_right()
        # sudo: nobody has the right to write rows; the right to replay was checked above
        rows = self.sudo().filtered(lambda row: row.state in ("dead", "failed", "unknown"))
        if not rows:
            raise UserError(
                self.env._("Only notices that were refused, given up or unknown are sent again.")
            )
        rows.lock_for_update()
        for row in rows:
            values = {"state": "queued", "attempts": 0, "next_try_at": False, "error": False}
            if row.state == "failed" and row.rule_id:
                values.update(row._prepare_again_vals())
            row.write(values)
        rows.filtered(lambda row: row.state == "queued")._enqueue()

    def _prepare_again_vals(self):
        """Return address and text made anew: the contact or the rule may be repaired by now."""
        record = self.env.get(self.res_model)
        record = record.browse(self.res_id).exists() if record is not None else None
        if not record:
            return {}
        prepared = self.rule_id._prepare_outbox_vals(record, self.company_id)
        user_id = self.user_id.id
        again = next((vals for vals in prepared if vals.get("user_id", False) == user_id), {})
        again.pop("idem_key", None)
        return again

    def action_mark_sent(self):
        """Settle a row nobody could tell about: a person found that it arrived."""
        self._check_replay_right()
        # sudo: nobody has the right to write rows; the right to settle was checked above
        rows = self.sudo().filtered(lambda row: row.state == "unknown")
        rows.lock_for_update()
        for row in rows:
            row._mark_sent()

    def action_mark_read(self):
        """Let the user put away the notices that are theirs."""
        self.check_access("read")
        # sudo: nobody has the right to write rows; the flag is set on the user's own alone
        self.sudo().filtered(lambda row: row.user_id == self.env.user).is_read = True

    def action_open_record(self):
        """Open the record that the notice is about."""
        self.ensure_one()
        if not self.res_model or self.res_model not in self.env:
            raise UserError(self.env._("This notice is about no record."))
        return {
            "type": "ir.actions.act_window",
            "res_model": self.res_model,
            "res_id": self.res_id,
            "view_mode": "form",
        }

    # === CRON === #

    @api.model
    def _cron_recover(self):
        """Bring back what a crash or a lost job left behind."""
        now = fields.Datetime.now()
        stuck = self.search([("state", "=", "sending"), ("claimed_at", "<", now - STUCK_AFTER)])
        for row in stuck.try_lock_for_update():
            row._mark_unknown(self.env._("The server stopped while this was being sent."))
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
