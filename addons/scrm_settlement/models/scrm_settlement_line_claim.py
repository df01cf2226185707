from decimal import Decimal

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL, escape_psql

from ..tools.claim_cells import get_key, normalise
from ..tools.claim_match import Ours


class ScrmSettlementLine(models.Model):
    _inherit = "scrm.settlement.line"

    @api.model
    def _get_claim_queries(self):
        """Return by which names dealers know the sources of lines.

        :return: {model of the source: query of its id, its references and its serial and ticket
            numbers (two arrays of text)}; addons that bring sources add theirs. Of other models,
            the name of the record is its reference.
        """
        return {
            "stock.move": SQL(
                """
                SELECT m.id, ARRAY[p.name, p.origin, o.name, o.client_order_ref],
                       ARRAY(SELECT lot.name FROM stock_move_line ml
                               JOIN stock_lot lot ON lot.id = ml.lot_id WHERE ml.move_id = m.id)
                  FROM stock_move m
                  LEFT JOIN stock_picking p ON p.id = m.picking_id
                  LEFT JOIN sale_order_line ol ON ol.id = m.sale_line_id
                  LEFT JOIN sale_order o ON o.id = ol.order_id
                """
            ),
            "account.move.line": SQL(
                """
                SELECT l.id,
                       ARRAY[m.name, m.ref] || ARRAY(
                           SELECT o.name FROM sale_order_line_invoice_rel r
                             JOIN sale_order_line ol ON ol.id = r.order_line_id
                             JOIN sale_order o ON o.id = ol.order_id
                            WHERE r.invoice_line_id = l.id),
                       ARRAY[]::text[]
                  FROM account_move_line l JOIN account_move m ON m.id = l.move_id
                """
            ),
            "scrm.settlement.dispute": SQL(
                "SELECT id, ARRAY[name, item_ref], ARRAY[]::text[] FROM scrm_settlement_dispute"
            ),
            "scrm.settlement.import.line": SQL(
                "SELECT id, ARRAY[ref], ARRAY[serial] FROM scrm_settlement_import_line"
            ),
        }

    @api.model
    def _get_document_numbers(self):
        """Return by which documents of ours a dealer's claim may go; addons add theirs.

        :return: {model: (path to the dealer, fields with numbers)}
        """
        return {
            "stock.picking": ("partner_id", ("name",)),
            "sale.order": ("partner_id", ("name", "client_order_ref")),
            "account.move": ("partner_id", ("name", "ref")),
        }

    @api.model
    def _find_own_numbers(self, company, claims):
        """Return which numbers of claims are documents of ours for their dealer.

        :param claims: list of dicts with `partner_id` and `marks`
        :return: set of (dealer's id, key of the number)
        """
        if not claims:
            return set()
        dealers = list({claim["partner_id"] for claim in claims})
        texts = {normalise(text) for claim in claims for text in claim["marks"] if text}
        own = set()
        for model, (path, names) in self._get_document_numbers().items():
            # sudo: whether there is such a document, whoever may read it
            documents = self.env[model].sudo().with_context(active_test=False)
            for document in documents.search(
                Domain("company_id", "=", company.id)
                & Domain(f"{path}.commercial_partner_id", "in", dealers)
                & Domain.OR(
                    Domain(name, "=ilike", escape_psql(text)) for name in names for text in texts
                )
            ):
                dealer = document.mapped(path).commercial_partner_id
                own |= {(dealer.id, get_key(document[n])) for n in names if document[n]}
        return own

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
                "SELECT id, date, product_id, quantity::text, COALESCE(amount, 0)::text, "
                "origin_line_id FROM scrm_settlement_line WHERE id = ANY(%s) ORDER BY date, id",
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
                origin=origin_id,
            )
            for line_id, day, product_id, quantity, amount, origin_id in rows
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
        self.env.flush_all()  # the queries read documents of any model
        queries = self._get_claim_queries()
        names = {}
        models_of_lines = self.env.execute_query(
            SQL(
                "SELECT line.source_model, array_agg(line.source_id) FROM scrm_settlement_line line"
                "  JOIN ir_model model"
                "    ON model.id = line.source_model_number AND model.model = line.source_model"
                " WHERE line.id = ANY(%s) GROUP BY line.source_model",
                self.ids,
            )
        )
        for model, source_ids in models_of_lines:
            if model in queries:
                found = self.env.execute_query(
                    SQL(
                        "SELECT line.id, source.refs, source.serials FROM scrm_settlement_line line"
                        " JOIN (%s) AS source(id, refs, serials) ON source.id = line.source_id"
                        " WHERE line.id = ANY(%s) AND line.source_model_number = %s",
                        queries[model],
                        self.ids,
                        self.env["ir.model"]._get_id(model),
                    )
                )
                names.update({line: (_clean(refs), _clean(sns)) for line, refs, sns in found})
            elif model in self.env and self.env[model]._rec_name:
                # sudo: names of documents the reader of the journal need not be a reader of
                records = self.env[model].sudo().browse(set(source_ids)).exists()
                labels = {record.id: record.display_name for record in records}
                names.update(
                    {
                        line.id: (_clean([labels.get(line.source_id)]), ())
                        for line in self
                        if line.source_model == model
                    }
                )
        return names


def _clean(texts):
    """Return the texts that say something, each once."""
    return tuple(dict.fromkeys(text for text in texts if text))
