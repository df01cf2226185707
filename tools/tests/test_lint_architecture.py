"""The table of addons, the arrows and the parts of an addon are really checked."""

import re
from pathlib import Path

import architecture
import lint_architecture
import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def make(tmp_path):
    """Return a maker of addons that breach no rule, but for what the test gives."""

    def _make(name, files=None, **manifest):
        addon = tmp_path / name
        data = {"depends": list(architecture.allowed(name) or ["scrm_base"]), **manifest}
        if name in architecture.BRIDGES:
            data.setdefault("auto_install", True)
        content = {
            "__manifest__.py": repr(data),
            "README.md": "",
            "static/description/icon.png": "",
            "i18n/zh_CN.po": "",
            f"i18n/{name}.pot": "",
            **(files or {}),
        }
        for path, text in content.items():
            if text is not None:
                (addon / path).parent.mkdir(parents=True, exist_ok=True)
                (addon / path).write_text(text)
        return addon

    return _make


def sentence(addon):
    found = lint_architecture.check(addon)
    assert len(found) == 1, found
    return found[0]


@pytest.mark.parametrize("name", [*architecture.DEPENDS, *architecture.BRIDGES])
def test_addon_of_the_table_passes(make, name):
    assert lint_architecture.check(make(name)) == []


def test_dependency_may_be_dropped_but_not_added(make):
    assert lint_architecture.check(make("scrm_loyalty", depends=["scrm_base"])) == []
    addon = make("scrm_loyalty", depends=["scrm_base", "website"])
    assert "depends on website" in sentence(addon)


def test_addon_outside_the_table(make):
    assert "not in the table" in sentence(make("scrm_surprise"))


def test_upper_addon_depends_on_base(make):
    assert "must depend on scrm_base" in sentence(make("scrm_loyalty", depends=["sale_loyalty"]))


def test_bridge_depends_on_exactly_its_two(make):
    addon = make("scrm_social_service", depends=["scrm_social"])
    assert "must depend on scrm_service too" in sentence(addon)
    addon = make("scrm_social_service", depends=["scrm_social", "scrm_service", "crm"])
    assert "depends on crm" in sentence(addon)


def test_bridge_installs_itself(make):
    assert "auto_install" in sentence(make("scrm_social_service", auto_install=False))


@pytest.mark.parametrize(
    "line",
    [
        "from odoo.addons.scrm_service.models import ticket",
        "import odoo.addons.scrm_service",
        "from odoo.addons import scrm_service",
    ],
)
def test_import_across_the_arrows(make, line):
    addon = make("scrm_social", {"models/x.py": f"{line}\n"})
    assert "models/x.py:1: imports scrm_service" in sentence(addon)


def test_import_along_the_arrows(make):
    line = "from odoo.addons.scrm_base.tools import flow\n"
    assert lint_architecture.check(make("scrm_social_service", {"models/x.py": line})) == []


@pytest.mark.parametrize(
    "path,text",
    [
        ("views/x.xml", '<odoo>\n<field ref="scrm_service.group_x"/></odoo>'),
        ("security/x.csv", "\na,scrm_service.model_x,1"),
        ("static/src/x.js", '\nimport { X } from "@scrm_service/x";'),
    ],
)
def test_reference_across_the_arrows(make, path, text):
    assert f"{path}:2: refers to scrm_service" in sentence(make("scrm_social", {path: text}))


@pytest.mark.parametrize(
    "part", ["README.md", "static/description/icon.png", "i18n/zh_CN.po", "i18n/scrm_base.pot"]
)
def test_missing_part(make, part):
    assert f"{part} is missing" in sentence(make("scrm_base", {part: None}))


def test_table_is_the_one_of_the_documentation():
    text = (ROOT / "docs" / "architecture.md").read_text()
    rows = re.findall(r"^\| (scrm_\w+) \| ([^|]+) \|$", text, re.MULTILINE)
    assert rows
    for name, depends in rows:
        names = re.sub(r"\(.*?\)", "", depends).split(",")
        assert [word.strip() for word in names] == architecture.allowed(name), name
