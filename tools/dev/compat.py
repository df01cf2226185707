"""`make compat`: Odoo's own tests on stock Odoo and with the suite; the difference by name.

The tests are those that Odoo runs once all is installed. The others run while their module is
loaded, when no addon of the suite is there yet, so the suite cannot touch their outcome.
"""

import re
import socket
import time

import architecture
import chromium
import database
from compat_known import KNOWN
from console import Stop, note, step
from paths import LOGS, ROOT

MODULES = "loyalty sale_loyalty partnership sale sale_stock crm account stock".split()
REPORT = ROOT / "docs" / "compat.md"
STOCK = "scrm_compat_stock"
SUITE = "scrm_compat_suite"
# What the suite depends on and is not Odoo's.
NOT_STOCK = {"queue_job", architecture.CHART}
STARTED = re.compile(r"odoo\.addons\.([\w.]+): Starting (\w+\.\w+) \.\.\.")
BROKEN = re.compile(r"odoo\.addons\.([\w.]+): (?:FAIL|ERROR): (?:Subtest )?(\w+\.\w+)")
# A class that could not be set up has no logger of its own; its name tells the module.
SETUP = re.compile(r": ERROR: (?:setUpClass|tearDownClass) \(odoo\.addons\.(\S+)\.(\w+)\)")
TOTAL = re.compile(r"(\d+) failed, (\d+) error\(s\) of (\d+) tests")
QUERIES = re.compile(
    r"Query count more than expected for user (\S+): (\d+) > (\d+) in (\w+) at (\S+:\d+)"
)


class Result:
    """What one run's log tells: the tests that ran, those that did not pass, queries too many."""

    def __init__(self, text):
        self.ran = {f"{module} {test}" for module, test in STARTED.findall(text)}
        self.broken = {f"{module} {test}" for module, test in BROKEN.findall(text)}
        self.broken |= {f"{module} {name} (whole class)" for module, name in SETUP.findall(text)}
        # (place, test, user) -> (queries, allowed)
        self.queries = {
            (place, test, user): (int(count), int(allowed))
            for user, count, allowed, test, place in QUERIES.findall(text)
        }
        totals = TOTAL.findall(text)
        self.total = totals[-1] if totals else None
        self.seconds = 0


def _tests(odoo, name, modules):
    """Run the modules' tests on a database that is ready, and read the result in its log."""
    step(f"Odoo's tests on {name}: {', '.join(modules)}")
    log = database.log_of(name)
    log.unlink(missing_ok=True)
    tags = ",".join(f"post_install/{module}" for module in modules)
    options = ["--test-tags", tags, "--stop-after-init", "--http-port", str(_port())]
    begun = time.monotonic()
    try:
        database.odoo_run(odoo, name, options, "Odoo's test run")
    except Stop as error:
        note(f"Odoo says that tests failed: {error}".split(";")[0])
    result = Result(log.read_text(errors="replace"))
    if not result.total:
        raise Stop(f"Odoo's tests did not come to an end on {name}; see {log}.")
    result.seconds = round(time.monotonic() - begun)
    log.rename(LOGS / f"{name}-last.log")
    return result


def _port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def prepare(odoo):
    """Make two fresh databases that differ in the suite (and in what is not Odoo's) alone."""
    step("Two fresh databases")
    for name in (STOCK, SUITE):
        database.drop(name)
    needs = set(architecture.core_dependencies()) - NOT_STOCK
    database.install(odoo, STOCK, sorted({*MODULES, *needs}), "Installing Odoo's modules")
    database.clone(STOCK, SUITE)
    database.install(odoo, SUITE, database.installable(), "Installing the suite")


def _list(title, names, empty="None."):
    rows = [f"- `{name}`{_reason(name)}" for name in sorted(names)] or [empty]
    return [f"## {title}", "", *rows, ""]


def _reason(name):
    return f": {KNOWN[name]}" if name in KNOWN else ""


def _queries(stock, suite):
    lines = ["## More queries than Odoo's tests allow", ""]
    if not stock.queries and not suite.queries:
        return [*lines, "None.", ""]
    lines += [
        "| test | at | user | allowed | stock | with the suite |",
        "|---|---|---|---|---|---|",
    ]
    for key in sorted({*stock.queries, *suite.queries}):
        place, test, user = key
        allowed = (suite.queries.get(key) or stock.queries.get(key))[1]
        counts = [
            result.queries[key][0] if key in result.queries else f"at most {allowed}"
            for result in (stock, suite)
        ]
        lines.append(f"| `{test}` | `{place}` | {user} | {allowed} | {counts[0]} | {counts[1]} |")
    return [*lines, ""]


def report(odoo_version, modules, stock, suite):
    """Return the text of docs/compat.md."""
    others = [module for module in MODULES if module not in modules]
    lines = [
        "# Odoo's own tests, with the suite and without",
        "",
        f"Made by `make compat` on {time.strftime('%Y-%m-%d at %H:%M')} with Odoo {odoo_version}.",
        f"The tests of {', '.join(modules)} ran on two fresh databases without demo data, which",
        "hold the same modules of Odoo; the second has the suite too. They are the tests that Odoo",
        "runs once all is installed (`post_install`); the others run while their module is loaded,",
        "when no addon of the suite is there yet.",
        "",
    ]
    if others:
        lines += [f"**Not run this time**: the tests of {', '.join(others)}.", ""]
    lines += ["| database | tests | failed | errors | seconds |", "|---|---|---|---|---|"]
    for name, result in (("stock Odoo", stock), ("with the suite", suite)):
        failed, errors, tests = result.total
        lines.append(f"| {name} | {tests} | {failed} | {errors} | {result.seconds} |")
    lines.append("")
    lines += _list("Pass on stock, not with the suite", suite.broken - stock.broken)
    lines += _queries(stock, suite)
    lines += _list("Run on stock only", stock.ran - suite.ran)
    lines += _list("Fail on both (Odoo's own matter)", suite.broken & stock.broken)
    lines += _list("Fail on stock only", stock.broken - suite.broken)
    return "\n".join(lines).rstrip() + "\n"


def compare(odoo, modules):
    """Run the tests on both databases; write the report; return the differences not explained."""
    stock = _tests(odoo, STOCK, modules)
    suite = _tests(odoo, SUITE, modules)
    REPORT.write_text(report(odoo.version, modules, stock, suite))
    note(f"the result stands in {REPORT.relative_to(ROOT)}")
    lost = (suite.broken - stock.broken) | (stock.ran - suite.ran)
    return sorted(lost - KNOWN.keys())


def run(odoo, modules=()):
    """Compare the tests of Odoo's modules (or of chosen ones) without and with the suite."""
    modules = [name for name in MODULES if not modules or name in modules]
    if not modules:
        raise Stop(f"MODULES may name some of: {' '.join(MODULES)}.")
    chromium.ensure()
    prepare(odoo)
    lost = compare(odoo, modules)
    for name in (STOCK, SUITE):
        database.drop(name)
    if lost:
        raise Stop(
            "Tests that pass on stock Odoo fail with the suite (docs/compat.md): " + "; ".join(lost)
        )
