"""Habits of older Odoo versions that Odoo 19 ignores, deprecates or breaks on in silence."""

import re
from pathlib import Path

EVERYWHERE = r"""
_sql_constraints | \bgroup_operator\b | \bgroups_id\b | \btoggle_active\b | \bforce_company\b
"""
PATTERNS = {
    ".py": EVERYWHERE
    + r"""
| \.read_group\( | \bcheck_access_r(?:ights|ule)\b | type=['"]json['"] | \bodoo\.osv\b
| \bname_get\b | \._(?:cr|uid|context)\b | \blazy_property\b
""",
    ".xml": EVERYWHERE
    + r"""
| <tree\b | \battrs=" | \bstates=" | \bkanban-box\b | \bnumbercall\b | \bdoall\b
| \bexpand="[01]" | <data\b
""",
    ".js": r"\bpublicWidget\b | @odoo-module",
}
COMPILED = {suffix: re.compile(text, re.VERBOSE) for suffix, text in PATTERNS.items()}


def check(addon: Path):
    """Return a sentence for each old habit in an addon's files."""
    found = []
    for path in sorted(addon.rglob("*")):
        pattern = COMPILED.get(path.suffix)
        if not pattern or not path.is_file():
            continue
        if path.suffix == ".xml" and "static" in path.relative_to(addon).parts:
            continue  # templates of the web client: `attrs` and the like are properties there
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
            match = pattern.search(line)
            if match:
                found.append(f"{path}:{number}: old habit: {match[0].strip()}")
    return found
