"""What an import of customers costs: 2,500 rows, or 100,000 at SCALE=full.

Prints, from one run: the seconds of each tenth of the rows (they must not grow), the growth of the
Odoo process, and the ratio to plain SQL that writes the same rows into the same tables; no row is
lost or doubled. At SCALE=full, or with `kill`, the server is killed in the middle and started
again: the job runner takes a minute to see that a job died.

Usage: .venv/bin/python tests/benchmarks/customer_import.py [rows] [kill]
"""

import base64
import os
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import openpyxl

from tests.harness.rpc import Rpc
from tests.harness.server import Server, database

ROWS = {"small": 2_500, "full": 100_000}
STEPS = 10
HEADER = ("姓名", "手机", "邮箱", "城市", "标签", "客户编号")


def memory(process_id: int) -> int:
    """Return a process's resident memory in MB."""
    status = Path(f"/proc/{process_id}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) // 1024


def cpu(process_id: int) -> float:
    """Return the CPU seconds of a process; on a busy machine they say more than the clock."""
    fields = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def make_file(path: Path, rows: int) -> None:
    """Write a list of new customers, one in a hundred with a wrong number."""
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.append(HEADER)
    for number in range(rows):
        phone = "无" if number % 100 == 99 else f"13{number + 200_000_000:09d}"
        sheet.append(
            (f"客户 {number}", phone, f"bench{number}@example.com", "深圳", "导入", f"B{number}")
        )
    book.save(path)


#: Contact, customer, two handles, their evidence and the timeline: what a row becomes.
PLAIN_SQL = """
CREATE TEMP TABLE bench AS
    SELECT n, nextval('res_partner_id_seq') AS partner, nextval('scrm_customer_id_seq') AS c1,
           nextval('scrm_customer_id_seq') AS c2, nextval('scrm_customer_id_seq') AS c3,
           nextval('scrm_identity_id_seq') AS i1, nextval('scrm_identity_id_seq') AS i2,
           nextval('scrm_identity_id_seq') AS i3
      FROM generate_series(1, {rows}) n;
INSERT INTO res_partner (id, name, complete_name, phone, email, email_normalized, city, ref, type,
                         active, autopost_bills, commercial_partner_id, create_date)
    SELECT partner, 'Plain ' || n, 'Plain ' || n, '+8615' || n, 'plain' || n || '@example.com',
           'plain' || n || '@example.com', 'SZ', 'P' || n, 'contact', TRUE, 'ask', partner, now()
      FROM bench;
INSERT INTO scrm_customer (id, pool_id, name, kind, active, create_date)
    SELECT unnest(ARRAY[c1, c2, c3]), (SELECT min(id) FROM scrm_pool), 'Plain ' || n, 'person',
           TRUE, now() FROM bench;
INSERT INTO scrm_identity (id, id_type, scope, value, name, pool_id, first_seen_at, last_seen_at,
                           origin_customer_id, customer_id)
    SELECT unnest(ARRAY[i1, i2, i3]), unnest(ARRAY['partner', 'phone', 'email']), '{tag}',
           unnest(ARRAY[partner::text, '+8615' || n, 'plain' || n]), 'Plain ' || n,
           (SELECT min(id) FROM scrm_pool), now(), now(), unnest(ARRAY[c1, c2, c3]), c1
      FROM bench;
INSERT INTO scrm_identity_link (left_id, right_id, rule, decided_by_id, valid_from)
    SELECT i1, unnest(ARRAY[i2, i3]), 'import', 2, now() FROM bench;
INSERT INTO scrm_interaction (identity_id, customer_id, company_id, kind, summary, occurred_at,
                              dedupe_key)
    SELECT i1, c1, (SELECT min(id) FROM res_company), 'import', 'Plain ' || n, now(), '{tag}:' || n
      FROM bench;
DROP TABLE bench;
"""


def plain_sql(server: Server, rows: int, tag: str) -> float:
    """Write what the rows become in plain SQL and return its seconds."""
    started = time.perf_counter()
    server.sql(PLAIN_SQL.format(rows=rows, tag=tag))
    return time.perf_counter() - started


def count(server: Server, record: int, result: str) -> int:
    where = "import_id = %s AND result = %s"
    return server.sql(
        f"SELECT count(*) FROM scrm_customer_import_line WHERE {where}", [record, result]
    )[0][0]


def run_import(server: Server, rows: int, kill: bool) -> float:
    """Import a file of so many rows, print how it went and return its seconds."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bench.xlsx"
        make_file(path, rows)
        content = base64.b64encode(path.read_bytes()).decode()
    admin = Rpc(server.url, server.name, "admin", "admin")
    loaded = peak = memory(server.process.pid)
    values = {"file": content, "filename": "bench.xlsx"}
    record = admin.call("scrm.customer.import", "create", values)
    started = time.perf_counter()
    admin.call("scrm.customer.import", "action_preview", [record])
    preview = time.perf_counter() - started
    grown = memory(server.process.pid) - loaded
    print(f"preview of {rows} rows      {preview:8.1f} s, process + {grown} MB")
    admin.call("scrm.customer.import", "action_start", [record])
    started = last = time.perf_counter()
    step, spent = rows // STEPS, cpu(server.process.pid)
    while True:
        time.sleep(0.5)
        now, waiting = time.perf_counter(), count(server, record, "pending")
        peak = max(peak, memory(server.process.pid) - loaded)
        while rows - waiting >= step:
            used = cpu(server.process.pid)
            print(
                f"row {step:7d}              {now - last:8.1f} s, {used - spent:.1f} s of CPU in"
                f" Odoo, process + {peak} MB"
            )
            step, last, spent = step + rows // STEPS, now, used
        if not waiting:
            break
        if kill and rows - waiting > rows * 0.45:
            kill = False
            server.kill()
            server.start()
            print("killed and started again")
            peak, loaded, spent = 0, memory(server.process.pid), 0
    taken = time.perf_counter() - started
    done = count(server, record, "done")
    contacts = server.sql(
        "SELECT count(*), count(DISTINCT phone) FROM res_partner WHERE ref ~ '^B[0-9]'"
    )
    print(f"imported {done}, contacts and their numbers {contacts[0]}, rejected {rows - done}")
    assert contacts[0] == [done, done], "rows were doubled or lost"
    return preview + taken


def main() -> None:
    scale = os.environ.get("SCALE") or "small"
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else ROWS[scale]
    kill = scale == "full" or "kill" in sys.argv
    server = Server("bench_import", "core")
    try:
        server.create()
        database.install(server.odoo, server.name, ["scrm_base"], "scrm_base in it")
        server.start()
        plain = plain_sql(server, rows, "first")
        imported = run_import(server, rows, kill=kill)
        server.stop()
        plain = min(plain, plain_sql(server, rows, "second"))
    finally:
        server.drop()
    print(f"plain SQL                   {plain:8.1f} s")
    print(f"import / plain SQL          {imported / plain:8.1f}")


if __name__ == "__main__":
    main()
