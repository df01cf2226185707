"""A short cursor of its own, for what must answer at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from odoo import modules
from odoo.sql_db import BaseCursor


@contextmanager
def read_committed(env) -> Iterator[BaseCursor]:
    """Yield a cursor that reads what others have committed, and commit it at the end.

    Odoo's cursors are REPEATABLE READ: there a lost race is an error and a retry after seconds,
    not "0 rows". A claim, an upsert or a webhook that must answer at once runs one statement
    here instead: ``INSERT … ON CONFLICT`` or ``UPDATE … RETURNING``.

    What the caller's own transaction has written and not committed is invisible here, and a row
    it holds locked would be waited for for ever: call this before touching the same rows.
    What is written here stays invisible to the caller's REPEATABLE READ snapshot until its next
    transaction.

    While a test runs, its data is in one uncommitted transaction; the same cursor is yielded,
    inside a savepoint, as core skips its own commits then (``modules.module.current_test``).
    """
    if modules.module.current_test:
        with env.cr.savepoint():
            yield env.cr
        return
    with env.registry.cursor() as cr:
        # PostgreSQL accepts this only as the first statement of the transaction
        cr.execute("SET TRANSACTION ISOLATION LEVEL READ COMMITTED")
        yield cr
