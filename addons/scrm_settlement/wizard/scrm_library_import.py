import base64
from datetime import timedelta

from odoo import Command, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from odoo.addons.scrm_base.tools.spreadsheet import SpreadsheetError, check_size, read_sheet

from ..tools.price_rows import parse_row, recognise


class ScrmLibraryImport(models.TransientModel):
    """Take a spreadsheet of prices into a library, from a day on.

    The file is shown first, row by row, with what is wrong; rows with an error are left out and
    never stop the others.
    """

    _name = "scrm.library.import"
    _description = "Import of Standard Prices"

    library_id = fields.Many2one(comodel_name="scrm.library", required=True)
    file = fields.Binary(attachment=False, required=True)
    filename = fields.Char()
    valid_from = fields.Date(
        string="First Day of the New Prices",
        required=True,
        default=lambda self: self.env.company._scrm_local_day(fields.Datetime.now()),
        help="Earlier prices end the day before.",
    )
    line_ids = fields.One2many(
        comodel_name="scrm.library.import.line", inverse_name="import_id", string="Rows"
    )
    new_count = fields.Integer(string="New Prices", compute="_compute_counts")
    error_count = fields.Integer(string="Errors", compute="_compute_counts")

    def _compute_display_name(self):
        self.display_name = self.env._("Import Prices")

    def _compute_counts(self):
        for record in self:
            outcomes = record.line_ids.mapped("outcome")
            record.new_count = outcomes.count("new")
            record.error_count = outcomes.count("error")

    # === ACTIONS === #

    def action_read(self):
        """Show what the file says, without changing anything."""
        self.ensure_one()
        self.library_id.check_access("write")
        content = base64.b64decode(self.file or b"")
        try:
            check_size(len(content))
            sheet = read_sheet(content, self.filename or "")
        except SpreadsheetError as error:
            raise UserError(self.env._(error.message)) from error
        columns = recognise(sheet.header)
        if not {"code", "price"} <= columns.keys():
            raise UserError(
                self.env._(
                    "The first row of the table must name the columns “Code” and “Price”; it says "
                    "%(header)s.",
                    header=", ".join(filter(None, sheet.header)) or "–",
                )
            )
        rows = [(number, parse_row(cells, columns)) for number, cells in sheet.numbered_rows()]
        self.line_ids = [Command.clear(), *map(Command.create, self._prepare_lines(rows))]
        return self._reopen()

    def action_import(self):
        """Make the new prices, and end the ones they follow."""
        self.ensure_one()
        self.library_id.check_access("write")
        lines = self.line_ids.filtered(lambda line: line.outcome == "new")
        if not lines:
            raise UserError(self.env._("There is no new price in the file: nothing was imported."))
        first = self.valid_from
        prices = self._get_prices(lines.product_id)
        ended = self.env["scrm.library.line"]
        vals_list = []
        for line in lines:
            dated = prices.get(line.product_id, [])
            earlier = [p for p in dated if p.valid_from < first]
            later = [p for p in dated if p.valid_from > first]
            if earlier and (not earlier[-1].valid_to or earlier[-1].valid_to >= first):
                ended += earlier[-1]
            vals_list.append(
                {
                    "library_id": self.library_id.id,
                    "product_id": line.product_id.id,
                    "price": line.price,
                    "valid_from": first,
                    "valid_to": later[0].valid_from - timedelta(days=1) if later else False,
                }
            )
        ended.valid_to = first - timedelta(days=1)
        ended.create(vals_list)
        self._update_items(lines)
        return {
            "type": "ir.actions.act_window",
            "res_model": "scrm.library",
            "res_id": self.library_id.id,
            "views": [(False, "form")],
        }

    # === BUSINESS === #

    def _reopen(self):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Import Prices"),
            "res_model": self._name,
            "res_id": self.id,
            "views": [(False, "form")],
            "target": "new",
        }

    def _get_prices(self, products):
        """Return `{product: prices of the library, the earliest first}`."""
        lines = self.env["scrm.library.line"].search(
            [("library_id", "=", self.library_id.id), ("product_id", "in", products.ids)],
            order="valid_from, id",
        )
        return {product: list(found) for product, found in lines.grouped("product_id").items()}

    def _prepare_lines(self, rows):
        found = self._find_products([row.code for _number, row in rows])
        prices = self._get_prices(self.env["product.product"].union(*found.values()))
        settled = (
            self.env["scrm.library.line"]
            .union(*(line for lines in prices.values() for line in lines))
            ._get_settled_days()
        )
        seen, vals_list = {}, []
        for number, row in rows:
            product = found.get(row.code, self.env["product.product"])
            problems = [self.env._(problem) for problem in row.problems]
            if not problems:
                problems = self._get_problems(row, product, prices, seen, settled)
            seen.setdefault(product.id, number)
            current = self._get_price_on(prices.get(product, []), self.valid_from)
            outcome = "error" if problems else "new"
            if current and not problems and current.price == float(row.price):
                outcome = "unchanged"
            vals_list.append(
                {
                    "row": number,
                    "code": row.code,
                    "product_id": product.id,
                    "price": float(row.price or 0),
                    "old_price": current.price if current else 0,
                    "labour_minutes": row.minutes or 0,
                    "reference_cost": float(row.cost or 0),
                    "outcome": outcome,
                    "problem": " ".join(problems),
                }
            )
        return vals_list

    def _get_problems(self, row, product, prices, seen, settled):
        if not product:
            return [
                self.env._(
                    "No product has the code %(code)s, or several have. Create the product or "
                    "correct the code.",
                    code=row.code,
                )
            ]
        if product.id in seen:
            return [self.env._("Row %(row)s has this product already.", row=seen[product.id])]
        if (product.type == "service") != (self.library_id.kind == "project"):
            return [
                self.env._(
                    "%(product)s does not belong in this library: service projects are services, "
                    "spare parts are goods.",
                    product=product.display_name,
                )
            ]
        begun = [p for p in prices.get(product, []) if p.valid_from == self.valid_from]
        if begun and begun[0].price != float(row.price):
            return [
                self.env._(
                    "A price from this day on exists already. Change it in the library, or choose "
                    "another first day."
                )
            ]
        current = self._get_price_on(prices.get(product, []), self.valid_from)
        _first, last = settled.get(current, (None, None))
        if last and last >= self.valid_from and current.price != float(row.price):
            return [
                self.env._(
                    "Settlement lines up to %(day)s were priced from the price so far. Choose a "
                    "first day after that.",
                    day=format_date(self.env, last),
                )
            ]
        return []

    @staticmethod
    def _get_price_on(prices, day):
        return next(
            (p for p in prices if p.valid_from <= day and (not p.valid_to or p.valid_to >= day)),
            None,
        )

    def _find_products(self, codes):
        """Return `{code: product}`: by the library's codes, then by internal references.

        A spreadsheet that keeps codes as numbers has lost their zeros: 123 finds 00123, if that
        is the only one.
        """
        items = self.library_id.item_ids.filtered("code")
        company = self.library_id.company_id
        products = self.env["product.product"].search(
            [("default_code", "!=", False), ("company_id", "in", (company.id, False))]
        )
        found = {}
        for known in (
            [(item.code, item.product_id) for item in items],
            [(product.default_code, product) for product in products],
        ):
            exact, short = {}, {}
            for code, product in known:
                exact.setdefault(code, set()).add(product)
                short.setdefault(code.lstrip("0"), set()).add(product)
            for code in set(codes) - found.keys():
                matches = exact.get(code) or (short.get(code, set()) if code.isdigit() else set())
                if len(matches) == 1:
                    found[code] = next(iter(matches))
        return found

    def _update_items(self, lines):
        """Keep codes, labour and cost of the file with the items."""
        items = {item.product_id: item for item in self.library_id.item_ids}
        taken = {item.code for item in items.values()}
        for line in lines:
            item = items[line.product_id]
            vals = {
                name: line[name]
                for name in ("labour_minutes", "reference_cost")
                if line[name] and line[name] != item[name]
            }
            if not item.code and line.code not in taken:
                taken.add(line.code)
                vals["code"] = line.code
            if vals:
                item.write(vals)


class ScrmLibraryImportLine(models.TransientModel):
    """One row of an uploaded price list."""

    _name = "scrm.library.import.line"
    _description = "Row of a Price Import"
    _order = "import_id, row"

    import_id = fields.Many2one(
        comodel_name="scrm.library.import", required=True, ondelete="cascade"
    )
    currency_id = fields.Many2one(related="import_id.library_id.currency_id", related_sudo=False)
    row = fields.Integer(readonly=True)
    code = fields.Char(readonly=True)
    product_id = fields.Many2one(comodel_name="product.product", readonly=True)
    price = fields.Float(digits=(16, 6), min_display_digits=2, readonly=True)
    old_price = fields.Float(
        string="Price so Far", digits=(16, 6), min_display_digits=2, readonly=True
    )
    labour_minutes = fields.Integer(string="Standard Labour (min)", readonly=True)
    reference_cost = fields.Monetary(readonly=True)
    outcome = fields.Selection(
        selection=[("new", "New price"), ("unchanged", "Unchanged"), ("error", "Error")],
        readonly=True,
    )
    problem = fields.Char(readonly=True)
