"""Tables whose facts are written once: the database itself keeps the promise."""

from collections.abc import Iterable

from odoo.tools import SQL

# Written by the ORM whenever a cache column is, so they are no facts.
_AUDIT_COLUMNS = ("write_uid", "write_date")

_FUNCTION = """
CREATE OR REPLACE FUNCTION scrm_append_only() RETURNS trigger AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'Rows of %% are kept for ever; row %% cannot be deleted.',
            TG_TABLE_NAME, OLD.id
            USING ERRCODE = 'restrict_violation', TABLE = TG_TABLE_NAME;
    END IF;
    IF (to_jsonb(NEW) - TG_ARGV::text[]) IS DISTINCT FROM (to_jsonb(OLD) - TG_ARGV::text[]) THEN
        RAISE EXCEPTION 'The facts of %% are written once; row %% cannot be changed.',
            TG_TABLE_NAME, OLD.id
            USING ERRCODE = 'restrict_violation', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END;
$$ LANGUAGE plpgsql
"""


def protect(cr, table: str, cache_columns: Iterable[str] = ()) -> None:
    """Let the table only grow: refuse DELETE, and UPDATE of anything but the cache columns.

    Call it in the model's ``init()``; calling it again replaces the list of columns. A refused
    statement raises ``psycopg2.errors.RestrictViolation``.

    :param cr: the cursor of the installation
    :param table: name of the model's table
    :param cache_columns: columns that can be derived again from the facts
    """
    columns = sorted({*cache_columns, *_AUDIT_COLUMNS})
    cr.execute(SQL(_FUNCTION))
    cr.execute(
        SQL(
            "DROP TRIGGER IF EXISTS scrm_append_only ON %(table)s;"
            " CREATE TRIGGER scrm_append_only BEFORE UPDATE OR DELETE ON %(table)s"
            " FOR EACH ROW EXECUTE FUNCTION scrm_append_only(%(columns)s)",
            table=SQL.identifier(table),
            columns=SQL(", ").join(SQL("%s", column) for column in columns),
        )
    )


def release(cr) -> None:
    """Take the promise away from every table that has it, as the last addon of the suite goes."""
    cr.execute(SQL("DROP FUNCTION IF EXISTS scrm_append_only() CASCADE"))
