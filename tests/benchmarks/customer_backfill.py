"""Past business made known: 2,500 contacts with an order each, or 100,000 at SCALE=full.

Plain SQL writes the same rows without a look at what a number says, or whose it is.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from harness.scales import SCALES, SLICE, chosen
from harness.stage import Stage

ROWS = {"small": 2_500, "full": SLICE}[chosen().name]

#: Contacts with one confirmed order each, of the time before the addon.
PAST = """
CREATE TEMP TABLE bench_past ON COMMIT DROP AS
    SELECT n, nextval('res_partner_id_seq') AS partner FROM generate_series(1, {rows}) n;
INSERT INTO res_partner (id, name, complete_name, phone, email, type, active, autopost_bills,
                         commercial_partner_id, create_date)
    SELECT partner, 'Past ' || n, 'Past ' || n, '+86' || (14700000000 + n),
           'past' || n || '@example.com', 'contact', TRUE, 'ask', partner, now() FROM bench_past;
INSERT INTO sale_order (company_id, partner_id, partner_invoice_id, partner_shipping_id, name,
                        state, date_order, picking_policy, currency_id, amount_total, create_uid)
    SELECT (SELECT min(id) FROM res_company), partner, partner, partner, 'PAST' || n, 'sale',
           now() - n * interval '1 minute', 'direct', (SELECT min(currency_id) FROM res_company),
           n, 2 FROM bench_past;
ANALYZE res_partner; ANALYZE sale_order;
"""

#: Customers, handles and evidence of whoever ordered and is not known, as the product writes them.
BARE = """
CREATE TEMP TABLE bench_new ON COMMIT DROP AS
    SELECT p.id AS partner, p.name, p.phone, p.email,
           nextval('scrm_customer_id_seq') AS c1, nextval('scrm_customer_id_seq') AS c2,
           nextval('scrm_customer_id_seq') AS c3, nextval('scrm_identity_id_seq') AS i1,
           nextval('scrm_identity_id_seq') AS i2, nextval('scrm_identity_id_seq') AS i3
      FROM res_partner p
     WHERE p.id IN (SELECT partner_id FROM sale_order WHERE name ~ '^PAST[0-9]');
INSERT INTO scrm_customer (id, pool_id, name, kind, golden, merged_into_id, active, derived_at,
                           create_date)
    SELECT v.id, o.scrm_pool_id, v.name, 'person',
           json_build_object('name', json_build_object('identity', i1, 'reason', 'only')),
           NULLIF(c1, v.id), v.id = c1, now(), now()
      FROM bench_new, (SELECT scrm_pool_id FROM res_company ORDER BY id LIMIT 1) o,
           LATERAL unnest(ARRAY[c1, c2, c3], ARRAY[name, phone, email]) AS v(id, name);
INSERT INTO scrm_identity (id, id_type, scope, value, value_raw, partner_id, pool_id,
                           first_seen_at, last_seen_at, origin_customer_id, customer_id)
    SELECT v.id, v.id_type, 'pool:' || o.scrm_pool_id, v.value, v.value, v.partner_id,
           o.scrm_pool_id, now(), now(), v.customer, c1
      FROM bench_new, (SELECT scrm_pool_id FROM res_company ORDER BY id LIMIT 1) o,
           LATERAL unnest(ARRAY[i1, i2, i3], ARRAY['partner', 'phone', 'email'],
                          ARRAY[partner::text, phone, email], ARRAY[partner, NULL, NULL],
                          ARRAY[c1, c2, c3]) AS v(id, id_type, value, partner_id, customer);
INSERT INTO scrm_identity_link (left_id, right_id, rule, evidence, decided_by_id, valid_from)
    SELECT i1, unnest(ARRAY[i2, i3]), 'contact_card', '{}', 1, now() FROM bench_new;
INSERT INTO scrm_customer_touch (customer_id, company_id, touched_at)
    SELECT unnest(ARRAY[c1, c2, c3]), (SELECT min(id) FROM res_company), now() FROM bench_new;
"""

#: Their timelines, without a look at what stands there.
BARE_TIMELINE = """
INSERT INTO scrm_interaction (identity_id, customer_id, company_id, kind, summary, occurred_at,
                              res_model, res_id, dedupe_key)
    SELECT i.id, i.customer_id, s.company_id, 'order', 'Order confirmed: ' || s.name, s.date_order,
           'sale.order', s.id, 'sale.order:' || s.id || ':sale'
      FROM sale_order s JOIN scrm_identity i ON i.partner_id = s.partner_id
     WHERE s.name ~ '^PAST[0-9]';
"""


def forget(env):
    """Begin with contacts that nobody knows; what a run before made was taken back."""
    env.cr.execute(PAST.format(rows=ROWS))


def backfill(env):
    env["res.partner"]._scrm_backfill_customers()
    env["scrm.interaction"]._backfill()


def main() -> None:
    stage = Stage(SCALES["tiny"]).open()
    with stage.session() as env:
        stage.report.compare(
            f"make {ROWS:,} past customers known",
            env,
            product=lambda env: env["res.partner"]._scrm_backfill_customers(),
            bare=lambda env: env.cr.execute(BARE),
            prepare=forget,
            target=4,
        )
        stage.report.compare(
            "the same, timelines and stages",
            env,
            product=backfill,
            bare=lambda env: env.cr.execute(BARE + BARE_TIMELINE),
            prepare=forget,
            target=4,
        )


if __name__ == "__main__":
    main()
