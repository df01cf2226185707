"""Seconds, memory and ratios of the product's way and the bare one, run in turns."""

import os
import resource
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROUNDS = 3
# MB that a step may take.
MEMORY = 500
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Taken:
    """What one run took: seconds of the clock, and of both processes' CPU."""

    wall: float
    cpu: float


def _backend_cpu(cr) -> float:
    stat = Path(f"/proc/{cr._cnx.info.backend_pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(stat[11]) + int(stat[12])) / TICKS


def _own_cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def _memory(name: str) -> int:
    """Return a value of this process's memory, in MB."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) // 1024
    return 0


def _forget_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5")


def take(cr, work: Callable[[], object]) -> Taken:
    """Run a piece of work and say what it took, here and in the database's process."""
    wall, cpu = time.perf_counter(), _own_cpu() + _backend_cpu(cr)
    work()
    return Taken(time.perf_counter() - wall, _own_cpu() + _backend_cpu(cr) - cpu)


class Report:
    """Prints a line for each comparison, and knows whether every target was met."""

    def __init__(self, scale: str):
        self.loaded = _memory("VmRSS")
        self.missed: list[str] = []
        print(
            f"\n  scale {scale}, {ROUNDS} rounds in turns, medians; CPU is Odoo's and PostgreSQL's"
        )
        print(f"  {'':34}{'wall s':>9}{'CPU s':>9}{'bare CPU':>10}{'ratio':>8}{'target':>8}"
              f"{'+MB':>6}  load")  # fmt: skip

    def compare(self, what: str, env, *, product, bare, target, prepare=None, by="cpu") -> float:
        """Run both in turns, each in a savepoint; print the ratio, return the product's seconds.

        :param product: function of env, the product's own method
        :param bare: function of env, the same by plain SQL; or a number of seconds of CPU
        :param target: the largest ratio of CPU that is good
        :param prepare: function of env that is not timed, before each
        :param by: what is compared: "cpu", or "wall" for what somebody waits for
        """
        runs: dict[str, list[Taken]] = {"bare": [], "product": []}
        memory = bare_memory = 0
        for number in range(ROUNDS):
            for name, work in (("bare", bare), ("product", product)):
                if callable(work):
                    _forget_peak()
                    runs[name].append(self._run(env, work, prepare))
                if name == "bare" and not number:  # later ones begin with what was taken before
                    bare_memory = self.get_growth()
            memory = max(memory, self.get_growth())  # the product's came last
        wall = statistics.median(taken.wall for taken in runs["product"])
        cpu = statistics.median(taken.cpu for taken in runs["product"])
        base = statistics.median(getattr(t, by) for t in runs["bare"]) if runs["bare"] else bare
        ratio = {"cpu": cpu, "wall": wall}[by] / base if base else float("inf")
        self._print(what, wall, cpu, base, ratio, target, memory)
        if bare_memory > MEMORY:
            self.note(f"of these MB the bare one's first run took {bare_memory}")
        return cpu

    def get_growth(self) -> int:
        """Return how many MB the process grew at its peak, above its size after loading."""
        return _memory("VmHWM") - self.loaded

    def _run(self, env, work, prepare) -> Taken:
        env.cr.execute("SAVEPOINT bench")
        try:
            if prepare:
                prepare(env)
            env.flush_all()
            return take(env.cr, lambda: (work(env), env.flush_all()))
        finally:
            env.clear()
            env.cr.execute("ROLLBACK TO SAVEPOINT bench")

    def _print(self, what, wall, cpu, base, ratio, target, memory=None):
        good = ratio <= target
        if not good:
            self.missed.append(what)
        if memory is None:
            memory = max(_memory("VmHWM") - self.loaded, 0)
        print(
            f"  {what:34}{wall:9.2f}{cpu:9.2f}{base:10.2f}{ratio:8.2f}{target:8.2f}{memory:6}"
            f"  {os.getloadavg()[0]:.1f}{'' if good else '  MISSED'}",
            flush=True,
        )

    def note(self, text: str) -> None:
        print(f"  {text}", flush=True)
