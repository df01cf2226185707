"""How long a server takes to answer: the suite's database against the same one without the suite.

Prints a ratio; both are started alternately in this run, on clones of the templates.
"""

import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.harness.server import Server

ROUNDS = 3


def seconds_to_answer(server: Server) -> float:
    started = time.perf_counter()
    server.start()
    taken = time.perf_counter() - started
    server.stop()
    return taken


def main() -> None:
    servers = {"stock": Server("bench_stock", "core"), "suite": Server("bench_suite", "suite")}
    taken: dict[str, list[float]] = {name: [] for name in servers}
    try:
        for server in servers.values():
            server.create()
            seconds_to_answer(server)
        for _round in range(ROUNDS):
            for name, server in servers.items():
                taken[name].append(seconds_to_answer(server))
    finally:
        for server in servers.values():
            server.drop()
    stock, suite = (statistics.median(taken[name]) for name in ("stock", "suite"))
    print(f"server start, stock Odoo   {stock:6.1f} s   (median of {ROUNDS})")
    print(f"server start, with suite   {suite:6.1f} s")
    print(f"ratio                      {suite / stock:6.2f}     target at most 1.50")


if __name__ == "__main__":
    main()
