"""`make i18n`: export every addon's terms and merge the Chinese translation, keeping its work."""

import tempfile
from pathlib import Path

import database
from console import note, output, step
from paths import ADDONS, PYTHON

DATABASE = "scrm_i18n"


def run(odoo):
    addons = database.installable()
    before = {name: _chinese(name).read_bytes() for name in addons if _chinese(name).exists()}
    template = database.suite(odoo)
    database.drop(DATABASE)
    database.clone(template, DATABASE)
    step("Exporting the terms")
    database.odoo_run(
        odoo,
        DATABASE,
        [*"-l pot zh_CN --".split(), *addons],
        "The export",
        command=["i18n", "export"],
    )
    database.drop(DATABASE)
    for name in addons:
        missing = _merge(name, before.get(name, b""))
        note(f"{name}: {missing} terms wait for a translation")


def _chinese(name):
    return ADDONS / name / "i18n" / "zh_CN.po"


def _merge(name, before):
    with tempfile.NamedTemporaryFile(suffix=".po") as old:
        old.write(before)
        old.flush()
        template = ADDONS / name / "i18n" / f"{name}.pot"
        program = Path(__file__).with_name("i18n_merge.py")
        return output([PYTHON, program, template, _chinese(name), old.name]).strip()
