"""A real Odoo server, started from the project's `odoo.conf` on a database of its own."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools" / "dev"))

import config  # noqa: E402  (tools/dev is on the path only now)
import database  # noqa: E402
import odoo_package  # noqa: E402
import postgres  # noqa: E402

# Where an entry of Odoo's log begins: its date and time.
ENTRY = re.compile(r"^(?=\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} )", re.MULTILINE)
CONFLICTS = ("could not serialize access", "deadlock detected")


def free_port() -> int:
    """Return a TCP port of the loopback interface that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """One Odoo process on a clone of a database template, with background jobs.

    :param name: the name of the database to make, work in and drop
    :param template: `demo` (with our demo data) or `suite` (without)
    :param jobs: how many background jobs may run at once; 0 leaves them waiting
    """

    def __init__(self, name: str, template: str = "demo", jobs: int = 2):
        self.name = name
        self.template = template
        self.jobs = jobs
        self.port = free_port()
        self.process: subprocess.Popen | None = None
        self.odoo = None
        self.log = database.LOGS / f"{name}.server.log"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def create(self) -> None:
        """Make the database anew from its template."""
        self.odoo = odoo_package.ensure()
        postgres.ensure()
        config.ensure(self.odoo)
        database.personal(self.odoo, self.name, self.template)
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self.log.write_text("")

    def start(self, deadline: float = 180) -> None:
        """Start the process and return when it answers.

        :param deadline: seconds after which an unanswering server is an error
        """
        environment = {
            **os.environ,
            **postgres.connection(),
            "ODOO_QUEUE_JOB_CHANNELS": f"root:{self.jobs}",
        }
        with self.log.open("a") as log:
            self.process = subprocess.Popen(
                [*self.odoo.command, "-c", config.FILE, "-d", self.name]
                + ["--http-port", str(self.port), "--http-interface", "127.0.0.1"],
                env=environment,
                cwd=database.DEV,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        end = time.monotonic() + deadline
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise RuntimeError(f"Odoo ended at once; see {self.log}")
            try:
                with urllib.request.urlopen(f"{self.url}/web/health", timeout=5):
                    return
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                time.sleep(0.2)
        raise RuntimeError(f"Odoo did not answer within {deadline} s; see {self.log}")

    def kill(self) -> None:
        """End the process as a power cut would: no handler of it runs."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.process = None

    def stop(self) -> None:
        """End the process in good order."""
        if not self.process:
            return
        self.process.terminate()
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.kill()
        self.process = None

    def drop(self) -> None:
        self.stop()
        database.drop(self.name)

    def sql(self, statement: str, values: list | None = None) -> list:
        """Look into the committed data; used to observe, never to act."""
        return postgres.sql(self.name, statement, values)

    def log_entries(self, *levels: str) -> list[str]:
        """Return the log's entries of these levels, such as `ERROR`, each with all its lines.

        A conflict between two transactions is left out: PostgreSQL reports it as an error and
        Odoo does the work again. If that fails for good too, Odoo logs an error of its own.
        """
        entries = ENTRY.split(self.log.read_text(errors="replace"))
        return [
            entry
            for entry in filter(str.strip, entries)
            if entry.split(maxsplit=4)[3] in levels  # date, time, process, level
            and not any(conflict in entry for conflict in CONFLICTS)
        ]
