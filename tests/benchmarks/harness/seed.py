"""Customers and their business, made by SQL in slices that are kept when the run is broken off."""

from .scales import SLICE, Scale

# Days over which business is spread, and product categories.
DAYS = 900
CATEGORIES = 12

PROGRESS = "CREATE TABLE IF NOT EXISTS bench_progress (what varchar PRIMARY KEY, done int NOT NULL)"


def _done(cr, what: str) -> int:
    cr.execute("SELECT done FROM bench_progress WHERE what = %s", [what])
    row = cr.fetchone()
    return row[0] if row else 0


def _in_slices(cr, what: str, total: int, statement: str, values: dict) -> None:
    """Run a statement for numbers ``%(first)s`` to ``%(last)s``; each slice is committed."""
    done = _done(cr, what)
    while done < total:
        last = min(done + SLICE, total)
        # The rows refer to rows made just before; checking each again would take most of the time.
        cr.execute("SET LOCAL session_replication_role = replica")
        cr.execute("SELECT setseed(%s)", [(done % 997) / 1000])
        cr.execute(statement, {**values, "first": done + 1, "last": last})
        cr.execute(
            "INSERT INTO bench_progress VALUES (%s, %s)"
            " ON CONFLICT (what) DO UPDATE SET done = EXCLUDED.done",
            [what, last],
        )
        cr.commit()
        done = last
        print(f"    {what}: {done:,} of {total:,}", flush=True)


def _copied(cr, table: str, changes: dict[str, str]) -> str:
    """Return ``INSERT INTO … SELECT`` of copies of a row ``t``, but for some columns."""
    cr.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_name = %s"
        " AND column_name != 'id' ORDER BY ordinal_position",
        [table],
    )
    columns = [name for (name,) in cr.fetchall()]
    names = ", ".join(f'"{name}"' for name in columns)
    values = ", ".join(changes.get(name, f't."{name}"') for name in columns)
    return f"INSERT INTO {table} ({names}) SELECT {values} FROM {table} t"


def seed(env, scale: Scale) -> None:
    """Fill a database to a scale, going on where an earlier run stopped."""
    cr = env.cr
    cr.execute(PROGRESS)
    cr.commit()
    if _done(cr, "ready"):
        return
    templates = _make_templates(env)
    _seed_customers(cr, scale, templates)
    if scale.orders:
        _seed_orders(cr, scale, templates)
    if scale.interactions:
        _seed_interactions(cr, scale, templates)
    cr.execute("DELETE FROM scrm_customer_touch")
    cr.execute("INSERT INTO bench_progress VALUES ('ready', 1)")
    cr.commit()
    _vacuum(cr)


def _make_templates(env) -> dict:
    """Make, through the ORM, one of each: the seed copies them."""
    key = "bench.templates"
    known = env["ir.config_parameter"].get_param(key)
    if not known:
        categories = env["product.category"].create(
            [{"name": f"Bench {number}"} for number in range(CATEGORIES)]
        )
        products = env["product.product"].create(
            [{"name": c.name, "type": "service", "categ_id": c.id} for c in categories]
        )
        partner = env["res.partner"].create({"name": "Bench template", "active": False})
        order = env["sale.order"].create(
            {
                "partner_id": partner.id,
                "order_line": [(0, 0, {"product_id": products[0].id, "price_unit": 100})],
            }
        )
        env.flush_all()
        ids = (partner.id, order.id, order.order_line.id, products[0].id)
        known = ",".join(map(str, ids))
        env["ir.config_parameter"].set_param(key, known)
        env.cr.commit()
    partner, order, line, product = map(int, known.split(","))
    company = env.company
    return {
        "partner": partner,
        "order": order,
        "line": line,
        "product": product,
        "company": company.id,
        "pool": company.scrm_pool_id.id,
        "scope": company.scrm_pool_id._get_scope(),
    }


def _seed_customers(cr, scale, templates):
    """Contacts, customers and the handles that tie them, one of each for a number."""
    partner = _copied(
        cr,
        "res_partner",
        {"name": "'Bench ' || n", "complete_name": "'Bench ' || n", "active": "TRUE"}
        | {"ref": "'bench-' || n", "commercial_partner_id": "NULL"},
    )
    _in_slices(
        cr,
        "contacts",
        scale.customers,
        f"{partner}, generate_series(%(first)s, %(last)s) n WHERE t.id = %(partner)s",
        templates,
    )
    cr.execute("CREATE TABLE IF NOT EXISTS bench_partner (n int PRIMARY KEY, id int, customer int)")
    cr.execute(
        """
        WITH numbered AS (
            SELECT substr(ref, 7)::int AS n, id FROM res_partner WHERE ref LIKE 'bench-%%'
        )
        INSERT INTO bench_partner (n, id, customer)
        SELECT n, id, nextval('scrm_customer_id_seq') FROM numbered ON CONFLICT DO NOTHING
        """
    )
    cr.execute(
        "UPDATE res_partner p SET commercial_partner_id = id"
        " WHERE ref LIKE 'bench-%%' AND commercial_partner_id IS NULL"
    )
    cr.commit()
    _in_slices(
        cr,
        "customers",
        scale.customers,
        """
        INSERT INTO scrm_customer (id, name, kind, pool_id, active, create_date, write_date)
        SELECT customer, 'Bench ' || n, 'person', %(pool)s, TRUE, now(), now()
          FROM bench_partner WHERE n BETWEEN %(first)s AND %(last)s
        """,
        templates,
    )
    _in_slices(
        cr,
        "handles",
        scale.customers,
        """
        INSERT INTO scrm_identity (id_type, scope, value, name, pool_id, partner_id,
               first_seen_at, last_seen_at, origin_customer_id, customer_id)
        SELECT 'partner', %(scope)s, id, 'Bench ' || n, %(pool)s, id,
               now() - interval '1 year', now(), customer, customer
          FROM bench_partner WHERE n BETWEEN %(first)s AND %(last)s
        """,
        templates,
    )


def _seed_orders(cr, scale, templates):
    """Confirmed orders, most of them of few customers, and their lines."""
    values = {**templates, "customers": scale.customers, "days": DAYS}
    order = _copied(
        cr,
        "sale_order",
        {
            "name": "'B' || g.n",
            "state": "'sale'",
            "partner_id": "p.id",
            "partner_invoice_id": "p.id",
            "partner_shipping_id": "p.id",
            "date_order": "now() - random() * %(days)s * interval '1 day'",
            "amount_total": "round((20 + 2000 * random() * random())::numeric, 2)",
            "currency_rate": "1",
            "access_token": "NULL",
        },
    )
    _in_slices(
        cr,
        "orders",
        scale.orders,
        f"""
        {order}, (SELECT n, 1 + floor(power(random(), 2) * %(customers)s)::int AS who
                    FROM generate_series(%(first)s, %(last)s) n) g
          JOIN bench_partner p ON p.n = g.who
         WHERE t.id = %(order)s
        """,
        values,
    )
    cr.execute("CREATE TABLE IF NOT EXISTS bench_order (n int PRIMARY KEY, id int, partner int)")
    cr.execute(
        "INSERT INTO bench_order SELECT substr(name, 2)::int, id, partner_id FROM sale_order"
        " WHERE name ~ '^B[0-9]+$' ON CONFLICT DO NOTHING"
    )
    cr.commit()
    line = _copied(
        cr,
        "sale_order_line",
        {
            "order_id": "o.id",
            "order_partner_id": "o.partner",
            "state": "'sale'",
            "product_id": f"%(product)s + floor(random() * {CATEGORIES})::int",
            "price_total": "100",
        },
    )
    _in_slices(
        cr,
        "lines of orders",
        scale.orders,
        f"""
        {line}, bench_order o, generate_series(1, {scale.lines_per_order})
         WHERE t.id = %(line)s AND o.n BETWEEN %(first)s AND %(last)s
        """,
        values,
    )


def _seed_interactions(cr, scale, templates):
    """What is on the timelines, spread over the days and, unevenly, over the customers."""
    cr.execute(
        "CREATE TABLE IF NOT EXISTS bench_handle AS SELECT p.n, i.id, i.customer_id"
        " FROM bench_partner p JOIN scrm_identity i ON i.origin_customer_id = p.customer"
    )
    cr.execute("CREATE UNIQUE INDEX IF NOT EXISTS bench_handle_n ON bench_handle (n)")
    cr.commit()
    _in_slices(
        cr,
        "interactions",
        scale.interactions,
        """
        INSERT INTO scrm_interaction (identity_id, customer_id, company_id, kind, summary,
               occurred_at, dedupe_key, create_date, write_date)
        SELECT h.id, h.customer_id, %(company)s,
               (ARRAY['message_in', 'message_out', 'visit', 'mail', 'note'])[1 + g.n %% 5],
               'Bench', now() - (1 - g.n::float / %(total)s) * %(days)s * interval '1 day',
               'bench:' || g.n, now(), now()
          FROM (SELECT n, 1 + floor(power(random(), 2) * %(customers)s)::int AS who
                  FROM generate_series(%(first)s, %(last)s) n) g
          JOIN bench_handle h ON h.n = g.who
        """,
        {
            **templates,
            "customers": scale.customers,
            "days": DAYS,
            "total": scale.interactions,
        },
    )


def _vacuum(cr):
    """Leave the tables as autovacuum would, so that no run pays for the seeding."""
    cr.commit()
    cr._cnx.autocommit = True
    try:
        for table in ("res_partner", "scrm_customer", "scrm_identity", "scrm_interaction"):
            cr.execute(f"VACUUM ANALYZE {table}")
        for table in ("sale_order", "sale_order_line"):
            cr.execute(f"VACUUM ANALYZE {table}")
    finally:
        cr._cnx.autocommit = False
