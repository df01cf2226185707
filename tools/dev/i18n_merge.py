"""Bring an exported zh_CN.po and the file before it together; print how many terms are empty.

Runs inside the virtual environment: i18n_merge.py TEMPLATE.pot EXPORTED.po BEFORE.po
"""

import sys
from pathlib import Path

import polib

# Change at every export and say nothing; without them an unchanged addon gives no difference.
CHANGING = ("POT-Creation-Date", "PO-Revision-Date", "Last-Translator", "Language-Team")


def merge(template, exported, before):
    """Take the translations from the earlier file alone, and drop the changing headers.

    A database that was updated has the old translation of a text that was changed.
    """
    kept = {}
    if Path(before).stat().st_size:
        kept = {(entry.msgctxt, entry.msgid): entry.msgstr for entry in polib.pofile(before)}
    for path in (template, exported):
        file = polib.pofile(path)
        file.wrapwidth = 98
        for header in CHANGING:
            file.metadata.pop(header, None)
        if path == exported:
            file.metadata["Language"] = "zh_CN"
            for entry in file:
                entry.msgstr = kept.get((entry.msgctxt, entry.msgid), "")
        file.save(path)
    return sum(1 for entry in polib.pofile(exported) if not entry.msgstr)


if __name__ == "__main__":
    print(merge(*sys.argv[1:4]))
