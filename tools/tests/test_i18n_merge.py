"""An export keeps the translations that were there, and an unchanged addon gives no difference."""

from pathlib import Path

import i18n_merge
import polib

TYPE = '"Content-Type: text/plain; charset=UTF-8\\n"\n'
HEAD = 'msgid ""\nmsgstr ""\n"POT-Creation-Date: {}\\n"\n' + TYPE
ENTRY = '\n#. module: scrm_x\n#: model:x\nmsgid "{}"\nmsgstr "{}"\n'


def read(*paths):
    return [Path(path).read_text() for path in paths]


def files(tmp_path, day):
    template, exported = tmp_path / "scrm_x.pot", tmp_path / "zh_CN.po"
    template.write_text(HEAD.format(day) + ENTRY.format("Part", "") + ENTRY.format("Site", ""))
    exported.write_text(HEAD.format(day) + ENTRY.format("Part", "") + ENTRY.format("Site", "网点"))
    return str(template), str(exported)


def test_translations_are_kept(tmp_path):
    before = tmp_path / "before.po"
    before.write_text(
        HEAD.format("a") + ENTRY.format("Part", "备件") + ENTRY.format("Gone", "没有")
    )
    template, exported = files(tmp_path, "a")
    assert i18n_merge.merge(template, exported, str(before)) == 0
    found = {entry.msgid: entry.msgstr for entry in polib.pofile(exported)}
    assert found == {"Part": "备件", "Site": "网点"}


def test_second_export_gives_no_difference(tmp_path):
    before = tmp_path / "before.po"
    before.write_text("")
    template, exported = files(tmp_path, "2026-01-01")
    assert i18n_merge.merge(template, exported, str(before)) == 1
    texts = read(template, exported)
    before.write_text(texts[1])
    template, exported = files(tmp_path, "2026-02-02")
    i18n_merge.merge(template, exported, str(before))
    assert read(template, exported) == texts
