"""A power cut amid the generation of statements loses no line and states none twice."""

import subprocess
from decimal import Decimal

import config
import database
import postgres
import pytest

from tests.harness.server import ROOT, Server
from tests.harness.wait import wait_for

# Two batches of a run.
DEALERS, LINES = 1500, 4

# The benchmark's dealers, fewer lines each; and a run over all of them.
SEED = f"""
import sys
from types import SimpleNamespace

sys.path.insert(0, "{ROOT}/tests/benchmarks")
import settlement_statements as benchmark

benchmark.DEALERS["small"], benchmark.LINES["small"] = {DEALERS}, {LINES}
benchmark.seed(env, SimpleNamespace(name="small"))
with env.registry.cursor() as cr:
    env = env(cr=cr)
    dealers = benchmark.dealers(env, {DEALERS})
    env["scrm.settlement.run"]._start(env.company, benchmark.FIRST, benchmark.LAST, dealers)
"""


@pytest.fixture
def server():
    server = Server("scrm_settlement_kill", "suite", jobs=1)
    server.create()
    subprocess.run(
        [*server.odoo.command, "shell", "-c", config.FILE, "-d", server.name, "--no-http"],
        input=SEED,
        text=True,
        check=True,
        cwd=database.DEV,
        env={**database.odoo_env(), **postgres.connection()},
    )
    yield server
    server.drop()


def progress(server: Server) -> tuple[int, str, int]:
    """Return how many dealers are done, the run's state and whether a batch is at work."""
    return tuple(
        server.sql(
            "SELECT done_count, state, (SELECT count(*) FROM queue_job WHERE state = 'started'"
            " AND method_name = '_run_batch') FROM scrm_settlement_run"
        )[0]
    )


def is_old(server: Server) -> bool:
    """Tell whether the runner takes the job at work for dead once nobody holds it."""
    [[old]] = server.sql(
        "SELECT bool_and(date_enqueued < now() AT TIME ZONE 'UTC' - interval '11 s')"
        " FROM queue_job WHERE state IN ('enqueued', 'started')"
    )
    return old


def test_killed_amid_a_batch(server):
    server.start()
    wait_for("the second batch at work", lambda: progress(server) == (1000, "running", 1))
    server.kill()
    [[statements, claimed]] = server.sql(
        "SELECT (SELECT count(*) FROM scrm_settlement_statement),"
        " (SELECT count(*) FROM scrm_settlement_line WHERE statement_id IS NOT NULL)"
    )
    assert (statements, claimed) == (1000, 1000 * LINES), "of the second batch nothing is left"

    wait_for("the broken job old", lambda: is_old(server))
    server.start()
    wait_for("the run done", lambda: progress(server)[:2] == (DEALERS, "done"), deadline=120)
    [[statements, dealers, revisions, stated, lines, earned]] = server.sql(
        """
        SELECT count(*), count(DISTINCT partner_id), max(revision), sum(amount_untaxed),
               (SELECT count(*) FROM scrm_settlement_line WHERE state = 'claimed'),
               (SELECT sum(amount) FROM scrm_settlement_line line
                  JOIN scrm_settlement_statement own
                       ON own.id = line.statement_id AND own.partner_id = line.partner_id)
          FROM scrm_settlement_statement
        """
    )
    assert (statements, dealers, revisions) == (DEALERS, DEALERS, 0)
    assert lines == DEALERS * LINES, "every line is on a statement"
    assert Decimal(stated) == Decimal(earned), f"Σ statements {stated} = Σ lines {earned}"
