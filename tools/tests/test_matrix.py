"""`make matrix` names whatever an addon leaves behind, takes along, or adds to core's tables."""

import database
import matrix
import odoo_package
import postgres
import pytest


@pytest.fixture
def odoo(tmp_path):
    return odoo_package.Odoo(tmp_path, "19.0")


@pytest.mark.parametrize(
    "now,complaints",
    [
        (({"table sale_order"}, {"res_partner": "2"}), []),
        (
            ({"table sale_order", "function scrm_f"}, {"res_partner": "2"}),
            ["left behind: function scrm_f"],
        ),
        ((set(), {"res_partner": "2"}), ["lost: table sale_order"]),
        (({"table sale_order"}, {"res_partner": "3"}), ["res_partner had 2 rows, has 3"]),
        # A table that came or went is named by its structure.
        (({"table sale_order"}, {"res_partner": "2", "scrm_x": "1"}), []),
    ],
)
def test_difference(now, complaints):
    assert matrix.difference(({"table sale_order"}, {"res_partner": "2"}), now) == complaints


def test_settings_are_compared_row_by_row(monkeypatch):
    asked = []

    def answer(_name, statement, values=None):
        asked.append((statement, values))
        if statement == matrix.STRUCTURE:
            return [["table ir_ui_menu"], ["table res_partner"]]
        if statement == matrix.ROWS:
            return [["res_partner", "5"]]
        return [["ir_ui_menu 7 0123 Invoicing"]]

    monkeypatch.setattr(postgres, "sql", answer)
    lines, rows = matrix.state("db")
    assert "ir_ui_menu 7 0123 Invoicing" in lines
    assert rows == {"res_partner": "5"}
    (_structure, (settings, restless), (_rows, [uncounted])) = asked
    assert settings.count("FROM") == len(restless) == 1, "only tables that are there are asked"
    assert "ir_ui_menu" in uncounted and "ir_ui_view" not in uncounted


def test_errors_of_an_uninstallation_count(monkeypatch, tmp_path, odoo):
    log = tmp_path / "db.log"
    log.write_text("2026-01-01 10:00:00,000 1 ERROR db odoo.sql_db: of an earlier step\n")

    def run(*_args, **_more):
        with log.open("a") as out:
            out.write("2026-01-01 10:00:00,000 1 ERROR db odoo.sql_db: bad query\n")

    monkeypatch.setattr(database, "log_of", lambda _name: log)
    monkeypatch.setattr(database, "install", lambda *_args, **_more: None)
    monkeypatch.setattr(database, "odoo_run", run)
    monkeypatch.setattr(matrix, "state", lambda _name: (set(), {}))
    outcome = matrix.in_and_out(odoo, "scrm_x", ["scrm_x"], "scrm_x")
    assert [line.split(": ")[1] for line in outcome.wrong] == ["bad query"]


def test_report_tells_what_is_wrong():
    outcomes = [
        matrix.Outcome("scrm_x", 61, 20, []),
        matrix.Outcome("scrm_y", 5, 2, ["lost: table z"]),
    ]
    text = matrix.report("Odoo 19.0", outcomes, ["story: 1 failed, 0 in error"])
    assert "| scrm_x | 61 s | 20 s | clean |" in text
    assert "- scrm_y: lost: table z" in text
    assert "- story: 1 failed, 0 in error" in text
    assert "What is wrong" not in matrix.report("Odoo 19.0", outcomes[:1], [])
