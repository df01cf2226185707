"""`make test` is not content with skipped tests, with no tests, or with warnings in the log."""

import subprocess
import sys

import logcheck
import pytest
import testing

ONE = '<testsuites><testsuite tests="{}" failures="{}" errors="{}" skipped="{}"/></testsuites>'


@pytest.mark.parametrize(
    "counts,code,complaint",
    [
        ((3, 0, 0, 0), 0, None),
        ((3, 1, 0, 0), 1, "1 failed"),
        ((3, 0, 2, 0), 1, "2 in error"),
        ((3, 0, 0, 1), 0, "1 skipped"),
        ((0, 0, 0, 0), 0, "no test was found"),
        ((3, 0, 0, 0), 2, "0 failed"),
    ],
)
def test_judge(tmp_path, counts, code, complaint):
    report = tmp_path / "report.xml"
    report.write_text(ONE.format(*counts))
    wrong = testing.judge("x", code, report)
    assert (len(wrong) == 1 and complaint in wrong[0]) if complaint else wrong == []


def test_judge_without_report(tmp_path):
    assert testing.judge("x", 4, tmp_path / "none.xml")


@pytest.mark.parametrize(
    "line,ours",
    [
        ("WARNING db odoo.addons.scrm_base.models.outbox: late", True),
        ("ERROR db odoo.addons.scrm_social.controllers: no", True),
        ("INFO db odoo.addons.scrm_base.models.outbox: sent", False),
        ("WARNING db odoo.addons.mail.models: theirs", False),
        ("WARNING db py.warnings: /x/addons/scrm_base/models/a.py:3: Deprecated", True),
        ("WARNING db py.warnings: /x/site-packages/a.py:3: Deprecated", False),
        ("WARNING db odoo.models: scrm.customer has no _description", True),
        ("WARNING db odoo.models: res.partner is odd", False),
    ],
)
def test_log_lines_of_our_modules(tmp_path, line, ours):
    log = tmp_path / "odoo.log"
    log.write_text(f"2026-01-01 10:00:00,000 1 {line}\n")
    assert bool(logcheck.complaints(log)) is ours


@pytest.mark.parametrize("host,refused", [("192.0.2.1", True), ("127.0.0.1", False)])
def test_no_network_beyond_loopback(host, refused):
    program = (
        "import socket\n"
        "s = socket.socket(); s.settimeout(1)\n"
        f"try: s.connect(({host!r}, 9))\n"
        "except OSError as error: print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={"PYTHONPATH": str(testing.OFFLINE)},
        capture_output=True,
        text=True,
    )
    assert ("must not use the network" in done.stdout) is refused
