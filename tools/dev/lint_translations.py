"""zh_CN is complete: every term translated, none fuzzy, placeholders equal on both sides."""

import re
from collections import Counter
from pathlib import Path

PLACEHOLDER = re.compile(
    r"%\(\w+\)[#0\- +]*\d*(?:\.\d+)?[a-zA-Z]|%[sdrif]|\{\{.*?\}\}|\$\{.*?\}|\{\w*\}"
)


def placeholders(text):
    return Counter(PLACEHOLDER.findall(text))


def check(addon: Path):
    """Return a sentence for each defect of an addon's Chinese translation."""
    import polib

    template, path = addon / "i18n" / f"{addon.name}.pot", addon / "i18n" / "zh_CN.po"
    if not template.is_file() or not path.is_file():
        return []  # lint_architecture says so
    chinese = polib.pofile(str(path))
    known = {(entry.msgctxt, entry.msgid): entry for entry in chinese if not entry.obsolete}
    terms = {(entry.msgctxt, entry.msgid) for entry in polib.pofile(str(template))}
    found = [f"{path}: not translated: {term[1]!r}" for term in sorted(terms - set(known), key=str)]
    for entry in known.values():
        where = f"{path}:{entry.linenum}"
        if not entry.msgstr.strip():
            found.append(f"{where}: not translated: {entry.msgid!r}")
        elif entry.fuzzy:
            found.append(f"{where}: fuzzy: {entry.msgid!r}")
        elif placeholders(entry.msgid) != placeholders(entry.msgstr):
            found.append(f"{where}: placeholders differ: {entry.msgid!r}")
    return found
