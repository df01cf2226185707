"""Metrics and RFM scores: the product's refresh against the same aggregates in plain SQL."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from harness.scales import chosen
from harness.stage import Stage

# Of the customers, how many something happens to in a day.
TOUCHED = 0.014

# What the refresh computes, written down by somebody who knows that no contact has a parent.
BARE = """
CREATE TEMPORARY TABLE bench_metric ON COMMIT DROP AS
SELECT c.id AS customer_id, o.order_count, o.amount, o.first_at, o.last_at, o.year_count, o.year,
       l.categories, i.interactions, i.quarter, i.messages, i.latest
  FROM scrm_customer c
  LEFT JOIN (SELECT i.customer_id, count(*) AS order_count, sum(amount_total) AS amount,
                    min(date_order) AS first_at, max(date_order) AS last_at,
                    count(*) FILTER (WHERE date_order >= now() - interval '365 days') AS year_count,
                    sum(amount_total) FILTER (WHERE date_order >= now() - interval '365 days')
                        AS year
               FROM sale_order s JOIN scrm_identity i ON i.partner_id = s.partner_id
              WHERE s.state = 'sale' AND s.company_id = %(company)s GROUP BY 1) o
         ON o.customer_id = c.id
  LEFT JOIN (SELECT customer_id, count(*) AS categories
               FROM (SELECT DISTINCT i.customer_id, t.categ_id
                       FROM sale_order_line l JOIN sale_order s ON s.id = l.order_id
                       JOIN scrm_identity i ON i.partner_id = s.partner_id
                       JOIN product_product p ON p.id = l.product_id
                       JOIN product_template t ON t.id = p.product_tmpl_id
                      WHERE s.state = 'sale' AND s.company_id = %(company)s) d GROUP BY 1) l
         ON l.customer_id = c.id
  LEFT JOIN (SELECT customer_id, count(*) AS interactions,
                    count(*) FILTER (WHERE occurred_at >= now() - interval '90 days') AS quarter,
                    count(*) FILTER (WHERE occurred_at >= now() - interval '90 days'
                                       AND kind = 'message_in') AS messages,
                    max(occurred_at) AS latest
               FROM scrm_interaction WHERE company_id = %(company)s GROUP BY 1) i
         ON i.customer_id = c.id
 WHERE c.merged_into_id IS NULL AND c.pool_id = %(pool)s
"""
BARE_WRITE = """
INSERT INTO scrm_metric (customer_id, company_id, refreshed_at, order_count, amount_ordered,
       amount_average, first_ordered_on, last_ordered_on, order_count_year, amount_year,
       category_count, interaction_count, interaction_count_quarter, message_count_quarter,
       last_interaction_at, recency_score, frequency_score, monetary_score, rfm_cell)
SELECT customer_id, %(company)s, now(), order_count, amount, amount / order_count, first_at::date,
       last_at::date, year_count, year, categories, interactions, quarter, messages, latest,
       1, 1, 1, '111'
  FROM bench_metric
"""
BARE_CUTS = """
SELECT percentile_disc(ARRAY[.2, .4, .6, .8]) WITHIN GROUP (ORDER BY current_date - last_ordered_on)
           AS recency,
       percentile_disc(ARRAY[.2, .4, .6, .8]) WITHIN GROUP (ORDER BY order_count_year),
       percentile_disc(ARRAY[.2, .4, .6, .8]) WITHIN GROUP (ORDER BY amount_year)
  FROM scrm_metric WHERE company_id = %(company)s AND order_count_year > 0
"""


def bare(statements):
    """Return a function of env that runs plain SQL with the product's memory."""

    def work(env):
        values = {"company": env.company.id, "pool": env.company.scrm_pool_id.id}
        env.cr.execute("SET LOCAL work_mem = '256MB'")
        for statement in statements:
            env.cr.execute(statement, values)

    return work


def refresh(env):
    env["scrm.metric"]._refresh(env.company)


def empty(env):
    env.cr.execute("DELETE FROM scrm_metric")


def filled(env):
    """Have everybody's metrics and the cut points in force, once for all rounds."""
    env["scrm.customer"]._refresh_all(env.company)
    env.cr.execute("ANALYZE scrm_metric")


def list_touched(env):
    """Return the ids of the customers that `touch` lets something happen to."""
    env.cr.execute(
        "SELECT customer_id FROM scrm_metric WHERE company_id = %s AND customer_id %% 1000 < %s",
        [env.company.id, TOUCHED * 1000],
    )
    return [row[0] for row in env.cr.fetchall()]


def touch(env):
    """Let some customers' orders change; the refresh takes their touches off the list."""
    env.cr.execute("DELETE FROM scrm_customer_touch")
    env.cr.execute(
        "INSERT INTO scrm_customer_touch (customer_id, company_id, touched_at)"
        " SELECT customer_id, %s, now() FROM scrm_metric WHERE customer_id %% 1000 < %s",
        [env.company.id, TOUCHED * 1000],
    )
    env.cr.execute(
        "UPDATE sale_order o SET amount_total = amount_total + 1 FROM scrm_identity i"
        " WHERE i.partner_id = o.partner_id AND i.customer_id %% 1000 < %s",
        [TOUCHED * 1000],
    )


def guard_plan(env):
    """Fail if the orders of everybody are not summed up in a hash."""
    from odoo.tools import SQL

    Metric = env["scrm.metric"]
    scope = Metric._open_scope(env.company, None)
    rows = env.execute_query(SQL("EXPLAIN %s", Metric._get_order_query(scope)))
    plan = "\n".join(row[0] for row in rows)
    if "HashAggregate" not in plan:
        raise SystemExit(f"The orders are not aggregated in a hash:\n{plan}")


def main() -> None:
    stage = Stage(chosen()).open()
    compare = stage.report.compare
    with stage.session() as env:
        env.cr.execute("SHOW work_mem")
        stage.report.note(f"work_mem {env.cr.fetchone()[0]}, both sides set theirs to 256MB")
        compare(
            "metrics, all, first time",
            env,
            product=refresh,
            bare=bare([BARE, BARE_WRITE]),
            prepare=empty,
            target=1.3,
        )
        filled(env)
        guard_plan(env)
        full = compare(
            "metrics and scores, all, nightly", env, product=refresh, bare=bare([BARE]), target=1.3
        )
        ids = list_touched(env)
        compare(
            "metrics, 1.4 % touched, to nightly",
            env,
            product=lambda env: env["scrm.metric"]._refresh(env.company, ids),
            bare=full,
            prepare=touch,
            target=0.1,
        )
        compare(
            "all derived, 1.4 % touched, to all",
            env,
            product=lambda env: env["scrm.customer.touch"]._refresh(),
            bare=lambda env: env["scrm.customer"]._refresh_all(env.company),
            prepare=touch,
            target=0.1,
        )
        compare(
            "RFM cut points",
            env,
            product=lambda env: env["scrm.rfm.cut"]._draft(env.company),
            bare=bare([BARE_CUTS]),
            target=1.3,
        )


if __name__ == "__main__":
    main()
