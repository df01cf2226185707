from odoo import models
from odoo.tools import SQL


class ScrmSettlementLine(models.Model):
    _inherit = "scrm.settlement.line"

    def init(self):
        """Have the guard of the facts look at updates that name a fact, and at no others.

        A claim moves a hundred thousand rows and names only caches; comparing each of them as
        a whole would take longer than everything else.
        """
        super().init()
        [(definition, arguments)] = self.env.execute_query(
            SQL(
                "SELECT pg_get_triggerdef(oid), encode(tgargs, 'escape') FROM pg_trigger"
                " WHERE tgrelid = %s::regclass AND tgname = 'scrm_append_only'",
                self._table,
            )
        )
        free = set(arguments.split("\\000"))
        columns = self.env.execute_query(
            SQL(
                "SELECT attname FROM pg_attribute"
                " WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped"
                " ORDER BY attname",
                self._table,
            )
        )
        facts = SQL(", ").join(SQL.identifier(name) for (name,) in columns if name not in free)
        before, after = definition.split(" OR UPDATE ON ")
        self.env.cr.execute(
            SQL(
                "DROP TRIGGER scrm_append_only ON %s; %s OR UPDATE OF %s ON %s",
                SQL.identifier(self._table),
                SQL(before),
                facts,
                SQL(after),
            )
        )
