"""Manifests name what the table allows, code and data keep to the arrows, addons are complete."""

import ast
import re
from pathlib import Path

import architecture

PARTS = ("README.md", "static/description/icon.png", "i18n/zh_CN.po")
IN_JS = re.compile(r"""['"]@(scrm_\w+)/""")
IN_DATA = re.compile(r"""(?<![\w.])(scrm_[a-z_]+)\.[a-z]\w*""")


def manifest(addon: Path):
    return ast.literal_eval((addon / "__manifest__.py").read_text())


def _check_manifest(addon):
    path, data = addon / "__manifest__.py", manifest(addon)
    depends, allowed = set(data.get("depends", [])), architecture.allowed(addon.name)
    if allowed is None:
        return [f"{path}: {addon.name} is not in the table of addons (tools/dev/architecture.py)"]
    found = [
        f"{path}: depends on {name}, which the table of addons does not allow"
        for name in sorted(depends - set(allowed))
    ]
    if addon.name in architecture.BRIDGES:
        missing = sorted(set(allowed) - depends)
        found += [f"{path}: a bridge must depend on {name} too" for name in missing]
        if data.get("auto_install") is not True:
            found.append(f"{path}: a bridge installs itself: auto_install must be True")
    elif addon.name != architecture.BASE and architecture.BASE not in depends:
        found.append(f"{path}: must depend on {architecture.BASE}")
    return found


def _imported(tree):
    """Yield line number and addon for each import of another addon's Python."""
    for node in ast.walk(tree):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        for name in names:
            parts = name.split(".")
            if parts[:2] == ["odoo", "addons"] and len(parts) > 2 and parts[2].startswith("scrm_"):
                yield node.lineno, parts[2]


def _check_imports(addon):
    allowed = architecture.may_import(addon.name) | {addon.name}
    found = []
    for path in sorted(addon.rglob("*.py")):
        for line, other in _imported(ast.parse(path.read_text(), str(path))):
            if other not in allowed:
                found.append(f"{path}:{line}: imports {other} across the arrows")
    return found


def _check_references(addon, known):
    allowed = architecture.may_import(addon.name) | {addon.name}
    found = []
    for path in sorted(addon.rglob("*")):
        pattern = {".js": IN_JS, ".xml": IN_DATA, ".csv": IN_DATA}.get(path.suffix)
        if not pattern:
            continue
        for number, line in enumerate(path.read_text().splitlines(), 1):
            for other in pattern.findall(line):
                if other in known and other not in allowed:
                    found.append(f"{path}:{number}: refers to {other} across the arrows")
    return found


def _check_parts(addon):
    parts = [*PARTS, f"i18n/{addon.name}.pot"]
    return [f"{addon}: {part} is missing" for part in parts if not (addon / part).is_file()]


def check(addon: Path, known=()):
    """Return a sentence for each breach; `known` names the addons that references may mean."""
    known = set(known) | set(architecture.DEPENDS) | set(architecture.BRIDGES)
    return [
        *_check_manifest(addon),
        *_check_imports(addon),
        *_check_references(addon, known),
        *_check_parts(addon),
    ]
