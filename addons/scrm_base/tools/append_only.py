"""Tables whose facts are written once: the database itself keeps the promise."""

from collections.abc import Iterable, Mapping
from contextlib import contextmanager

from odoo.tools import SQL

# Written by the ORM whenever a cache column is, so they are no facts.
_AUDIT_COLUMNS = ("write_uid", "write_date")

# Names the columns that an erasure empties, in its transaction and for its one statement. Only
# SQL can set it: nothing that comes over RPC does.
_ERASING = "scrm.erasing"

_FUNCTION = """
CREATE OR REPLACE FUNCTION scrm_append_only() RETURNS trigger AS $$
DECLARE
    free text[] := TG_ARGV::text[];
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'Rows of %% are kept for ever; row %% cannot be deleted.',
            TG_TABLE_NAME, OLD.id
            USING ERRCODE = 'restrict_violation', TABLE = TG_TABLE_NAME;
    END IF;
    IF split_part(current_setting('scrm.erasing', true), ':', 1) = TG_TABLE_NAME THEN
        free := free || string_to_array(
            split_part(current_setting('scrm.erasing', true), ':', 2), ',');
    END IF;
    IF (to_jsonb(NEW) - free) IS DISTINCT FROM (to_jsonb(OLD) - free) THEN
        RAISE EXCEPTION 'The facts of %% are written once; row %% cannot be changed.',
            TG_TABLE_NAME, OLD.id
            USING ERRCODE = 'restrict_violation', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END;
$$ LANGUAGE plpgsql
"""


def protect(
    cr,
    table: str,
    cache_columns: Iterable[str] = (),
    *,
    facts_only: bool = False,
    when: SQL | None = None,
) -> None:
    """Let the table only grow: refuse DELETE, and UPDATE of anything but the cache columns.

    Call it in the model's ``init()``, which Odoo runs again whenever an addon adds columns to the
    model; calling it again replaces the list of columns. A refused statement raises
    ``psycopg2.errors.RestrictViolation``.

    :param cr: the cursor of the installation
    :param table: name of the model's table
    :param cache_columns: columns that can be derived again from the facts
    :param facts_only: do not look at statements that name caches alone: for tables of which one
        statement moves so many rows that comparing each as a whole takes longer than the rest
    :param when: protect the rows that fulfil this condition on OLD only
    """
    caches = sorted({*cache_columns, *_AUDIT_COLUMNS})
    columns = SQL()
    if facts_only:
        facts = [SQL.identifier(name) for name in _get_columns(cr, table) if name not in caches]
        columns = SQL(" OF %s", SQL(", ").join(facts))
    cr.execute(SQL(_FUNCTION))
    cr.execute(
        SQL(
            "DROP TRIGGER IF EXISTS scrm_append_only ON %(table)s;"
            " CREATE TRIGGER scrm_append_only BEFORE DELETE OR UPDATE%(columns)s ON %(table)s"
            " FOR EACH ROW WHEN (%(when)s) EXECUTE FUNCTION scrm_append_only(%(caches)s)",
            table=SQL.identifier(table),
            columns=columns,
            when=when or SQL("true"),
            caches=SQL(", ").join(SQL("%s", name) for name in caches),
        )
    )


def _get_columns(cr, table):
    cr.execute(
        "SELECT attname FROM pg_attribute"
        " WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attname",
        [table],
    )
    return [name for (name,) in cr.fetchall()]


@contextmanager
def kept(cr, tables: Iterable[str]):
    """Drop columns of these tables inside: with a column goes a trigger that names its column.

    PostgreSQL drops it without a word, so the tables are protected again.
    """
    cr.execute(
        "SELECT relname, encode(tgargs, 'escape') FROM pg_trigger"
        " JOIN pg_class ON pg_class.oid = tgrelid AND pg_table_is_visible(tgrelid)"
        " WHERE tgname = 'scrm_append_only' AND tgattr::text <> '' AND relname = ANY(%s)",
        [list(tables)],
    )
    protected = cr.fetchall()
    yield
    for table, caches in protected:
        protect(cr, table, caches.split("\\000")[:-1], facts_only=True)


def erase(cr, table: str, values: Mapping[str, SQL], where: SQL) -> int:
    """Empty personal columns of a table that only grows, and return how many rows it were.

    The privacy officer's erasure is the one caller: the rows stay, and every column that is not
    named. The caller has checked who asks.

    :param cr: the cursor of the erasure
    :param table: name of the table, protected or not
    :param values: what the columns are set to
    :param where: which rows
    """
    cr.execute(SQL("SELECT set_config(%s, %s, true)", _ERASING, f"{table}:{','.join(values)}"))
    cr.execute(
        SQL(
            "UPDATE %s SET %s WHERE %s",
            SQL.identifier(table),
            SQL(", ").join(SQL("%s = %s", SQL.identifier(c), v) for c, v in values.items()),
            where,
        )
    )
    count = cr.rowcount
    # A failed statement takes the setting away with its transaction or savepoint.
    cr.execute(SQL("SELECT set_config(%s, '', true)", _ERASING))
    return count


def release(cr) -> None:
    """Take the promise away from every table that has it, as the last addon of the suite goes."""
    cr.execute(SQL("DROP FUNCTION IF EXISTS scrm_append_only() CASCADE"))
