"""`make lint`: ruff, pylint with pylint-odoo, and our own rules."""

import subprocess

from console import Stop, say, step
from paths import ADDONS, PYTHON, ROOT, VENV, our_addons

BIN = VENV / "bin"
# Rules of pylint-odoo that say the opposite of the house style: our README is README.md, a model
# that grows is split by concern, and an empty `depends` says that nothing was forgotten.
NOT_OURS = [
    "--disable=missing-readme",
    "--disable=consider-merging-classes-inherited",
    "--disable=manifest-superfluous-key",
]


def run():
    addons = [str((ADDONS / name).relative_to(ROOT)) for name in our_addons()]
    checks = {
        "ruff": [BIN / "ruff", "check", "."],
        "ruff format": [BIN / "ruff", "format", "--check", "--quiet", "."],
        "our rules": [PYTHON, ROOT / "tools" / "dev" / "lint_rules.py"],
    }
    if addons:
        checks["pylint"] = [BIN / "pylint", "--rcfile=.pylintrc", *NOT_OURS, *addons]
    failed = []
    for name, command in checks.items():
        step(name)
        if subprocess.run([str(part) for part in command], cwd=ROOT).returncode:
            failed.append(name)
    if failed:
        raise Stop(f"lint found something: {', '.join(failed)}.")
    say("\nLint is clean.")
