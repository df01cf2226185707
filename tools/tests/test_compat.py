"""`make compat` reads Odoo's test logs and names every difference."""

import compat
import pytest

HEAD = "2026-01-01 10:00:00,000 1 INFO db odoo.addons.sale.tests.test_a: "
TOTAL = "2026-01-01 10:00:00,000 1 ERROR db odoo.tests.result: {} failed, 0 error(s) of 2 tests\n"
RAN = f"{HEAD}Starting TestA.test_1 ...\n{HEAD}Starting TestA.test_2 ...\n"
MANY = "AssertionError: Query count more than expected for user admin: {} > 40 in test_2 at {}\n"


def _section(text, title):
    return text.split(f"## {title}")[1].split("##")[0]


def test_difference_by_name():
    stock = compat.Result(RAN + TOTAL.format(0))
    failed = HEAD.replace("INFO", "ERROR") + "FAIL: TestA.test_2\n"
    suite = compat.Result(RAN + failed + TOTAL.format(1))
    text = compat.report("19.0", compat.MODULES, stock, suite)
    assert "- `sale.tests.test_a TestA.test_2`" in _section(text, "Pass on stock, not with")
    assert "TestA.test_1" not in text
    assert "Not run" not in text


def test_known_difference_has_its_reason(monkeypatch):
    monkeypatch.setitem(compat.KNOWN, "sale.tests.test_a TestA.test_2", "because so.")
    stock = compat.Result(RAN + TOTAL.format(0))
    suite = compat.Result(HEAD.replace("INFO", "ERROR") + "FAIL: TestA.test_2\n" + TOTAL.format(1))
    text = compat.report("19.0", compat.MODULES, stock, suite)
    assert "- `sale.tests.test_a TestA.test_2`: because so." in text


def test_modules_not_run_are_named():
    result = compat.Result(RAN + TOTAL.format(0))
    text = compat.report("19.0", ["loyalty", "sale"], result, result)
    assert "**Not run this time**: the tests of sale_loyalty, partnership, sale_stock" in text


def test_queries_are_compared():
    place = "sale/tests/test_a.py:12"
    stock = compat.Result(RAN + TOTAL.format(0))
    suite = compat.Result(RAN + MANY.format(45, place) + TOTAL.format(1))
    text = compat.report("19.0", compat.MODULES, stock, suite)
    row = f"| `test_2` | `{place}` | admin | 40 | at most 40 | 45 |"
    assert row in _section(text, "More queries")


@pytest.mark.parametrize(
    "line,name",
    [
        ("odoo.addons.sale.tests.test_a: FAIL: TestA.test_1", "sale.tests.test_a TestA.test_1"),
        ("odoo.addons.sale.tests.test_a: ERROR: TestA.test_1", "sale.tests.test_a TestA.test_1"),
        (
            "odoo.addons.sale.tests.test_a: FAIL: Subtest TestA.test_1 (x=2)",
            "sale.tests.test_a TestA.test_1",
        ),
        (
            "odoo.tests.suite: ERROR: setUpClass (odoo.addons.sale.tests.test_a.TestA)",
            "sale.tests.test_a TestA (whole class)",
        ),
    ],
)
def test_every_kind_of_failure_is_read(line, name):
    assert compat.Result(f"2026-01-01 10:00:00,000 1 ERROR db {line}\n").broken == {name}


@pytest.mark.parametrize("broken", ["suite.broken", "stock.ran"])
def test_unexplained_differences_fail(monkeypatch, tmp_path, broken):
    good = compat.Result(RAN + TOTAL.format(0))
    bad = compat.Result(RAN + TOTAL.format(1))
    if broken == "suite.broken":
        bad.broken = {"sale.tests.test_a TestA.test_2"}
    else:
        bad.ran = {"sale.tests.test_a TestA.test_1"}
    results = {compat.STOCK: good, compat.SUITE: bad}
    monkeypatch.setattr(compat, "_tests", lambda _odoo, name, _modules: results[name])
    monkeypatch.setattr(compat, "REPORT", tmp_path / "compat.md")
    monkeypatch.setattr(compat, "ROOT", tmp_path)
    odoo = type("Odoo", (), {"version": "19.0"})
    assert compat.compare(odoo, ["sale"]) == ["sale.tests.test_a TestA.test_2"]
    monkeypatch.setitem(compat.KNOWN, "sale.tests.test_a TestA.test_2", "because so.")
    assert compat.compare(odoo, ["sale"]) == []
