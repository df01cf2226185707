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
    """Return the paths of a template and of an export that knows a translation of its own."""
    template, exported = tmp_path / "scrm_x.pot", tmp_path / "zh_CN.po"
    template.write_text(HEAD.format(day) + ENTRY.format("Part", "") + ENTRY.format("Site", ""))
    exported.write_text(HEAD.format(day) + ENTRY.format("Part", "") + ENTRY.format("Site", "网点"))
    return str(template), str(exported)


def translations(path):
    return {entry.msgid: entry.msgstr for entry in polib.pofile(path)}


def test_translations_are_kept(tmp_path):
    before = tmp_path / "before.po"
    before.write_text(
        HEAD.format("a") + ENTRY.format("Part", "备件") + ENTRY.format("Site", "地点")
    )
    template, exported = files(tmp_path, "a")
    assert i18n_merge.merge(template, exported, str(before)) == 0
    assert translations(exported) == {"Part": "备件", "Site": "地点"}


def test_terms_that_are_gone_go(tmp_path):
    before = tmp_path / "before.po"
    before.write_text(HEAD.format("a") + ENTRY.format("Gone", "没有"))
    template, exported = files(tmp_path, "a")
    i18n_merge.merge(template, exported, str(before))
    assert "Gone" not in translations(exported)


def test_what_the_database_still_has_of_an_older_text_is_not_taken(tmp_path):
    before = tmp_path / "before.po"
    before.write_text(HEAD.format("a") + ENTRY.format("Part", "备件"))
    template, exported = files(tmp_path, "a")
    assert i18n_merge.merge(template, exported, str(before)) == 1
    assert translations(exported) == {"Part": "备件", "Site": ""}


def test_second_export_gives_no_difference(tmp_path):
    before = tmp_path / "before.po"
    before.write_text(HEAD.format("a") + ENTRY.format("Part", "备件"))
    template, exported = files(tmp_path, "2026-01-01")
    i18n_merge.merge(template, exported, str(before))
    texts = read(template, exported)
    before.write_text(texts[1])
    template, exported = files(tmp_path, "2026-02-02")
    i18n_merge.merge(template, exported, str(before))
    assert read(template, exported) == texts
