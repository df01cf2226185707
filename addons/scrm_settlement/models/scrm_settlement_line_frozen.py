from odoo import models
from odoo.tools import SQL

from .scrm_settlement_line import PRICE_COLUMNS

_FREEZE_PRICE = """
CREATE OR REPLACE FUNCTION scrm_settlement_line_price_once() RETURNS trigger AS $$
BEGIN
    IF NEW.state = 'no_price' OR %(changed)s THEN
        RAISE EXCEPTION 'The price of settlement line %% is written once.', OLD.id
            USING ERRCODE = 'restrict_violation', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END;
$$ LANGUAGE plpgsql
"""


class ScrmSettlementLine(models.Model):
    """A price is no cache and yet comes later than its line: it is written once, by triggers."""

    _inherit = "scrm.settlement.line"

    def init(self):
        result = super().init()
        # Compared as text, because jsonb and numeric have no common "row" operator class
        changed = " OR ".join(f"NEW.{name} IS DISTINCT FROM OLD.{name}" for name in PRICE_COLUMNS)
        # pylint: disable-next=sql-injection
        self.env.cr.execute(SQL(_FREEZE_PRICE, changed=SQL(changed)))
        columns = SQL(", ").join(map(SQL.identifier, PRICE_COLUMNS))
        self._freeze_price("price_once", columns, SQL("OLD.document_mode IS NOT NULL"))
        # Every claim names the state: asked without a call for each row
        self._freeze_price(
            "price_kept",
            SQL("state"),
            SQL("OLD.document_mode IS NOT NULL AND NEW.state = 'no_price'"),
        )
        return result

    def _freeze_price(self, name, columns, when):
        self.env.cr.execute(
            SQL(
                "DROP TRIGGER IF EXISTS %(name)s ON scrm_settlement_line;"
                " CREATE TRIGGER %(name)s BEFORE UPDATE OF %(columns)s ON scrm_settlement_line"
                " FOR EACH ROW WHEN (%(when)s)"
                " EXECUTE FUNCTION scrm_settlement_line_price_once()",
                name=SQL.identifier(f"{self._table}_{name}"),
                columns=columns,
                when=when,
            )
        )
