import os
import random
import threading
import time
from datetime import date, datetime

from odoo.exceptions import UserError
from odoo.service.model import retrying
from odoo.tests import tagged
from odoo.tools import mute_logger

from .concurrency_case import CODE, ConcurrencyCase

# A night's run asks for a minute.
SECONDS = int(os.environ.get("SCRM_RACE_SECONDS", "4"))


@tagged("post_install", "-at_install")
class TestConcurrentStatements(ConcurrencyCase):
    """Two workers record, generate and cancel at once: no line is lost and none is taken twice."""

    def _record_some(self, env, worker, step):
        self.sources = []
        vals = [
            {
                **self._prepare_source(worker * 1_000_000 + step * 10 + number),
                "occurred_at": datetime(2001, random.choice((1, 2)), 10, 4),
                "quantity": 1,
            }
            for number in range(3)
        ]
        return env["scrm.settlement.line"]._record_sources(vals)

    def _generate_some(self, env):
        month = random.choice((1, 2))
        return env["scrm.settlement.statement"]._generate(
            env["res.company"].browse(self.company_id),
            date(2001, month, 1),
            date(2001, month, 28),
            env["res.partner"].browse(self.partner_id),
        )

    def _cancel_some(self, env):
        drafts = env["scrm.settlement.statement"].search(
            [("partner_id", "=", self.partner_id), ("state", "=", "draft")]
        )
        if drafts:
            drafts[random.randrange(len(drafts))].action_cancel()

    def _work(self, worker, until, done):
        step = 0
        while time.monotonic() < until:
            step += 1
            work = (
                lambda env, step=step: self._record_some(env, worker, step),
                self._generate_some,
                self._generate_some,
                self._cancel_some,
            )[step % 4]
            with self._connect() as env:
                try:
                    retrying(lambda env=env, work=work: work(env), env)
                    done.append(work)
                except UserError:  # nothing left: the other was faster
                    env.cr.rollback()
                except Exception as error:
                    # Tried five times against the other; the next step finds another moment
                    env.cr.rollback()
                    done.append(error)

    @mute_logger("odoo.sql_db", "odoo.service.model")
    def test_two_workers(self):
        done = ([], [])
        until = time.monotonic() + SECONDS
        workers = [
            threading.Thread(target=self._work, args=(number, until, done[number]))
            for number in (0, 1)
        ]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join(SECONDS + 60)
            self.assertFalse(worker.is_alive())
        self.assertTrue(all(any(callable(step) for step in steps) for steps in done))
        for month in (1, 2):
            with self._connect() as env:  # one that finds nothing takes nothing back of the other
                self._finish(env, month)
        with self._connect() as env:
            self._check(env)

    def _finish(self, env, month):
        """Claim what is left, so that every line has to be on a statement."""
        try:
            env["scrm.settlement.statement"]._generate(
                env["res.company"].browse(self.company_id),
                date(2001, month, 1),
                date(2001, month, 28),
                env["res.partner"].browse(self.partner_id),
            )
        except UserError as error:
            self.assertIn("nothing left to settle", str(error))
            env.cr.rollback()

    def _check(self, env):
        lines = env["scrm.settlement.line"].search([("source_model", "=", CODE)])
        statements = lines.statement_id
        self.assertTrue(lines)
        self.assertEqual({"claimed"}, set(lines.mapped("state")))
        self.assertNotIn("cancel", statements.mapped("state"))
        self.assertEqual(
            sum(lines.mapped("amount")), sum(statements.mapped("amount_untaxed")), "Σ = Σ"
        )
        for statement in statements:
            self.assertEqual(statement.amount_untaxed, sum(statement.line_ids.mapped("amount")))
        keys = [(s.date_from, s.revision) for s in statements]
        self.assertEqual(len(keys), len(set(keys)))
