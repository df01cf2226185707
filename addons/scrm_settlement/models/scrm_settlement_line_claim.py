from decimal import Decimal

from odoo import api, models
from odoo.tools import SQL

from ..tools.claim_match import Ours


class ScrmSettlementLine(models.Model):
    _inherit = "scrm.settlement.line"

    @api.model
    def _get_claim_paths(self):
        """Return by which names dealers know the sources of lines.

        :return: {model of the source: (paths to its references, paths to its serial and ticket
            numbers)}; addons that bring sources add theirs
        """
        return {
            "stock.move": (
                (
                    "picking_id.name",
                    "picking_id.origin",
                    "sale_line_id.order_id.name",
                    "sale_line_id.order_id.client_order_ref",
                ),
                ("move_line_ids.lot_id.name",),
            ),
            "account.move.line": (
                ("move_id.name", "move_id.ref", "sale_line_ids.order_id.name"),
                (),
            ),
            "scrm.settlement.import.line": (("ref",), ("serial",)),
        }

    def _get_claim_entries(self):
        """Return the lines as what a dealer's claims are compared with (list of Ours)."""
        if not self:
            return []
        self.flush_model()
        names = self._get_claim_names()
        codes = self._get_claim_codes()
        # As text: the cursor makes float of numeric
        rows = self.env.execute_query(
            SQL(
                "SELECT id, date, product_id, quantity::text, COALESCE(amount, 0)::text "
                "FROM scrm_settlement_line WHERE id = ANY(%s) ORDER BY date, id",
                self.ids,
            )
        )
        return [
            Ours(
                id=line_id,
                day=day,
                item=product_id,
                codes=codes.get(product_id, ()),
                quantity=Decimal(quantity),
                amount=Decimal(amount),
                refs=names.get(line_id, ((), ()))[0],
                serials=names.get(line_id, ((), ()))[1],
            )
            for line_id, day, product_id, quantity, amount in rows
        ]

    def _get_claim_codes(self):
        """Return {product id: codes by which it is called}."""
        # sudo: whoever reads the journal reads what its products are called
        products = self.sudo().product_id.with_context(active_test=False)
        products.fetch(["default_code", "barcode"])
        return {
            product.id: tuple(filter(None, [product.default_code, product.barcode]))
            for product in products
        }

    def _get_claim_names(self):
        """Return {line id: (references, serial and ticket numbers)} of the lines' sources."""
        paths = self._get_claim_paths()
        names = {}
        sources = self.env.execute_query(
            SQL(
                "SELECT source_model, array_agg(id), array_agg(source_id) "
                "FROM scrm_settlement_line WHERE id = ANY(%s) GROUP BY source_model",
                self.ids,
            )
        )
        for model, line_ids, source_ids in sources:
            if model not in self.env:
                continue
            refs, serials = paths.get(model, (("display_name",), ()))
            # sudo: names of documents the reader of the journal need not be a reader of
            records = self.env[model].sudo().browse(set(source_ids)).exists()
            found = {
                record.id: (_collect(record, refs), _collect(record, serials))
                for record in records
            }
            for line_id, source_id in zip(line_ids, source_ids, strict=True):
                if source_id in found:
                    names[line_id] = found[source_id]
        return names


def _collect(record, paths):
    """Return the texts at the ends of the paths, each once."""
    texts = (text for path in paths for text in record.mapped(path))
    return tuple(dict.fromkeys(text for text in texts if text))
