"""Reconciliation: a dealer's file read, matched with the journal and kept, beside a bare parse.

The bare way opens the same file with the same library and reads every cell, nothing more. A second
one also keeps the rows, as a plain INSERT into a table without index or key.
"""

import base64
import datetime
import io
import random
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import openpyxl
import xlrd
import xlwt
from harness import stage as harness
from harness.scales import chosen
from harness.stage import Stage
from psycopg2.extras import execute_values

ROWS = {"small": 10_000, "full": 50_000}
PRODUCTS = 500
FIRST = datetime.date(2026, 10, 1)
HEADER = ("单号", "物料编码", "日期", "数量", "金额", "名称")

SEED = """
CREATE TEMP TABLE bench ON COMMIT DROP AS
    SELECT n, nextval('stock_picking_id_seq') AS picking, nextval('stock_move_id_seq') AS move,
           (SELECT array_agg(id ORDER BY id) FROM product_product
             WHERE default_code LIKE 'BENCH-%%')[1 + n %% %(products)s] AS product
      FROM generate_series(1, %(rows)s) n;
INSERT INTO stock_picking (id, name, origin, location_id, location_dest_id, picking_type_id,
                           move_type, company_id, state)
    SELECT picking, 'WH/OUT/' || n, 'S' || n, t.default_location_src_id,
           t.default_location_dest_id, t.id, 'direct', %(company)s, 'done'
      FROM bench, (SELECT * FROM stock_picking_type
                    WHERE code = 'outgoing' ORDER BY id LIMIT 1) t;
INSERT INTO stock_move (id, company_id, product_id, product_uom, location_id, location_dest_id,
                        procure_method, product_uom_qty, date, picking_id, state)
    SELECT move, %(company)s, product, %(uom)s, p.location_id, p.location_dest_id,
           'make_to_stock', 1 + n %% 9, DATE '2026-10-01' + n %% 31, picking, 'done'
      FROM bench JOIN stock_picking p ON p.id = picking;
INSERT INTO scrm_settlement_line (
        company_id, partner_id, source_type, source_model, source_model_number, component,
        source_id, occurred_at, date, product_id, uom_id, quantity, name, state, price_unit,
        amount, currency_id, document_mode)
    SELECT %(company)s, %(dealer)s, 'shipment', 'stock.move', %(model)s, 0, move,
           DATE '2026-10-01' + n %% 31, DATE '2026-10-01' + n %% 31, product, %(uom)s,
           1 + n %% 9, 'Shipment ' || n, 'pending', 12.34, round((1 + n %% 9) * 12.34, 2),
           %(currency)s, 'vendor_bill'
      FROM bench;
"""


class SettlementStage(Stage):
    """A database of its own with scrm_settlement and a dealer's month in it."""

    def __init__(self, scale):
        super().__init__(scale)
        self.name = f"bench_reconciliation_{scale.name}"

    def open(self):
        harness.ADDON, harness.seed = "scrm_settlement", seed
        return super().open()


def seed(env, scale):
    """Make a dealer's shipments of a month, unless an earlier run has."""
    if env["scrm.settlement.line"].search_count([], limit=1):
        return
    products = env["product.product"].create(
        [
            {"name": f"Part {number}", "default_code": f"BENCH-{number:04}", "type": "consu"}
            for number in range(PRODUCTS)
        ]
    )
    dealer = env["res.partner"].create({"name": "Bench dealer", "is_company": True})
    env.flush_all()
    env.cr.execute(
        SEED,
        {
            "rows": ROWS[scale.name],
            "products": PRODUCTS,
            "company": env.company.id,
            "dealer": dealer.id,
            "uom": products[0].uom_id.id,
            "model": env["ir.model"]._get_id("stock.move"),
            "currency": env.company.currency_id.id,
        },
    )
    env.cr.execute("ANALYZE scrm_settlement_line, stock_move, stock_picking")
    env.cr.commit()


def make_rows(count):
    """Yield what the dealer writes: mostly ours, some rows wrong, some without our number."""
    dice = random.Random(7)
    for number in range(1, count + 1):
        quantity = 1 + number % 9
        amount = round(quantity * 12.34, 2)
        ref = f"WH/OUT/{number}" if dice.random() < 0.9 else f"own {number}"
        if dice.random() < 0.03:
            amount += 1
        if dice.random() < 0.02:
            ref, amount = f"never {number}", 9.99
        yield (
            ref,
            f"BENCH-{number % PRODUCTS:04}",
            FIRST + datetime.timedelta(days=number % 31),
            quantity,
            amount,
            f"Part {number % PRODUCTS}",
        )


def make_xlsx(count):
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    for row in (HEADER, *make_rows(count)):
        sheet.append(row)
    output = io.BytesIO()
    book.save(output)
    return output.getvalue()


def make_xls(count):
    book = xlwt.Workbook()
    sheet = book.add_sheet("Sheet")
    style = xlwt.easyxf(num_format_str="YYYY-MM-DD")
    for y, row in enumerate((HEADER, *make_rows(count))):
        for x, value in enumerate(row):
            if isinstance(value, datetime.date):
                sheet.write(y, x, value, style)
            else:
                sheet.write(y, x, value)
    output = io.BytesIO()
    book.save(output)
    return output.getvalue()


def parse_xlsx(content):
    book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
    return sum(len([cell.value for cell in row]) for row in book.worksheets[0].iter_rows())


def parse_xls(content):
    sheet = xlrd.open_workbook(file_contents=content, on_demand=True).sheet_by_index(0)
    return sum(len([cell.value for cell in sheet.row(y)]) for y in range(sheet.nrows))


def parse_and_keep(env, content):
    """Read an .xls and store its cells as they are."""
    sheet = xlrd.open_workbook(file_contents=content, on_demand=True).sheet_by_index(0)
    env.cr.execute(
        "CREATE TEMP TABLE bench_row (ref text, code text, day float8, quantity float8,"
        " amount float8, name text) ON COMMIT DROP"
    )
    rows = [sheet.row_values(y) for y in range(1, sheet.nrows)]
    execute_values(env.cr._obj, "INSERT INTO bench_row VALUES %s", rows, page_size=1000)


def reconcile(env, content, filename):
    dealer = env["res.partner"].search([("name", "=", "Bench dealer")])
    record = env["scrm.settlement.import"].create(
        {
            "partner_id": dealer.id,
            "date_from": FIRST,
            "date_to": FIRST + datetime.timedelta(days=30),
            "file": base64.b64encode(content),
            "filename": filename,
        }
    )
    record.action_compare()
    record._run_reading()  # a large file waits for its job
    return record


def main() -> None:
    stage = SettlementStage(chosen()).open()
    count = ROWS[stage.scale.name]
    for kind, make, parse in (("xlsx", make_xlsx, parse_xlsx), ("xls", make_xls, parse_xls)):
        content = make(count)
        with stage.session() as env:
            stage.report.compare(
                f"import and match {count:,} rows .{kind}",
                env,
                product=lambda env, c=content, k=kind: reconcile(env, c, f"bench.{k}"),
                bare=lambda _env, c=content, p=parse: p(c),
                target=3,
            )
            if kind == "xls":
                stage.report.compare(
                    "the same, to read and keep the rows",
                    env,
                    product=lambda env, c=content: reconcile(env, c, "bench.xls"),
                    bare=lambda env, c=content: parse_and_keep(env, c),
                    target=3,
                )
            record = reconcile(env, content, f"bench.{kind}")
            found = {part.status: part.row_count for part in record.subtotal_ids}
            stage.report.note(f"{kind}: {found}, difference {record.amount_difference:.2f}")
            assert sum(found.values()) == count + found["only_ours"]


if __name__ == "__main__":
    main()
