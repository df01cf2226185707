"""What scrm_matching costs: a day's new customers against everybody, and how it grows.

For each size: train on a sample, compare all (the full pass), then add 1 % and compare those.
Prints CPU seconds (Odoo, Splink's processes and PostgreSQL's backend), wall time, and the peak
memory of Odoo and of the largest process of Splink.

Starting such a process costs the same for one new customer as for a batch of 5,000, so only the
largest size can say whether a day's work grows with who is new.

    python tests/benchmarks/matching.py               5,000 and 15,000 customers
    SCALE=full python tests/benchmarks/matching.py    10,000, 100,000 and 1,000,000
"""

import json
import os
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.harness.server import Server, config, database

SIZES = {"small": (5_000, 15_000), "full": (10_000, 100_000, 1_000_000)}
DAY = 0.01
INCREMENTAL_TARGET = 0.2
# Of the times that the customers grow.
GROWTH_TARGET = 1.5
# Runs in Odoo's shell, on a database without customers, and prints one line of JSON.
PROGRAM = """
import json, os, resource, time
from pathlib import Path
from odoo.addons.scrm_matching.tests import people

SIZE, NEW = {size}, {new}
pool = env["scrm.pool"]._get_default()
china = env.ref("base.cn").id


def insert(cards):
    # Contacts, customers and their handles at once; what the ORM costs is not measured here.
    columns = [list(column) for column in zip(*(card[1:] for card in cards))]
    env.cr.execute('''
        WITH card AS MATERIALIZED (
            SELECT row_number() OVER () AS n, *
              FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[])
                   AS c(name, phone, email, city)
        ), contact AS (
            INSERT INTO res_partner (name, complete_name, phone, phone_sanitized, email,
                   email_normalized, city, country_id, active, is_company, type, autopost_bills,
                   create_date, write_date)
            SELECT name, name, phone, phone, email, email, city, %s, true, false, 'contact', 'ask',
                   now() at time zone 'UTC', now() at time zone 'UTC' - interval '9 days'
              FROM card ORDER BY n RETURNING id, name
        ), customer AS (
            INSERT INTO scrm_customer (pool_id, name, kind, active)
            SELECT %s, name, 'person', true FROM contact ORDER BY id RETURNING id
        )
        INSERT INTO scrm_identity (id_type, scope, value, pool_id, partner_id, first_seen_at,
               last_seen_at, origin_customer_id, customer_id)
        SELECT 'partner', %s, p.id::text, %s, p.id, now(), now(), c.id, c.id
          FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM contact) p
          JOIN (SELECT id, row_number() OVER (ORDER BY id) AS n FROM customer) c USING (n)
    ''', [*columns, china, pool.id, pool._get_scope(), pool.id])
    env.cr.commit()
    env.cr.execute("ANALYZE res_partner, scrm_customer, scrm_identity")


def backend():
    env.cr.execute("SELECT pg_backend_pid()")
    parts = Path(f"/proc/{{env.cr.fetchone()[0]}}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(parts[11]) + int(parts[12])) / 100


def cpu_seconds():
    return sum(os.times()[:4])


def peak(whose):
    return resource.getrusage(whose).ru_maxrss / 1024


def measure(work):
    wall, cpu, database = time.monotonic(), cpu_seconds(), backend()
    work()
    database = backend() - database
    return {{
        "wall": time.monotonic() - wall,
        "cpu": cpu_seconds() - cpu + database,
        "odoo": peak(resource.RUSAGE_SELF),
        "splink": peak(resource.RUSAGE_CHILDREN),
    }}


def compare():
    model._start_scoring()
    while model._take_due(1):
        model._score_due()
        env.cr.commit()


cards = people.make(SIZE + NEW, seed=20)
insert(cards[:SIZE])
model = env["scrm.matching.model"].create({{}})
result = {{"train": measure(model._train)}}
model.action_suggest()
result["full"] = measure(compare)
env.cr.commit()
env.cr.execute("ANALYZE scrm_matching_row, scrm_matching_key")
insert(cards[SIZE:])
result["incremental"] = measure(compare)
env.cr.commit()
result["pairs"] = model.candidate_count
print("RESULT " + json.dumps(result))
"""


def measure(size: int) -> dict:
    server = Server(f"bench_matching_{size}", "suite", jobs=0)
    server.create()
    try:
        done = subprocess.run(
            [*server.odoo.command, "shell", "-c", config.FILE, "-d", server.name]
            + ["--no-http", "--log-level=error"],
            input=PROGRAM.format(size=size, new=int(size * DAY)),
            env={**os.environ, **database.odoo_env()},
            cwd=database.DEV,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
    finally:
        server.drop()
    lines = [line for line in done.stdout.splitlines() if "RESULT " in line]
    if not lines:
        raise SystemExit(f"The program for {size} customers ended without a result.")
    return json.loads(lines[0].partition("RESULT ")[2])


def main() -> int:
    sizes = SIZES[os.environ.get("SCALE") or "small"]
    results = {size: measure(size) for size in sizes}
    print(f"load average {os.getloadavg()[0]:.1f}")
    print(
        f"{'customers':>10} {'step':<12} {'CPU s':>8} {'wall s':>8} {'Odoo MiB':>9}"
        f" {'Splink MiB':>11}"
    )
    for size, result in results.items():
        for step in ("train", "full", "incremental"):
            row = result[step]
            print(
                f"{size:>10,} {step:<12} {row['cpu']:>8.1f} {row['wall']:>8.1f}"
                f" {row['odoo']:>9.0f} {row['splink']:>11.0f}"
            )
        print(f"{'':>10} pairs to review: {result['pairs']:,}")
    missed = 0
    for size, result in results.items():
        ratio = result["incremental"]["cpu"] / result["full"]["cpu"]
        missed += size == sizes[-1] and ratio > INCREMENTAL_TARGET
        print(f"{size:>10,} incremental / full {ratio:5.2f}   target {INCREMENTAL_TARGET}")
    for small, large in zip(sizes, sizes[1:], strict=False):
        cpu = [sum(results[s][step]["cpu"] for step in ("train", "full")) for s in (small, large)]
        growth, target = cpu[1] / cpu[0], GROWTH_TARGET * large / small
        missed += growth > target
        print(f"{small:,} to {large:,} customers: {growth:.1f} times   target {target:.1f}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
