"""The program that runs Splink in a process of its own: a request on stdin, its answer on stdout.

It knows no Odoo, and Odoo's process knows neither Splink nor DuckDB: what they break or take in
memory ends with this process. `linker_process` starts it and tells what the lines mean.
"""

import importlib
import json
import os
import resource
import signal
import sys
import traceback
import types
from dataclasses import astuple
from pathlib import Path

# If Odoo is killed meanwhile, nobody waits for this process; it ends by itself.
LIFETIME = 900


def lift_limits():
    """Take back the limits that Odoo sets its own processes, and children inherit."""
    for name in (resource.RLIMIT_AS, resource.RLIMIT_CPU):
        hard = resource.getrlimit(name)[1]
        resource.setrlimit(name, (hard, hard))


def load(name):
    """Import a plain module of the addon without the addon itself, which needs Odoo."""
    addon = types.ModuleType("scrm_matching")
    addon.__path__ = [str(Path(__file__).resolve().parents[1])]
    sys.modules.setdefault("scrm_matching", addon)
    return importlib.import_module(f"scrm_matching.{name}")


def read_plan(values):
    plan = load("tools.plan")
    fields, *blocks = values
    return plan.Plan(
        tuple(plan.Field(*field) for field in fields),
        *(tuple(map(tuple, group)) for group in blocks),
    )


def read_rows():
    """Yield the rows up to the line that ends their table."""
    row = load("tools.plan").Row
    while found := json.loads(sys.stdin.readline()):
        id_, values = found
        yield row(id_, {k: tuple(v) if isinstance(v, list) else v for k, v in values.items()})


def work(request):
    """Yield the lines of the answer."""
    linker = load("providers.splink_linker").SplinkLinker(read_plan(request["plan"]))
    if request["operation"] == "train":
        yield linker.train(read_rows())
    else:
        pairs = linker.score(request["model"], read_rows(), read_rows(), floor=request["floor"])
        yield from map(astuple, pairs)


def main():
    """Write the answer; an error's class is the last line of stderr."""
    # What a library prints must not get between the answer's lines.
    answer = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    try:
        for line in work(json.loads(sys.stdin.readline())):
            answer.write(json.dumps(line) + "\n")
        answer.flush()
    except Exception as error:
        # Not its text: it may quote somebody's card, and this goes to a log.
        traceback.print_tb(error.__traceback__)
        sys.stderr.write(f"{type(error).__name__}\n")
        sys.stderr.flush()
        return 1
    return 0


if __name__ == "__main__":
    lift_limits()
    signal.alarm(LIFETIME)
    # At once: nothing that a library does at its end may spoil an answer that is there.
    os._exit(main())
