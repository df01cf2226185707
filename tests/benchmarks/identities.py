"""Identities: resolving known handles, taking in new ones, merging and undoing it."""

import sys
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parent))

from harness.measure import ROUNDS, take
from harness.scales import BATCH, SCALES, chosen
from harness.stage import Stage

PAIRS = 1000
BATCHES = 10
# Resolving is fast and the clock of a process's CPU ticks in hundredths of a second.
RESOLVES = 100


def handles(env, first, count, id_type="phone"):
    from odoo.addons.scrm_base.tools.handles import Handle

    scope = env.company.scrm_pool_id._get_scope()
    return [Handle(id_type, scope, f"+8613{number:09}") for number in range(first, first + count)]


def known(env):
    """Return a batch of handles that are stored, from all over the table."""
    from odoo.addons.scrm_base.tools.handles import Handle

    env.cr.execute(
        "SELECT id_type, scope, value FROM scrm_identity"
        " WHERE id IN (SELECT min(id) + n * (max(id) - min(id)) / %s"
        "                FROM scrm_identity, generate_series(1, %s) n GROUP BY n)",
        [BATCH + 1, BATCH],
    )
    batch = [Handle(*row) for row in env.cr.fetchall()]
    # Seen a moment ago, so that resolving notes nothing new about them.
    env.cr.execute(
        "UPDATE scrm_identity SET last_seen_at = now() AT TIME ZONE 'UTC'"
        " WHERE id_type = 'partner' AND value = ANY(%s)",
        [[handle.value for handle in batch]],
    )
    return batch


def resolve(env, batch):
    for _time in range(RESOLVES):
        env["scrm.identity"]._resolve_many(batch)
        env.invalidate_all()


def seconds_to_resolve(stage):
    with stage.session() as env:
        batch = known(env)
        resolve(env, batch)
        return median(take(env.cr, lambda: resolve(env, batch)).cpu for _round in range(ROUNDS))


def ingest(env):
    for number in range(BATCHES):
        env["scrm.identity"]._resolve_many(handles(env, number * BATCH, BATCH))
        env.flush_all()
        env.invalidate_all()


def ingest_bare(env):
    """Insert the same rows: a customer and a handle each."""
    pool = env.company.scrm_pool_id.id
    for number in range(BATCHES):
        batch = handles(env, number * BATCH, BATCH)
        env.cr.execute(
            "INSERT INTO scrm_customer (pool_id, active, kind, name) VALUES "
            + ", ".join(["(%s, TRUE, 'person', %s)"] * BATCH)
            + " RETURNING id",
            [value for handle in batch for value in (pool, handle.value)],
        )
        ids = [row[0] for row in env.cr.fetchall()]
        env.cr.execute(
            "INSERT INTO scrm_identity (id_type, scope, value, pool_id, first_seen_at,"
            " last_seen_at, origin_customer_id, customer_id) VALUES "
            + ", ".join(["(%s, %s, %s, %s, now(), now(), %s, %s)"] * BATCH),
            [
                value
                for handle, id_ in zip(batch, ids, strict=True)
                for value in (*handle.key, pool, id_, id_)
            ],
        )


def pairs(env):
    env.cr.execute(
        "SELECT id FROM scrm_identity WHERE id_type = 'partner' ORDER BY id DESC LIMIT %s",
        [2 * PAIRS],
    )
    identities = env["scrm.identity"].browse(sorted(row[0] for row in env.cr.fetchall()))
    return list(zip(identities[:PAIRS], identities[PAIRS:], strict=True))


def merge(env):
    return env["scrm.identity"]._attach_many(pairs(env), rule="contact_card")


def undo(env):
    env["scrm.identity.link"].search([("rule", "=", "contact_card")]).action_undo()


def move_bare(env):
    """Move what a merge moves: the handles, the customers' mark, the timelines' copies."""
    moved = [(other.id, first.id) for first, other in pairs(env)]
    rows = ", ".join(["(%s, %s)"] * len(moved))
    values = [value for pair in moved for value in pair]
    env.cr.execute(
        f"CREATE TEMPORARY TABLE bench_move ON COMMIT DROP AS"
        f" SELECT i.id, i.customer_id AS loser, w.customer_id AS winner"
        f"   FROM (VALUES {rows}) v(loser, winner)"
        f"   JOIN scrm_identity i ON i.id = v.loser JOIN scrm_identity w ON w.id = v.winner",
        values,
    )
    env.cr.execute("ANALYZE bench_move")
    for table, column in (("scrm_identity", "id"), ("scrm_interaction", "identity_id")):
        env.cr.execute(
            f"UPDATE {table} t SET customer_id = m.winner FROM bench_move m WHERE t.{column} = m.id"
        )
    env.cr.execute(
        "UPDATE scrm_customer c SET merged_into_id = m.winner, active = FALSE"
        " FROM bench_move m WHERE c.id = m.loser"
    )


def main() -> None:
    few = seconds_to_resolve(Stage(SCALES["tiny"]).open())
    stage = Stage(chosen()).open()
    compare = stage.report.compare
    with stage.session() as env:
        batch = known(env)
        resolve(env, batch)
        compare(
            f"resolve {RESOLVES} x {BATCH} known, to 10k",
            env,
            product=lambda env: resolve(env, batch),
            bare=few,
            target=1.3,
        )
        compare(
            f"take in {BATCHES} x {BATCH} new handles",
            env,
            product=ingest,
            bare=ingest_bare,
            target=3,
        )
        compare(f"merge {PAIRS} pairs", env, product=merge, bare=move_bare, target=3)
        compare(f"undo {PAIRS} merges", env, product=undo, bare=move_bare, prepare=merge, target=3)


if __name__ == "__main__":
    main()
