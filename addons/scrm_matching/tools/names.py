"""Names of persons and firms, made comparable. No environment here."""

import re
import unicodedata

_CJK = r"\u3400-\u4dbf\u4e00-\u9fff"
_CJK_NAME = re.compile(rf"[{_CJK}·]+")
_BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|【[^】]*】")
_NOISE = re.compile(rf"[^\w\s,·{_CJK}]")

# What people add to a name to be polite; longest first, so that 总经理 goes whole.
_TITLES_ZH = (
    "总经理 经理 先生 女士 小姐 太太 老师 老板 老板娘 师傅 阿姨 叔叔 同学 医生 主任 店长 总".split()
)
_TITLES_ZH.sort(key=len, reverse=True)
_TITLES = frozenset("mr mrs ms miss dr prof sir madam".split())
_FIRM_ZH = ("股份有限公司", "有限责任公司", "有限公司", "集团", "公司")
_FIRM = frozenset("ltd limited co company inc llc corp corporation gmbh plc".split())

_DOUBLE_SURNAMES = frozenset(
    "欧阳 太史 端木 上官 司马 东方 独孤 南宫 万俟 闻人 夏侯 诸葛 尉迟 公羊 赫连 澹台 皇甫"
    " 宗政 濮阳 公冶 太叔 申屠 公孙 慕容 仲孙 钟离 长孙 宇文 司徒 鲜于 司空 令狐 轩辕".split()
)


def normalise_name(text: str | None) -> str | None:
    """Return a name without case, width, titles, notes in brackets and legal forms.

    None for what names nobody: nothing, a masked number, a lone surname with a title (王先生).
    """
    name = unicodedata.normalize("NFKC", text or "").casefold().strip()
    if "*" in name:
        return None
    name = re.sub(r"['’.]", "", name)
    name = _NOISE.sub(" ", _BRACKETS.sub(" ", name)).replace("_", " ")
    if "," in name:
        last, _, first = name.partition(",")
        if not _FIRM.issuperset(first.split()):
            name = f"{first} {last}"
    joined = "".join(name.split())
    if _CJK_NAME.fullmatch(joined):
        return _normalise_chinese(joined)
    words = [word for word in name.replace(",", " ").split() if word not in _TITLES]
    while len(words) > 1 and words[-1] in _FIRM:
        words.pop()
    return " ".join(words) or None


def _normalise_chinese(name):
    for ending in (*_FIRM_ZH, *_TITLES_ZH):
        if name.endswith(ending):
            name = name.removesuffix(ending)
            break
    return name if len(name) > 1 else None


def split_name(name: str | None) -> tuple[str, str]:
    """Return (surname, given name) of a normalised name; ('', '') where it shows none.

    A Chinese name has its surname first: one character, or two where they are a known pair and
    a given name is left. Longer ones are no person's.
    """
    if not name:
        return "", ""
    if _CJK_NAME.fullmatch(name):
        if "·" in name or len(name) > 4:
            return "", ""
        size = 2 if len(name) > 2 and name[:2] in _DOUBLE_SURNAMES else 1
        return name[:size], name[size:]
    words = name.split()
    return (words[-1], words[0]) if len(words) > 1 else ("", "")
