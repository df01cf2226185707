import logging
from datetime import timedelta

from odoo import SUPERUSER_ID, api, fields, models, modules
from odoo.fields import Domain
from odoo.tools import SQL, split_every

from ..exceptions import DeliveryRefused, DeliveryRetry, DeliveryUnknown
from ..tools.backoff import MAX_ATTEMPTS, seconds_to_wait
from ..tools.database import read_committed

_logger = logging.getLogger(__name__)

#: Rows one job delivers one after the other.
ROWS_PER_JOB = 50
#: A row that is due for so long waits for a job runner that is not there.
LATE_AFTER = timedelta(minutes=10)
#: A job may start this much before the second it was planned for.
CLOCK_TOLERANCE = timedelta(seconds=2)
#: What a row is made with; the rest is written afterwards.
RESERVED = ("idem_key", "turn_key", "company_id")


class ScrmOutbox(models.Model):
    """What the company tells people, written in the business transaction, sent after it.

    Core has queues per medium (``mail.mail``, ``sms.sms``), none that several media share, that
    is idempotent by a key of the sender's and that tells "was not sent" from "nobody knows".

    ``queued`` → ``sending`` → ``sent``; ``failed`` was refused for good, ``dead`` failed too
    often, ``unknown`` may or may not have gone out (a crash, a lost answer). What was refused or
    given up goes out once more by the rule's next medium, as a row of its own.
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
    turn_key = fields.Char(
        "Turn",
        readonly=True,
        help="Of a rule that waits some hours between two notices: which person's next notice"
        " this is. It is given once.",
    )
    rule_id = fields.Many2one(
        "scrm.notice.rule", readonly=True, index="btree_not_null", ondelete="set null"
    )
    res_model = fields.Char("Source Model", readonly=True)
    res_id = fields.Many2oneReference("Source", model_field="res_model", readonly=True)
    attempts = fields.Integer(readonly=True, aggregator=None)
    claimed_at = fields.Datetime("Last Attempt", readonly=True)
    next_try_at = fields.Datetime("Next Attempt", readonly=True)
    not_before = fields.Datetime(
        readonly=True, help="It waits for the end of the reader's quiet hours."
    )
    fallback_of_id = fields.Many2one(
        "scrm.outbox",
        "Instead Of",
        readonly=True,
        ondelete="set null",
        help="The notice that did not get through, and for which this one was sent.",
    )
    fallback_ids = fields.One2many("scrm.outbox", "fallback_of_id", "Sent Instead")
    sent_at = fields.Datetime("Sent", readonly=True)
    reason = fields.Selection(
        [
            ("no_address", "No address"),
            ("archived", "Account archived"),
            ("text", "Text cannot be made"),
            ("blacklist", "On the blacklist"),
            ("refused", "Refused by the medium"),
            ("bounced", "Came back"),
            ("busy", "Could not be sent yet"),
            ("answer", "No clear answer"),
            ("stopped", "Server stopped"),
        ],
        "Kind of Reason",
        readonly=True,
    )
    error = fields.Text("Reason", readonly=True)
    external_ref = fields.Char("Reference", readonly=True, help="As the medium knows it.")
    is_read = fields.Boolean("Read", readonly=True)
    is_late = fields.Boolean(compute="_compute_is_late", search="_search_is_late")

    _idem_key_unique = models.Constraint("UNIQUE (idem_key)", "This notice exists already.")
    _turn_once = models.UniqueIndex("(turn_key) WHERE turn_key IS NOT NULL")
    _fallback_once = models.UniqueIndex("(fallback_of_id) WHERE fallback_of_id IS NOT NULL")
    _bell_idx = models.Index("(user_id) WHERE medium = 'inapp' AND is_read IS NOT TRUE")
    _reference_idx = models.Index("(external_ref) WHERE external_ref IS NOT NULL")
    _due_idx = models.Index("(next_try_at) WHERE state IN ('queued', 'sending', 'unknown')")
    _record_idx = models.Index("(res_model, res_id)")

    # === COMPUTE === #

    @api.depends("state", "next_try_at", "not_before", "create_date")
    def _compute_is_late(self):
        limit = fields.Datetime.now() - LATE_AFTER
        for row in self:
            due_at = row._get_due_at() or row.create_date
            row.is_late = row.state == "queued" and bool(due_at) and due_at < limit

    def _search_is_late(self, operator, value):
        if operator != "in":
            return NotImplemented
        limit = fields.Datetime.now() - LATE_AFTER
        late = (
            Domain("state", "=", "queued")
            & (Domain("not_before", "=", False) | Domain("not_before", "<", limit))
            & (
                Domain("next_try_at", "<", limit)
                | (Domain("next_try_at", "=", False) & Domain("create_date", "<", limit))
            )
        )
        return late if True in value else ~late

    # === WAY IN === #

    @api.model
    def _post(self, vals_list):
        """Put notices into the outbox, once per ``idem_key``, and plan their delivery.

        A row whose turn somebody else has taken at this very moment is not written.

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
            values = {k: v for k, v in by_key[key].items() if k not in RESERVED}
            outbox_sudo.browse(row_id).write(values)
        rows = outbox_sudo.browse(new_ids.values())
        rows.filtered(lambda row: row.state == "queued")._enqueue()
        found = outbox_sudo.search([("idem_key", "in", list(by_key))]).grouped("idem_key")
        return self.browse([found[key].id for key in by_key if key in found])

    def _reserve(self, by_key):
        """Insert a row per key that does not exist yet, and return ``{key: id}`` of the new.

        Two transactions with the same key, or the same turn of a person: the second waits for the
        first and is then run again by Odoo, for PostgreSQL refuses its older snapshot.
        """
        self.flush_model()
        self.env.cr.execute(
            SQL(
                "INSERT INTO scrm_outbox (idem_key, turn_key, medium, state, company_id, attempts,"
                " create_uid, write_uid, create_date, write_date)"
                " VALUES %s ON CONFLICT DO NOTHING RETURNING idem_key, id",
                SQL(", ").join(
                    SQL(
                        "(%s, %s, %s, 'queued', %s, 0, %s, %s, %s, %s)",
                        key,
                        vals.get("turn_key"),
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

    def _get_due_at(self):
        """Return when the row may be sent, or False for now."""
        self.ensure_one()
        return max(filter(None, (self.next_try_at, self.not_before)), default=False)

    def _enqueue(self):
        """Plan a job for the rows; it starts after the commit, or when they are due."""
        self._hold_for_quiet_hours()
        for (_medium, due_at), rows_due in self.grouped(
            lambda row: (row.medium, row._get_due_at())
        ).items():
            for ids in split_every(ROWS_PER_JOB, rows_due.ids, tuple):
                rows = rows_due.browse(ids)
                # A row that is held by the job that was to send it needs another job.
                occasion = f"{rows[0].attempts}:{rows[0].not_before or ''}"
                rows.with_user(SUPERUSER_ID).with_delay(
                    channel="root.scrm.outbox",
                    eta=due_at or None,
                    identity_key=f"scrm.outbox:{ids[0]}-{ids[-1]}:{occasion}",
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
            if row.state == "queued" and row._get_quiet_end():
                row._enqueue()
                continue
            # The claim is another cursor's; a snapshot that is older could not write the row.
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
            " claimed_at = %(now)s, next_try_at = NULL, error = NULL, reason = NULL"
            " WHERE id = %(id)s AND state = 'queued'"
            " AND (next_try_at IS NULL OR next_try_at <= %(due)s)"
            " AND (not_before IS NULL OR not_before <= %(due)s)",
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
            self._give_up("failed", error.reason, str(error))
        except DeliveryUnknown as error:
            self._mark_unknown(str(error), reference=error.reference)
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
                "reason": False,
                "error": False,
                "next_try_at": False,
            }
        )
        self._follow_up()
        self._record_interaction()

    def _follow_up(self):
        """Hook: make sure that the medium's later reports on the row are heard."""

    def _mark_unknown(self, error, reason="answer", reference=None):
        self.write(
            {
                "state": "unknown",
                "reason": reason,
                "error": error,
                "external_ref": reference or self.external_ref,
                # Due at once: the cron asks the medium what it knows.
                "next_try_at": fields.Datetime.now(),
            }
        )
        self._follow_up()

    def _give_up(self, state, reason, error):
        """Write that the row did not get through, and send by the rule's next medium instead."""
        self.write({"state": state, "reason": reason, "error": error, "next_try_at": False})
        self._try_next_medium()

    def _put_off(self, error, seconds=None):
        """Queue the row again after the back-off, or give it up."""
        if self.attempts >= MAX_ATTEMPTS:
            self._give_up("dead", "busy", error)
            return
        wait = seconds_to_wait(self.attempts, seconds)
        self.write(
            {
                "state": "queued",
                "reason": "busy",
                "error": error,
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
