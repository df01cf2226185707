"""`make test`: the tests of the tools, of the addons (pytest-odoo) and of the whole suite."""

import os
import subprocess
import sys
import time
import xml.etree.ElementTree as ET

import chromium
import config
import database
import logcheck
from console import Stop, note, say, step
from paths import ADDONS, LOGS, PYTHON, ROOT

OFFLINE = ROOT / "tools" / "dev" / "offline"
DATABASE = "scrm_test"


def environment(**more):
    """Return the environment of tests: private PostgreSQL, no network, no background jobs."""
    return {**os.environ, **database.odoo_env(), "PYTHONPATH": str(OFFLINE), **more}


# pytest-odoo opens a database before every run; tests that are no addon's have none.
PLAIN = ["-p", "no:odoo"]


def pytest(name, arguments, env=None):
    """Run pytest with its output on the terminal; return what is wrong with the result."""
    report = LOGS / f"{name}.xml"
    report.parent.mkdir(parents=True, exist_ok=True)
    report.unlink(missing_ok=True)
    code = subprocess.run(
        [str(PYTHON), "-m", "pytest", "-rfEsxX", f"--junitxml={report}", *map(str, arguments)],
        env=env or environment(),
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
    ).returncode
    return judge(name, code, report)


def judge(name, code, report):
    """Return sentences about a pytest run: its failures, and its skipped tests too."""
    if not report.exists():
        return [f"{name}: pytest ended with code {code} before it ran a test"]
    counts = {"errors": 0, "failures": 0, "skipped": 0, "tests": 0}
    for suite in ET.parse(report).getroot().iter("testsuite"):
        for key in counts:
            counts[key] += int(suite.get(key) or 0)
    wrong = []
    if code or counts["failures"] or counts["errors"]:
        wrong.append(f"{name}: {counts['failures']} failed, {counts['errors']} in error")
    if counts["skipped"]:
        wrong.append(
            f"{name}: {counts['skipped']} skipped (a test that does not run proves nothing)"
        )
    if not counts["tests"]:
        wrong.append(f"{name}: no test was found")
    return wrong


def _addons_without_tests(addons):
    cases = (LOGS / "addons.xml").read_text() if (LOGS / "addons.xml").exists() else ""
    return [f"{addon}: none of its tests ran" for addon in addons if f"{addon}.tests." not in cases]


def test_addons(odoo, chosen=()):
    template = database.suite(odoo)
    installed = logcheck.complaints(database.building_log(template))
    wrong = [f"while installing: {line}" for line in installed]
    step("Tests of the addons")
    database.drop(DATABASE)
    database.clone(template, DATABASE)
    addons = [name for name in database.installable() if not chosen or name in chosen]
    log = LOGS / "addons-tests.log"
    log.unlink(missing_ok=True)
    folders = [ADDONS / name / "tests" for name in addons if (ADDONS / name / "tests").is_dir()]
    wrong += pytest(
        "addons",
        ["--odoo-config", config.FILE, "--odoo-database", DATABASE, "--odoo-http"]
        + ["--odoo-log-level=warn", "--odoo-extra", f"logfile={log}", *folders],
    )
    wrong += _addons_without_tests(addons)
    wrong += [f"in the log: {line}" for line in logcheck.complaints(log)]
    database.drop(DATABASE)
    return wrong


def has_tests(folder):
    return any(folder.rglob("test_*.py"))


def run(odoo, chosen=()):
    """Run all tests (or those of chosen addons); Stop with what is wrong."""
    started = time.monotonic()
    chromium.ensure()
    wrong = []
    if not chosen:
        step("Tests of the tools")
        wrong += pytest("tools", [*PLAIN, ROOT / "tools" / "tests", "-q"])
    wrong += test_addons(odoo, chosen)
    if not chosen and has_tests(ROOT / "tests"):
        step("Stories and faults on real servers")
        wrong += pytest("stories", [*PLAIN, ROOT / "tests"])
    note(f"{int(time.monotonic() - started)} s in all")
    conclude(wrong)


def conclude(wrong):
    if wrong:
        say("\nWhat is wrong:")
        for line in wrong:
            say(f"  - {line}")
        raise Stop(f"{len(wrong)} complaint(s), listed above.")
    say("\nAll is well.")


def story():
    """Play the story that crosses all addons in a real browser."""
    chromium.ensure()
    step("The story")
    conclude(pytest("story", [*PLAIN, ROOT / "tests" / "story", "-v"]))


def bench(scale="small"):
    """Run every benchmark at a scale; each prints its own figures."""
    programs = sorted((ROOT / "tests" / "benchmarks").glob("*.py"))
    failed, started = [], time.monotonic()
    for program in programs:
        if program.name == "__init__.py":
            continue
        step(f"Benchmark {program.stem}")
        sys.stdout.flush()
        begun = time.monotonic()
        done = subprocess.run(
            [str(PYTHON), str(program)],
            env=environment(SCALE=scale),
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
        )
        if done.returncode:
            failed.append(program.stem)
        note(f"{int(time.monotonic() - begun)} s")
    note(f"{int(time.monotonic() - started)} s in all")
    if not programs:
        note("there are no benchmarks yet (tests/benchmarks/*.py)")
    if failed:
        raise Stop(f"These benchmarks failed: {', '.join(failed)}.")
