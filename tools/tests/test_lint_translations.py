"""An incomplete or crooked Chinese translation is found."""

import lint_translations
import pytest

POT = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n\nmsgid "{}"\nmsgstr ""\n'


def addon(tmp_path, term, translation, flags=""):
    folder = tmp_path / "scrm_x" / "i18n"
    folder.mkdir(parents=True)
    (folder / "scrm_x.pot").write_text(POT.format(term))
    entry = f'{flags}msgid "{term}"\nmsgstr "{translation}"\n'
    head = POT.split("msgid", 2)
    (folder / "zh_CN.po").write_text(f"msgid{head[1]}{entry}" if translation is not None else "")
    return tmp_path / "scrm_x"


def test_complete_translation_passes(tmp_path):
    assert lint_translations.check(addon(tmp_path, "Part %(name)s", "备件 %(name)s")) == []


@pytest.mark.parametrize(
    "term,translation,flags,complaint",
    [
        ("Customer", "", "", "not translated"),
        ("Customer", None, "", "not translated"),
        ("Customer", "客户", "#, fuzzy\n", "fuzzy"),
        ("Part %(name)s", "备件 %(nmae)s", "", "placeholders differ"),
        ("%s of %s", "%s", "", "placeholders differ"),
        ("Dear {{ object.name }}", "您好", "", "placeholders differ"),
    ],
)
def test_defect_is_found(tmp_path, term, translation, flags, complaint):
    found = lint_translations.check(addon(tmp_path, term, translation, flags))
    assert len(found) == 1
    assert complaint in found[0]
