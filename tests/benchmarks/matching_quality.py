"""How good the matching is: on FEBRL, and on made-up Chinese customers. No Odoo is needed."""

import importlib
import sys
import types
from pathlib import Path

ADDON = Path(__file__).resolve().parents[2] / "addons" / "scrm_matching"


def load(name):
    """Import a plain module of the addon without the addon itself, which needs Odoo."""
    for package in ("measured", "measured.providers", "measured.tests", "measured.tools"):
        module = types.ModuleType(package)
        module.__path__ = [str(ADDON.joinpath(*package.split(".")[1:]))]
        sys.modules.setdefault(package, module)
    return importlib.import_module(f"measured.{name}")


febrl, people = load("tests.febrl"), load("tests.people")
customer_rows, linker_process = load("tools.customer_rows"), load("providers.linker_process")


def make_people(count):
    """Return rows of made-up customers and their true pairs."""
    rows, of_person = [], {}
    for id_, (person, name, phone, email, city) in enumerate(people.make(count), 1):
        rows.append(
            customer_rows.prepare(
                id_, "person", name, [phone] if phone else [], [email] if email else [], city
            )
        )
        of_person.setdefault(person, []).append(id_)
    return rows, {tuple(ids) for ids in of_person.values() if len(ids) == 2}


def measure(title, plan, rows, true):
    linker = linker_process.LinkerProcess(plan)
    pairs = list(linker.score(linker.train(rows), rows, rows))
    for threshold in (0.5, 0.9, 0.95, 0.99, 0.999):
        found = {(p.left_id, p.right_id) for p in pairs if p.probability >= threshold}
        precision, recall, f1 = febrl.quality(found, true)
        print(
            f"{title:<12} {len(rows):>6,} rows {len(true):>6,} pairs  from {threshold:<5}"
            f"  precision {precision:.4f}  recall {recall:.4f}  F1 {f1:.4f}"
        )


if __name__ == "__main__":
    for number in (1, 2, 3):
        measure(f"FEBRL {number}", febrl.PLAN, *febrl.load(number))
    measure("customers", customer_rows.CUSTOMERS, *make_people(5000))
