"""Segments: finding the members again, after a change of everybody or of some, and the live count.

The segment is one that a shop would define: persons who bought in the last year for so much, and
who are in no other segment that sends to them already. Its author is no superuser: the product
asks with the author's rules, the plain SQL without.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from harness.scales import chosen
from harness.stage import Stage
from metrics import TOUCHED, filled

AMOUNT = 500
# Of the members, how many change sides between two nightly refreshes: one in so many.
MOVED = 100
# How long somebody who edits a definition waits for its number, in seconds, at any scale.
LIVE = 0.3

FOUND = """
SELECT c.id
  FROM scrm_customer c
  JOIN scrm_metric m ON m.customer_id = c.id AND m.company_id = %(company)s
 WHERE c.pool_id = %(pool)s AND c.active AND c.kind = 'person'
   AND m.order_count_year >= 1 AND m.amount_year >= %(amount)s
   AND NOT EXISTS (SELECT FROM scrm_segment_member o
                    WHERE o.segment_id = %(other)s AND o.left_at IS NULL AND o.customer_id = c.id)
"""
BARE = f"""
WITH found AS MATERIALIZED ({FOUND}), leaving AS (
    UPDATE scrm_segment_member m SET left_at = now()
     WHERE m.segment_id = %(segment)s AND m.left_at IS NULL
       AND NOT EXISTS (SELECT FROM found f WHERE f.id = m.customer_id)
    RETURNING 1
), entering AS (
    INSERT INTO scrm_segment_member (segment_id, company_id, customer_id, entered_at)
    SELECT %(segment)s, %(company)s, f.id, now() FROM found f
     WHERE NOT EXISTS (SELECT FROM scrm_segment_member m
                        WHERE m.segment_id = %(segment)s AND m.left_at IS NULL
                          AND m.customer_id = f.id)
    RETURNING 1
)
SELECT (SELECT count(*) FROM entering), (SELECT count(*) FROM leaving)
"""


def make(env):
    """Make, as the administrator, a segment that leaves out the members of another."""
    Segment = env["scrm.segment"].with_user(env.ref("base.user_admin"))
    other = Segment.create(
        {
            "name": "Bench, left out",
            "condition_ids": [(0, 0, {"metric": "order_count_year", "value": 5})],
        }
    )
    segment = Segment.create(
        {
            "name": "Bench",
            "domain": "[('kind', '=', 'person')]",
            "condition_ids": [
                (0, 0, {"metric": "order_count_year", "value": 1}),
                (0, 0, {"metric": "amount_year", "value": AMOUNT}),
            ],
            "exclude_ids": [(6, 0, other.ids)],
        }
    )
    env.cr.execute("ANALYZE scrm_segment_member")
    return segment


def values(segment):
    return {
        "company": segment.company_id.id,
        "pool": segment.company_id.scrm_pool_id.id,
        "segment": segment.id,
        "other": segment.exclude_ids.id,
        "amount": AMOUNT,
    }


def move(env):
    """Let some fall below the amount and as many others rise above it."""
    env.cr.execute(
        "UPDATE scrm_metric SET amount_year = CASE WHEN amount_year >= %s THEN 0 ELSE %s END"
        " WHERE order_count_year > 0 AND customer_id %% %s = 0",
        [AMOUNT, 2 * AMOUNT, MOVED],
    )


def touched(env):
    env.cr.execute(
        "SELECT customer_id FROM scrm_metric WHERE customer_id %% 1000 < %s", [TOUCHED * 1000]
    )
    return [row[0] for row in env.cr.fetchall()]


def check(env, segment):
    """Fail unless the product finds whom the plain SQL finds."""
    env.cr.execute(FOUND, values(segment))
    found = {row[0] for row in env.cr.fetchall()}
    members = set(segment.sudo().member_ids.customer_id.ids)
    if found != members or not found:
        raise SystemExit(f"{len(members)} members, but plain SQL finds {len(found)}.")


def let_workers_help(env):
    """Have PostgreSQL as an installation has it: nothing is compared with a bare statement."""
    env.cr.execute("SET LOCAL max_parallel_workers_per_gather TO DEFAULT")


def count_live(env, segment):
    """Count as the builder does while a definition is being edited."""
    draft = segment.with_env(segment.env(su=False))
    draft.invalidate_recordset(["preview_count"])
    return draft.preview_count


def main() -> None:
    stage = Stage(chosen()).open()
    compare = stage.report.compare
    with stage.session() as env:
        filled(env)
        segment = make(env)
        check(env, segment)
        stage.report.note(f"members {segment.member_count:,} of {stage.scale.customers:,}")
        full = compare(
            "segment, all, 1 % moved",
            env,
            product=lambda env: segment.sudo()._refresh_members(),
            bare=lambda env: env.cr.execute(BARE, values(segment)),
            prepare=move,
            target=2,
        )
        ids = touched(env)
        compare(
            "segment, 1.4 % touched, to all",
            env,
            product=lambda env: segment.sudo()._refresh_members(ids),
            bare=full,
            prepare=move,
            target=0.5,
        )
        compare(
            "live count and sample, to 0.3 s",
            env,
            product=lambda env: count_live(env, segment),
            bare=LIVE,
            prepare=let_workers_help,
            target=1,
            by="wall",
        )


if __name__ == "__main__":
    main()
