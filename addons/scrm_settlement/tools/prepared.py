"""Statements whose plan takes PostgreSQL longer than their work."""

import hashlib

from odoo.sql_db import BaseCursor
from odoo.tools import SQL


def fetch_prepared(cr: BaseCursor, query: SQL) -> list[tuple]:
    """Run a statement whose plan the connection keeps, and return its rows.

    Whether it is known is asked each time: a pool between may give every transaction another
    connection. The caller flushes what the statement reads.
    """
    count = len(query.params)
    code = query.code.replace("%%", "%%%%") % tuple(f"${n}" for n in range(1, count + 1))
    name = f"scrm_{hashlib.sha256(code.encode()).hexdigest()[:32]}"
    cr.execute(SQL("SELECT FROM pg_prepared_statements WHERE name = %s", name))
    if not cr.rowcount:
        cr.execute(SQL("PREPARE %s AS %s", SQL.identifier(name), SQL(code)))
    values = SQL(", ").join(SQL("%s", value) for value in query.params)
    cr.execute(SQL("EXECUTE %s(%s)", SQL.identifier(name), values))
    return cr.fetchall()
