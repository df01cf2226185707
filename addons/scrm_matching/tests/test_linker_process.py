import sys
import threading
import time
from unittest.mock import patch

import psutil

from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.queue_job.exception import RetryableJobError

from ..providers import linker_process
from ..providers.linker_process import LinkerError, LinkerProcess
from ..tools.customer_rows import CUSTOMERS
from . import people
from .common import MatchingCase, parameters

LOGGER = linker_process.__name__


def shell(program):
    """Have a shell command start the process; it finds the usual one in "$@"."""
    return patch.object(
        linker_process, "COMMAND", ("sh", "-c", program, "sh", *linker_process.COMMAND)
    )


@tagged("post_install", "-at_install")
class TestLinkerProcess(MatchingCase):
    def _make_sample(self):
        self._make_cards(people.make(600, twice=0.4))

    def _kill_worker(self):
        """Kill the process as soon as it computes, as a system without memory would."""
        until = time.monotonic() + 60
        while time.monotonic() < until:
            for child in psutil.Process().children():
                if str(linker_process.WORKER) in child.cmdline():
                    child.kill()
                    return
            time.sleep(0.01)

    def test_odoo_knows_no_library_of_it(self):
        self._make_sample()
        self.model._train()
        self._compare()
        self.assertTrue(self._get_candidates())
        libraries = {name.partition(".")[0] for name in sys.modules}
        self.assertFalse(libraries & {"splink", "duckdb", "_duckdb", "pyarrow", "sqlglot"})

    def test_a_killed_process_harms_nothing(self):
        self._make_sample()
        trained_at, levels = self.model.trained_at, self.model.level_ids
        killer = threading.Thread(target=self._kill_worker)
        killer.start()
        with (
            self.assertLogs(LOGGER, "ERROR") as logs,
            self.assertRaisesRegex(UserError, "Learning stopped: .* ended by SIGKILL. What"),
        ):
            self.model._train()
        killer.join()
        self.assertNotIn("欧阳", str(logs.output))
        self.assertEqual(parameters(), self.model.sudo().parameters)
        self.assertEqual((trained_at, levels), (self.model.trained_at, self.model.level_ids))
        self.model._train()
        self.assertEqual(600, self.model.sample_size)

    def test_comparing_is_tried_again(self):
        self._make_cards(people.make(20))
        self.model._start_scoring()
        with (
            shell("kill -SEGV $$"),
            self.assertLogs(LOGGER, "ERROR"),
            self.assertRaisesRegex(RetryableJobError, "ended by SIGSEGV. It is tried again"),
            self.env.cr.savepoint(),
        ):
            self.model._score_due()
        self.assertEqual(20, len(self.model._take_due(100)))

    def test_a_process_that_hangs_is_ended(self):
        with shell("exec sleep 60"), self.assertRaisesRegex(LinkerError, "within 0.2 seconds"):
            LinkerProcess(CUSTOMERS, timeout=0.2).train([])
        self.assertFalse(
            [child for child in psutil.Process().children() if child.name() == "sleep"]
        )

    def test_an_error_is_told_without_what_it_quotes(self):
        """The text of a library's error may hold anybody's name."""
        model = {**parameters(), "size": "欧阳清兰"}
        rows = [row for row in self._get_rows() if row.values["name"]]
        with (
            self.assertLogs(LOGGER, "ERROR") as logs,
            self.assertRaisesRegex(LinkerError, "^TypeError$"),
        ):
            LinkerProcess(CUSTOMERS).score(model, rows, rows)
        self.assertNotIn("欧阳", str(logs.output))

    def _get_rows(self):
        customers = self._make_cards(people.make(50, twice=0.5))
        return self.model._fetch_rows(customers.ids)[0]

    def test_odoos_limits_do_not_bind_it(self):
        """limit_memory_hard and limit_time_cpu are inherited; it lifts them for itself."""
        rows = self._get_rows()
        with shell('ulimit -S -v 1500000; ulimit -S -t 1; exec "$@"'):
            self.assertTrue(list(LinkerProcess(CUSTOMERS).score(parameters(), rows, rows)))
