"""Splink for Odoo's process: the methods of `SplinkLinker`, run in a process of its own.

A request is lines of JSON: what is asked, then one line a row, and `null` where a table of rows
ends. The answer of `train` is the model, that of `score` one line a pair.
"""

import json
import logging
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import astuple
from pathlib import Path

from ..tools.plan import FieldWeight, Level, Plan, Row, ScoredPair, TrainingError

_logger = logging.getLogger(__name__)

WORKER = Path(__file__).with_name("splink_worker.py")
COMMAND = (sys.executable, "-X", "faulthandler", str(WORKER))
# Seconds; what it is for takes a few.
TIMEOUT = 600
# Characters of what the process said that are worth a log.
LOG_LIMIT = 4000


class LinkerError(Exception):
    """The process gave no answer; the text says why and holds nobody's data."""


class LinkerProcess:
    """What a plan says about rows; see `SplinkLinker`, which is never imported here."""

    def __init__(self, plan: Plan, *, timeout: float = TIMEOUT):
        self.plan = plan
        self.timeout = timeout

    def train(self, rows: Iterable[Row]) -> dict:
        """Return a model learned from rows, without anybody saying which are one.

        :raise TrainingError: too few rows resemble one another
        :raise LinkerError: the process gave no answer
        """
        with self._ask({"operation": "train"}, rows) as answer:
            return json.loads(answer.readline())

    def score(
        self, model: dict, new_rows: Iterable[Row], all_rows: Iterable[Row], *, floor: float = 0.5
    ) -> Iterator[ScoredPair]:
        """Return the pairs of a new row and any row that are at least ``floor`` probable.

        They wait in a file, not in memory. ``all_rows`` may hold the new rows too.

        :raise LinkerError: the process gave no answer
        """
        request = {"operation": "score", "model": model, "floor": floor}
        return self._read_pairs(self._ask(request, new_rows, all_rows))

    @staticmethod
    def _read_pairs(answer):
        with answer:
            for line in answer:
                left_id, right_id, probability, weights = json.loads(line)
                weights = tuple(FieldWeight(*weight) for weight in weights)
                yield ScoredPair(left_id, right_id, probability, weights)

    @staticmethod
    def explain(model: dict) -> list[Level]:
        """Return what a model has learned, field by field, strongest agreement first."""
        return [
            Level(
                field=part["output_column_name"],
                level=level["label_for_charts"],
                m=level.get("m_probability") or 0.0,
                u=level.get("u_probability") or 0.0,
            )
            for part in model["settings"]["comparisons"]
            for level in part["comparison_levels"]
            if not level.get("is_null_level")
        ]

    # === THE PROCESS === #

    def _ask(self, request, *tables):
        """Return the answer, a file that is gone when its reader closes it."""
        answer = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115
        # All that it writes on its way is in the folder, and goes with it however it ends.
        with (
            tempfile.TemporaryDirectory(prefix="scrm_matching_") as folder,
            tempfile.TemporaryFile("w+", encoding="utf-8") as question,
        ):
            question.write(json.dumps({**request, "plan": astuple(self.plan)}) + "\n")
            for rows in tables:
                for row in rows:
                    question.write(json.dumps((row.id, row.values)) + "\n")
                question.write("null\n")
            question.seek(0)
            try:
                done = subprocess.run(
                    COMMAND,
                    stdin=question,
                    stdout=answer,
                    stderr=subprocess.PIPE,
                    env={**os.environ, "TMPDIR": folder},
                    timeout=self.timeout,
                    check=False,
                )
            except subprocess.TimeoutExpired as error:
                raise LinkerError(f"no answer within {self.timeout} seconds") from error
        self._check(done)
        answer.seek(0)
        return answer

    @staticmethod
    def _check(done):
        """Raise what a process that has ended without an answer says."""
        if not done.returncode:
            return
        said = done.stderr.decode(errors="replace").strip()[-LOG_LIMIT:]
        reason = said.rpartition("\n")[2]
        if reason == TrainingError.__name__:
            raise TrainingError("there is nothing to learn from in these rows")
        if done.returncode < 0:
            reason = f"the process was ended by {signal.Signals(-done.returncode).name}"
        _logger.error("Splink's process gave no answer: %s\n%s", reason, said)
        raise LinkerError(reason or f"the process ended with {done.returncode}")
