import threading
import time
from contextlib import contextmanager
from functools import partial
from unittest.mock import patch

from odoo import SUPERUSER_ID, api, modules
from odoo.modules.registry import Registry
from odoo.service.model import retrying
from odoo.tests import BaseCase, get_db_name

from odoo.addons.queue_job import jobrunner

# Seconds that one transaction waits for another.
DEADLINE = 30


class RaceCase(BaseCase):
    """Real connections on committed data, which ``_take_away`` removes again."""

    # What runs here commits and sends as it does in production.
    is_production = True

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if jobrunner.runner_thread:
            # It would do the jobs of what is committed here, in the midst of the races.
            raise AssertionError("Start races with ODOO_QUEUE_JOB_CHANNELS=root:0")
        cls.registry = Registry(get_db_name())

    def setUp(self):
        super().setUp()
        if self.is_production:
            self.patch(modules.module, "current_test", False)
        self.addCleanup(self._commit, self._take_away)
        self._commit(self._prepare)

    def _prepare(self, env):
        """Commit what the test begins with; run again when another transaction meets it."""

    def _take_away(self, env):
        """Remove what the test has committed; run again when another transaction meets it."""
        raise NotImplementedError

    @contextmanager
    def _connect(self):
        """Yield an environment on a connection of its own, which commits at the end."""
        with self.registry.cursor() as cr:
            yield api.Environment(cr, SUPERUSER_ID, {"tracking_disable": True})

    def _commit(self, work):
        """Return what ``work(env)`` does in a transaction of its own, retried as requests are."""
        with self._connect() as env:
            return retrying(partial(work, env), env)

    def _query(self, statement, *parameters):
        """Return the rows that everybody sees by now."""
        with self.registry.cursor() as cr:
            cr.execute(statement, parameters)
            return cr.fetchall()

    def _race(self, work, late=None):
        """Run ``work`` in two transactions: the second waits for the first and is run again.

        :param work: function of an environment, which returns what is true without it too
        :param late: what the second does, where it is something else
        :return: (result of the first, result or error of the second, attempts of the second)
        """
        attempts, outcome = [], []

        def attempt(env):
            attempts.append(1)
            return (late or work)(env)

        def follow(env):
            try:
                with patch("time.sleep"):
                    outcome.append(retrying(partial(attempt, env), env))
            except Exception as error:
                outcome.append(error)

        with self._connect() as env, self._connect() as other:
            first = work(env)
            other.cr.execute("SELECT pg_backend_pid()")  # its snapshot misses the first's rows
            [pid] = other.cr.fetchone()
            thread = threading.Thread(target=follow, args=(other,))
            thread.start()
            try:
                self._await_lock(pid)
            finally:
                env.cr.commit()
                thread.join(DEADLINE)
            self.assertFalse(thread.is_alive())
        return first, outcome[0], len(attempts)

    def _await_lock(self, pid):
        """Return when the connection waits for a lock of another."""
        limit = time.monotonic() + DEADLINE
        while not self._is_waiting(pid):
            self.assertLess(time.monotonic(), limit, "the second transaction never waited")

    def _is_waiting(self, pid):
        [(kind,)] = self._query("SELECT wait_event_type FROM pg_stat_activity WHERE pid = %s", pid)
        return kind == "Lock"

    def _run_at_once(self, work, workers):
        """Return what ``work(number)`` returns in threads that start together."""
        start = threading.Barrier(workers)
        results, errors = [], []

        def run(number):
            try:
                start.wait(timeout=DEADLINE)
                results.append(work(number))
            except Exception as error:
                errors.append(error)

        threads = [threading.Thread(target=run, args=(number,)) for number in range(workers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=4 * DEADLINE)
        self.assertEqual([], errors)
        return results
