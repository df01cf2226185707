"""Splink 5 behind one door: learn from rows, and score new rows against all.

Imported by `splink_worker` only, in a process of its own: DuckDB and Arrow have no place in Odoo's.
"""

import logging
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice

import duckdb
import pyarrow as pa
from splink import DuckDBAPI, Linker, SettingsCreator

from ..tools.plan import (
    BLOCK_CAP,
    COMMON,
    FieldWeight,
    Plan,
    Row,
    ScoredPair,
    TrainingError,
    keys_of,
)
from .splink_levels import comparison

# Splink warns of each level of agreement that a sample does not show; the model's form shows it.
logging.getLogger("splink").setLevel(logging.ERROR)

# Pairs that training looks at, however many the sample has.
TRAINING_PAIRS = 1_000_000
# Steps of learning, and what is tried where so many lead to a certainty.
ITERATIONS = (25, 8, 3, 1)
# A block with fewer pairs than this teaches nothing.
TRAINING_MINIMUM = 10
# How often one person's cards agree in a way (m), and those of two do (u), where the sample shows
# it hardly ever or not at all.
SELDOM_M, SELDOM_U = 0.01, 0.001
LEAST_M, LEAST_U = 1e-4, 1e-7
# Anything may differ on two cards of one person, also what never did in the sample.
LEAST_M_DIFFERENT = 0.02
BATCH = 10_000
SEED = 20
# How many of the true pairs the rules called "sure" find: a guess which only sets the prior.
SURE_RECALL = 0.7


@contextmanager
def _database(memory: str, threads: int):
    """Open a DuckDB of one's own: Splink leaves cursors open, so it is shared with nobody."""
    with tempfile.TemporaryDirectory(prefix="scrm_matching_") as folder:
        connection = duckdb.connect(
            ":memory:",
            config={"memory_limit": memory, "threads": threads, "temp_directory": folder},
        )
        try:
            yield connection
        finally:
            connection.close()


class SplinkLinker:
    """What a plan says about rows, worked out by Splink on a private DuckDB.

    A model is a dict that goes through JSON: Splink's own settings, how frequent common values
    are, and how many rows it was learned from.
    """

    def __init__(self, plan: Plan, *, memory: str = "1GB", threads: int = 2):
        self.plan = plan
        self.memory = memory
        self.threads = threads

    # === LEARNING === #

    def train(self, rows: Iterable[Row]) -> dict:
        """Return a model learned from rows, without anybody saying which are one.

        :raise TrainingError: too few rows resemble one another
        """
        with _database(self.memory, self.threads) as connection:
            size = self._load(connection, "sample", rows)
            self._drop_crowds(connection, "sample")
            return {
                "settings": _temper(self._learn(connection, size)),
                "size": size,
                "common": self._get_common(connection, size),
            }

    def _rule(self, block) -> str:
        """Return when two rows agree in a block, of several values in the first.

        Splink learns nothing of a field that its rule names, and must not.
        """
        columns = self.plan.columns
        parts = []
        for column in block:
            sides = (f'{side}."{column}"' for side in "lr")
            if columns[column]:
                sides = (f"list_extract({side}, 1)" for side in sides)
            parts.append(" = ".join(sides))
        return " AND ".join(parts)

    def _has_pairs(self, connection, rule) -> bool:
        found = connection.execute(
            "SELECT count(*) FROM (SELECT 1 FROM sample l JOIN sample r"
            f" ON l.id < r.id AND {rule} LIMIT {TRAINING_MINIMUM})"
        )
        return found.fetchall()[0][0] == TRAINING_MINIMUM

    def _learn(self, connection, size) -> dict:
        """Return Splink's settings with what the sample teaches."""
        blocks = [b for b in self.plan.training if self._has_pairs(connection, self._rule(b))]
        sure = [self._rule(block) for block in self.plan.sure]
        if not blocks or not any(self._has_pairs(connection, rule) for rule in sure):
            raise TrainingError("hardly two rows resemble each other")
        sample = DuckDBAPI(connection).register("sample")
        linker = Linker(
            sample,
            SettingsCreator(
                link_type="dedupe_only",
                unique_id_column_name="id",
                comparisons=[comparison(field) for field in self.plan.fields],
                blocking_rules_to_generate_predictions=sure,
            ),
            log_level=None,
        )
        linker.training.estimate_probability_two_random_records_match(sure, recall=SURE_RECALL)
        linker.training.estimate_u_using_random_sampling(max_pairs=TRAINING_PAIRS + 1, seed=SEED)
        start = linker.misc.save_model_to_json()
        lessons = {block: self._expect(sample, start, block, size) for block in blocks}
        return self._unite(start, lessons)

    def _expect(self, sample, start, block, size) -> dict:
        """Return the settings as one block of pairs teaches them."""
        for iterations in ITERATIONS:
            linker = Linker(sample, {**start, "max_iterations": iterations}, log_level=None)
            try:
                linker.training.estimate_parameters_using_expectation_maximisation(
                    self._rule(block),
                    max_pairs=TRAINING_PAIRS,
                    record_sample_proportion=min(1.0, 10_000 / size),
                )
            except ValueError:
                # Splink refuses a share that has become 0: what one person's cards never do in
                # the sample. It goes there step by step, so fewer steps stop before it.
                continue
            return linker.misc.save_model_to_json()
        raise TrainingError(f"{block} teaches certainties only")

    def _unite(self, start, lessons) -> dict:
        """Return the settings with the mean of what the blocks teach of each field.

        A block says nothing of the fields that it is made of.
        """
        for number, field in enumerate(self.plan.fields):
            heard = [
                lesson["comparisons"][number]["comparison_levels"]
                for block, lesson in lessons.items()
                if not {field.name, field.tails} & set(block)
            ]
            for position, level in enumerate(start["comparisons"][number]["comparison_levels"]):
                shares = [levels[position].get("m_probability") or 0 for levels in heard]
                if shares and not level.get("is_null_level"):
                    level["m_probability"] = sum(shares) / len(shares)
        return start

    def _get_common(self, connection, size):
        """Return {column: {value: share of rows}} of values that many rows share."""
        return {
            field.name: dict(
                connection.execute(
                    f'SELECT "{field.name}", count(*) / ? FROM sample'
                    f' WHERE "{field.name}" IS NOT NULL GROUP BY 1 HAVING count(*) >= ?',
                    [max(size, 1), COMMON],
                ).fetchall()
            )
            for field in self.plan.fields
            if field.frequent
        }

    # === SCORING === #

    def score(
        self, model: dict, new_rows: Iterable[Row], all_rows: Iterable[Row], *, floor: float = 0.5
    ) -> Iterator[ScoredPair]:
        """Yield the pairs of a new row and any row that are at least ``floor`` probable.

        ``all_rows`` may hold the new rows too. What two old rows say was said before.
        """
        with _database(self.memory, self.threads) as connection:
            self._load(connection, "fresh", new_rows)
            self._load(connection, "every", all_rows)
            connection.execute(
                "INSERT INTO every SELECT * FROM fresh WHERE id NOT IN (SELECT id FROM every)"
            )
            if not self._block(connection):
                return
            api = DuckDBAPI(connection)
            settings = {
                **model["settings"],
                "retain_intermediate_calculation_columns": True,
                "retain_matching_columns": True,
            }
            linker = Linker(api.register("every"), settings, log_level=None)
            for field in self.plan.fields:
                if field.frequent:
                    self._register_frequencies(connection, api, linker, model, field.name)
            linker.table_management.register_blocked_pairs_for_predict(api.register("pairs"))
            found = linker.inference.predict(
                threshold_match_probability=floor, warning_mode="never"
            )
            yield from self._read(connection, found.physical_name)

    def _block(self, connection) -> int:
        """Write the pairs to score, each once, lower id first; return how many."""
        connection.execute(
            f"""
            CREATE TABLE keys AS SELECT id, unnest(block_keys) AS key FROM every;
            CREATE TABLE pairs AS
            WITH fair AS (SELECT key FROM keys GROUP BY key HAVING count(*) <= {BLOCK_CAP})
            SELECT DISTINCT '0' AS match_key,
                   least(n.id, o.id) AS join_key_l, greatest(n.id, o.id) AS join_key_r
              FROM fresh f
              JOIN keys n ON n.id = f.id
              JOIN fair ON fair.key = n.key
              JOIN keys o ON o.key = n.key AND o.id != n.id
            """
        )
        return connection.execute("SELECT count(*) FROM pairs").fetchall()[0][0]

    def _register_frequencies(self, connection, api, linker, model, column):
        """Tell Splink how frequent the values at hand are: as learned, else rare."""
        common = model["common"].get(column, {})
        known = pa.table(
            {
                "value": pa.array(list(common), pa.string()),
                "share": pa.array(list(common.values()), pa.float64()),
            }
        )
        connection.register("known", known)
        connection.execute(
            f'CREATE TABLE "share_{column}" AS SELECT DISTINCT e."{column}",'
            f' coalesce(k.share, 1.0 / ?) AS "tf_{column}"'
            f' FROM every e LEFT JOIN known k ON k.value = e."{column}"'
            f' WHERE e."{column}" IS NOT NULL',
            [max(model["size"], 1)],
        )
        connection.unregister("known")
        linker.table_management.register_term_frequency_lookup(
            api.register(f"share_{column}"), column
        )

    def _read(self, connection, table):
        """Yield the scored pairs, with what each field said and of which values."""
        names = [field.name for field in self.plan.fields]
        frequent = {field.name for field in self.plan.fields if field.frequent}
        shown = [
            f'{side}."{name}", "gamma_{name}", "mw_{name}"'
            + (f' + coalesce("mw_tf_adj_{name}", 0)' if name in frequent else "")
            for name in names
            for side in ("l",)
        ]
        cursor = connection.cursor()
        cursor.execute(
            f"SELECT p.id_l, p.id_r, p.match_probability,"
            f" {', '.join(shown)}, {', '.join(f'r.{chr(34)}{name}{chr(34)}' for name in names)}"
            f' FROM "{table}" p JOIN every l ON l.id = p.id_l JOIN every r ON r.id = p.id_r'
            " ORDER BY p.match_probability DESC, p.id_l, p.id_r"
        )
        while batch := cursor.fetchmany(1000):
            for left_id, right_id, probability, *cells in batch:
                rights = cells[3 * len(names) :]
                yield ScoredPair(
                    left_id,
                    right_id,
                    probability,
                    tuple(
                        FieldWeight(
                            field=name,
                            left=_show(cells[3 * i]),
                            right=_show(rights[i]),
                            weight=round(cells[3 * i + 2], 2),
                            agrees=None if cells[3 * i + 1] < 0 else cells[3 * i + 1] > 0,
                        )
                        for i, name in enumerate(names)
                    ),
                )

    # === ROWS === #

    def _load(self, connection, table: str, rows: Iterable[Row]) -> int:
        """Write rows into a new table, batch by batch; return how many."""
        columns = self.plan.columns
        schema = pa.schema(
            [("id", pa.int64()), ("block_keys", pa.list_(pa.string()))]
            + [
                (name, pa.list_(pa.string()) if many else pa.string())
                for name, many in columns.items()
            ]
        )
        connection.register("batch", schema.empty_table())
        connection.execute(f"CREATE TABLE {table} AS SELECT * FROM batch")
        rows, size = iter(rows), 0
        while chunk := list(islice(rows, BATCH)):
            data = {name: [_cell(row.values.get(name)) for row in chunk] for name in columns}
            data["id"] = [row.id for row in chunk]
            data["block_keys"] = [list(keys_of(row, self.plan)) for row in chunk]
            connection.register("batch", pa.table(data, schema=schema))
            connection.execute(f"INSERT INTO {table} SELECT * FROM batch")
            size += len(chunk)
        connection.unregister("batch")
        return size

    def _drop_crowds(self, connection, table):
        """Empty what too many rows share in columns of several values, for training."""
        for column, many in self.plan.columns.items():
            if many:
                connection.execute(
                    f"""
                    SET VARIABLE crowd = (
                        SELECT coalesce(list(value), []) FROM (
                            SELECT value FROM (SELECT unnest("{column}") AS value FROM {table})
                             GROUP BY value HAVING count(*) > {BLOCK_CAP}));
                    UPDATE {table} SET "{column}" = nullif(list_filter("{column}",
                           lambda v: NOT list_contains(getvariable('crowd'), v)), [])
                     WHERE list_has_any("{column}", getvariable('crowd'))
                    """
                )


def _temper(settings):
    """Keep a small sample from being certain: no level of agreement proves or excludes anything."""
    for part in settings["comparisons"]:
        *_agreeing, different = levels = part["comparison_levels"][1:]
        for level in levels:
            if not level.get("m_probability") and not level.get("u_probability"):
                level["m_probability"], level["u_probability"] = SELDOM_M, SELDOM_U
            least = LEAST_M_DIFFERENT if level is different else LEAST_M
            level["m_probability"] = max(level.get("m_probability") or 0, least)
            level["u_probability"] = max(level.get("u_probability") or 0, LEAST_U)
    return settings


def _cell(value):
    if isinstance(value, tuple):
        return list(value) or None
    return value or None


def _show(value):
    return ", ".join(value) if isinstance(value, list) else value or ""
