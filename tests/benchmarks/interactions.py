"""Interactions: taking them in on the timelines, against a bare INSERT."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from harness.scales import BATCH, chosen
from harness.stage import Stage

BATCHES = 20


def identities(env):
    env.cr.execute(
        "SELECT id FROM scrm_identity WHERE id_type = 'partner' ORDER BY id LIMIT %s", [BATCH]
    )
    return [row[0] for row in env.cr.fetchall()]


def record(env):
    ids = identities(env)
    for number in range(BATCHES):
        env["scrm.interaction"]._record(
            [
                {
                    "identity_id": id_,
                    "kind": "message_in",
                    "summary": "Asked for a filter",
                    "dedupe_key": f"new:{number}:{id_}",
                    "res_model": "res.partner",
                    "res_id": 1,
                }
                for id_ in ids
            ]
        )
        env.flush_all()
        env.invalidate_all()


def insert(env):
    ids = identities(env)
    customer_of = {
        identity.id: identity.customer_id.id for identity in env["scrm.identity"].browse(ids)
    }
    company = env.company.id
    row = "(%s, %s, %s, 'message_in', 'Asked for a filter', now(), 'res.partner', 1, %s, now())"
    for number in range(BATCHES):
        env.cr.execute(
            "INSERT INTO scrm_interaction (identity_id, customer_id, company_id, kind, summary,"
            " occurred_at, res_model, res_id, dedupe_key, create_date) VALUES "
            + ", ".join([row] * BATCH),
            [
                value
                for id_ in ids
                for value in (id_, customer_of[id_], company, f"new:{number}:{id_}")
            ],
        )


def main() -> None:
    stage = Stage(chosen()).open()
    with stage.session() as env:
        stage.report.compare(
            f"record {BATCHES} x {BATCH} interactions",
            env,
            product=record,
            bare=insert,
            target=3,
        )


if __name__ == "__main__":
    main()
