"""What a platform called back, kept until it has had its effect."""

import logging
from datetime import timedelta

import psycopg2

from odoo import SUPERUSER_ID, api, fields, models, modules
from odoo.exceptions import AccessError, UserError
from odoo.service.model import PG_CONCURRENCY_ERRORS_TO_RETRY
from odoo.tools import SQL

from odoo.addons.queue_job.exception import RetryableJobError

from ..providers.base import InboundEvent

_logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 8
BACKOFF_SECONDS, BACKOFF_CAP = 10, 3600
# An event that waits longer than this has lost its job.
LOST_AFTER_SECONDS = 60
JOB_CHANNEL = "root.scrm.inbound"


class ScrmWebhookEvent(models.Model):
    """One callback of a platform: stored before it is answered, so that a crash loses nothing.

    Its effect and the state ``done`` are written in one transaction: what was cut off in between
    is still ``new`` and is processed again.
    """

    _name = "scrm.webhook.event"
    _description = "Channel Event"
    _order = "id desc"
    _rec_name = "event_type"

    channel_id = fields.Many2one("scrm.channel", required=True, readonly=True, ondelete="cascade")
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    dedupe_key = fields.Char(required=True, readonly=True)
    serial_key = fields.Char(
        required=True, readonly=True, help="Events with the same key are processed in order."
    )
    event_type = fields.Char("Type", readonly=True)
    payload = fields.Text(readonly=True, help="The verified, decrypted text of the callback.")
    received_at = fields.Datetime(required=True, readonly=True)
    state = fields.Selection(
        [("new", "New"), ("done", "Done"), ("failed", "Failed"), ("dead", "Given up")],
        required=True,
        readonly=True,
        default="new",
    )
    attempts = fields.Integer(readonly=True)
    next_try_at = fields.Datetime(readonly=True)
    processed_at = fields.Datetime(readonly=True)
    error = fields.Char(readonly=True)

    _dedupe_uniq = models.Constraint(
        "UNIQUE (channel_id, dedupe_key)", "This event is stored already."
    )
    _waiting_idx = models.Index("(channel_id, serial_key, id) WHERE state IN ('new', 'failed')")

    # === STORE === #

    @api.model
    def _store(self, channel, inbound: InboundEvent, payload: str) -> bool:
        """Store a verified callback, with its job, and commit; tell whether it is new.

        One statement decides, so that eight connections which bring the same message at once
        store it once and none of them waits for a retry. The caller's cursor does it, in a
        transaction of its own: a second connection per callback would empty the pool under load.
        """
        company_id = channel.company_id.id
        self._begin_read_committed()
        rows = self.env.execute_query(
            SQL(
                """
                INSERT INTO scrm_webhook_event
                       (channel_id, company_id, dedupe_key, serial_key, event_type, payload,
                        received_at, state, attempts, create_uid, create_date, write_uid,
                        write_date)
                VALUES (%(channel)s, %(company)s, %(dedupe)s, %(serial)s, %(type)s, %(payload)s,
                        clock_timestamp() AT TIME ZONE 'UTC', 'new', 0, %(uid)s,
                        clock_timestamp() AT TIME ZONE 'UTC', %(uid)s,
                        clock_timestamp() AT TIME ZONE 'UTC')
                ON CONFLICT (channel_id, dedupe_key) DO NOTHING
                RETURNING id
                """,
                channel=channel.id,
                company=company_id,
                dedupe=inbound.dedupe_key,
                serial=inbound.sender,
                type=f"{inbound.kind}/{inbound.type}"[:64],
                payload=payload,
                uid=SUPERUSER_ID,
            )
        )
        if rows:
            # the system itself processes what comes from outside
            system = self.with_env(api.Environment(self.env.cr, SUPERUSER_ID, {}))
            system._enqueue(channel.id, inbound.sender)
            system.env.flush_all()
        if not modules.module.current_test:
            # Stored before it is answered; nothing else is in this transaction.
            self.env.cr.commit()  # pylint: disable=invalid-commit
        return bool(rows)

    def _begin_read_committed(self) -> None:
        """End the transaction, which has only read, and begin one that sees what others commit.

        While a test runs, its data is in one uncommitted transaction, which goes on.
        """
        self.env.flush_all()
        if not modules.module.current_test:
            self.env.cr.commit()  # pylint: disable=invalid-commit
            # PostgreSQL accepts this only as the first statement of a transaction
            self.env.cr.execute("SET TRANSACTION ISOLATION LEVEL READ COMMITTED")

    @api.model
    def _enqueue(self, channel_id: int, serial_key: str, eta=None) -> None:
        """Have the waiting events of one sender processed by a job."""
        self.with_delay(
            channel=JOB_CHANNEL,
            priority=5,
            eta=eta,
            max_retries=20,
            description=self.env._("Process what a customer did on a channel"),
        )._job_drain(channel_id, serial_key)

    # === PROCESS === #

    @api.model
    def _job_drain(self, channel_id: int, serial_key: str) -> int:
        """Process one sender's waiting events in order; return how many were tried.

        Raises RetryableJobError when somebody else is at it.
        """
        if not self._try_lock_sender(channel_id, serial_key):
            raise RetryableJobError(
                "The sender's earlier events are being processed.", seconds=2, ignore_retry=True
            )
        self.flush_model(["state", "next_try_at"])
        events = self.browse(
            row[0]
            for row in self.env.execute_query(
                SQL(
                    """
                    SELECT id
                      FROM scrm_webhook_event
                     WHERE channel_id = %s
                       AND serial_key = %s
                       AND (state = 'new'
                            OR state = 'failed'
                               AND next_try_at <= (clock_timestamp() AT TIME ZONE 'UTC'))
                  ORDER BY id
                       FOR UPDATE
                    """,
                    channel_id,
                    serial_key,
                )
            )
        )
        for event in events:
            event._process()
        return len(events)

    def _try_lock_sender(self, channel_id: int, serial_key: str) -> bool:
        """Take the sender for this transaction; ``False`` when another worker has it.

        A worker that gets the lock with a snapshot older than the last one's commit fails on the
        row locks instead, and is repeated.
        """
        name = f"scrm.webhook.event:{channel_id}:{serial_key}"
        [(locked,)] = self.env.execute_query(
            SQL("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", name)
        )
        return locked

    def _process(self) -> None:
        """Let one event have its effect; a failure is noted on it and stops nobody else."""
        self.ensure_one()
        try:
            with self.env.cr.savepoint():
                self._apply()
        except psycopg2.OperationalError as error:
            if error.pgcode in PG_CONCURRENCY_ERRORS_TO_RETRY:
                raise  # the whole transaction is repeated, by the job
            self._note_failure(error)
        except Exception as error:
            # whatever is wrong with one event, the others must go on: it is written on the event
            self._note_failure(error)
        else:
            self.write(
                {
                    "state": "done",
                    "attempts": self.attempts + 1,
                    "processed_at": fields.Datetime.now(),
                    "next_try_at": False,
                    "error": False,
                }
            )

    def _apply(self) -> None:
        """Parse the stored payload and hand it to the channel."""
        channel = self.channel_id.with_company(self.company_id)
        channel = channel.with_context(lang=channel._get_agent_lang())
        inbound = channel._get_provider().parse(self.payload).place(self.received_at)
        channel._receive(inbound)

    def _note_failure(self, error: Exception) -> None:
        attempts = self.attempts + 1
        dead = attempts >= MAX_ATTEMPTS
        wait = min(BACKOFF_SECONDS * 2 ** (attempts - 1), BACKOFF_CAP)
        next_try_at = fields.Datetime.now() + timedelta(seconds=wait)
        _logger.warning(
            "scrm.webhook.event %s failed, attempt %s of %s: %s",
            self.id,
            attempts,
            MAX_ATTEMPTS,
            type(error).__name__,
        )
        self.write(
            {
                "state": "dead" if dead else "failed",
                "attempts": attempts,
                "next_try_at": False if dead else next_try_at,
                "error": f"{type(error).__name__}: {error}"[:500],
            }
        )
        if not dead:
            self._enqueue(self.channel_id.id, self.serial_key, eta=next_try_at)

    def action_replay(self):
        """Process failed and given-up events again."""
        self.check_access("read")
        if not self.env.user.has_group("scrm_social.group_scrm_social_admin"):
            raise AccessError(self.env._("Events are replayed by channel administrators."))
        # sudo: nobody has the right to write events; the right to replay was checked above
        stuck = self.sudo().filtered(lambda event: event.state in ("failed", "dead"))
        if not stuck:
            raise UserError(self.env._("Only failed and given-up events can be processed again."))
        for event in stuck:
            event.write({"state": "new", "attempts": 0, "next_try_at": False, "error": False})
            # the system itself processes what comes from outside
            event.with_user(SUPERUSER_ID)._enqueue(event.channel_id.id, event.serial_key)
        return True

    @api.model
    def _cron_process_waiting(self):
        """Process events whose job was lost, and failed ones whose time has come."""
        now = fields.Datetime.now()
        domain = [
            "|",
            "&",
            ("state", "=", "new"),
            ("received_at", "<=", now - timedelta(seconds=LOST_AFTER_SECONDS)),
            "&",
            ("state", "=", "failed"),
            ("next_try_at", "<=", now),
        ]
        senders = self._read_group(domain, ["channel_id", "serial_key"], order="channel_id")
        self.env["ir.cron"]._commit_progress(remaining=len(senders))
        for channel, serial_key in senders:
            try:
                self._job_drain(channel.id, serial_key)
            except RetryableJobError:
                _logger.info("scrm.webhook.event: a sender is being processed by a job")
            if not self.env["ir.cron"]._commit_progress(1):
                break
