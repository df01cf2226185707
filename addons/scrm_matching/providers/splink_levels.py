"""How each kind of field can agree, in Splink's words; the labels are keys for translators."""

import splink.comparison_level_library as cll
import splink.comparison_library as cl

from ..tools.plan import Field


def _sql(condition, label):
    return cll.CustomLevel(condition, label_for_charts=label)


def _exact(field: Field):
    return cll.ExactMatchLevel(field.name, term_frequency_adjustments=field.frequent).configure(
        label_for_charts="same"
    )


def _exact_levels(field):
    return [_exact(field)]


def _digits_levels(field):
    return [
        _exact(field),
        cll.DamerauLevenshteinLevel(field.name, 1).configure(label_for_charts="one_digit"),
        cll.DamerauLevenshteinLevel(field.name, 2).configure(label_for_charts="two_digits"),
    ]


def _text_levels(field):
    return [
        _exact(field),
        cll.JaroWinklerLevel(field.name, 0.92).configure(label_for_charts="close"),
        cll.JaroWinklerLevel(field.name, 0.8).configure(label_for_charts="alike"),
    ]


def _name_levels(field):
    left, right = f'"{field.name}_l"', f'"{field.name}_r"'
    return [
        _exact(field),
        # DuckDB measures the distance of bytes, which says nothing of Chinese characters.
        _sql(
            f"strlen({left}) = length({left}) AND strlen({right}) = length({right})"
            f" AND jaro_winkler_similarity({left}, {right}) >= 0.92",
            "close",
        ),
        # 王小明 and 王晓明: the surname is the same, and of the rest one character differs.
        _sql(
            f"length({left}) > 2 AND length({left}) = length({right})"
            f" AND left({left}, 1) = left({right}, 1)"
            f" AND list_sum(list_transform(range(1, length({left}) + 1),"
            f" lambda i: (substr({left}, i, 1) != substr({right}, i, 1))::INT)) = 1",
            "one_character",
        ),
        # 小明 and 王小明: one is a part of the other.
        _sql(
            f"(contains({left}, {right}) OR contains({right}, {left}))"
            f" AND least(length({left}), length({right})) > 1",
            "contained",
        ),
    ]


def _list_level(column, label):
    return _sql(f'list_has_any("{column}_l", "{column}_r")', label)


def _phones_levels(field):
    left, right = f'"{field.name}_l"', f'"{field.name}_r"'
    return [
        _list_level(field.name, "same"),
        _list_level(field.tails, "same_tail"),
        _sql(
            f"list_min(list_transform({left}, lambda a: list_min(list_transform({right},"
            " lambda b: damerau_levenshtein(a, b))))) <= 1",
            "one_digit",
        ),
    ]


def _emails_levels(field):
    return [_list_level(field.name, "same"), _list_level(field.tails, "same_local")]


LEVELS = {
    "exact": _exact_levels,
    "digits": _digits_levels,
    "text": _text_levels,
    "name": _name_levels,
    "phones": _phones_levels,
    "emails": _emails_levels,
}


def comparison(field: Field):
    """Return how Splink compares a field."""
    null = (
        _sql(f'"{field.name}_l" IS NULL OR "{field.name}_r" IS NULL', "unknown").configure(
            is_null_level=True
        )
        if field.tails
        else cll.NullLevel(field.name)
    )
    different = cll.ElseLevel().configure(label_for_charts="different")
    return cl.CustomComparison(
        output_column_name=field.name,
        comparison_levels=[null, *LEVELS[field.kind](field), different],
    )
