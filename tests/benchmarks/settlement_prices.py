"""Which rule prices each of a year's deliveries: in sets, against core's pricelists line by line.

A company with 20,000 rules (single items for levels, scenarios and quantities, categories in
regions, agreements with single dealers, a standard for everybody) prices a table of deliveries by
`scrm.settlement.rule._resolve_set`. Beside it, `pricelist._get_product_price_rule` prices a sample
of the same lines one by one, on a list of as many rules.

    python tests/benchmarks/settlement_prices.py               50,000 lines
    SCALE=full python tests/benchmarks/settlement_prices.py    1,000,000 lines
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from harness import stage
from harness.measure import take
from harness.scales import Scale, chosen

LINES = {"small": 50_000, "full": 1_000_000}
SAMPLE = {"small": 200, "full": 2_000}
RULES = 20_000
DEALERS = 10_000
PRODUCTS = 500
CATEGORIES = 25
# Per line at most this share of what core takes; ten times the lines, and ten times the rules.
SHARE_TARGET = 0.01
LINEAR_TARGET = 1.2
RULES_TARGET = 2


def seed(env, _scale):
    """Make dealers, products, prices and rules, the rules by SQL."""
    key = "bench.prices"
    if env["ir.config_parameter"].get_param(key):
        return
    company = env.company
    cny = company.currency_id
    grades = env["res.partner.grade"].create([{"name": f"Level {n}"} for n in range(3)])
    scenarios = env["scrm.settlement.scenario"].search([], limit=3)
    nation = env["scrm.region"].create(
        {"name": "Bench", "code": "B", "kind": "nation", "country_id": env.ref("base.cn").id}
    )
    cities = env["scrm.region"].create(
        [
            {"name": f"Bench city {n}", "code": f"B{n}", "kind": "city", "parent_id": nation.id}
            for n in range(30)
        ]
    )
    categories = env["product.category"].create(
        [{"name": f"Bench {number}"} for number in range(CATEGORIES)]
    )
    products = env["product.product"].create(
        [
            {
                "name": f"Bench {number}",
                "type": "consu",
                "list_price": 100 + number,
                "standard_price": 50 + number,
                "categ_id": categories[number % CATEGORIES].id,
            }
            for number in range(PRODUCTS)
        ]
    )
    library = env["scrm.library"].create({"name": "Bench", "code": "BENCH"})
    env["scrm.library.line"].create(
        [
            {"library_id": library.id, "product_id": p.id, "price": p.list_price,
             "valid_from": "2026-01-01"}
            for p in products
        ]
    )  # fmt: skip
    tier = env["scrm.settlement.tier"].create({"name": "Bench"})
    partner = env["res.partner"].create(
        {"name": "Bench template", "is_company": True, "country_id": env.ref("base.cn").id}
    )
    rule = env["scrm.settlement.rule"].create(
        {"name": "Bench", "tier_id": tier.id, "value": 5, "currency_id": cny.id}
    )
    env["res.partner"].flush_model()
    env.flush_all()
    _seed_dealers(env.cr, partner, grades, scenarios)
    _seed_rules(env, rule, products, categories, grades, scenarios, cities)
    pricelist = env["product.pricelist"].create({"name": "Bench", "currency_id": cny.id})
    _seed_pricelist(env.cr, pricelist, products)
    env["ir.config_parameter"].set_param(key, f"{pricelist.id},{products[0].id},{tier.id}")
    env.flush_all()
    env.cr.commit()
    env.cr._cnx.autocommit = True
    for table in ("res_partner", "scrm_settlement_rule", "scrm_settlement_key"):
        env.cr.execute(f"VACUUM ANALYZE {table}")
    env.cr._cnx.autocommit = False


def _seed_dealers(cr, partner, grades, scenarios):
    from harness.seed import _copied

    copy = _copied(
        cr,
        "res_partner",
        {
            "name": "'Bench dealer ' || n",
            "complete_name": "'Bench dealer ' || n",
            "ref": "'bench-dealer'",
            "city": "'Bench city ' || n % 30",
            "grade_id": f"(ARRAY[{_ids(grades)}])[1 + n % 3]",
            "scrm_scenario_id": f"(ARRAY[{_ids(scenarios)}])[1 + n % 3]",
            "commercial_partner_id": "NULL",
        },
    )
    cr.execute(f"{copy}, generate_series(1, {DEALERS}) n WHERE t.id = {partner.id}")
    cr.execute("UPDATE res_partner SET commercial_partner_id = id WHERE ref = 'bench-dealer'")


def _seed_rules(env, rule, products, categories, grades, scenarios, cities):
    """Two thirds of the rules for items, a fifth for categories in cities, the rest for dealers."""
    from harness.seed import _copied

    cr = env.cr
    changes = {
        "name": "jsonb_build_object('en_US', 'Bench ' || n)",
        "value": "1 + n % 30",
        "sequence": "1000 + n",  # where these rows' kind is remembered until they have ids
        "target": "CASE WHEN n % 15 BETWEEN 10 AND 12 THEN 'category' ELSE 'product' END",
        "product_id": f"CASE WHEN n % 15 NOT BETWEEN 10 AND 12 THEN"
        f" (ARRAY[{_ids(products)}])[1 + n % {PRODUCTS}] END",
        "category_id": f"CASE WHEN n % 15 BETWEEN 10 AND 12 THEN"
        f" (ARRAY[{_ids(categories)}])[1 + n % {CATEGORIES}] END",
    }
    copy = _copied(cr, "scrm_settlement_rule", changes)
    cr.execute(f"{copy}, generate_series(1, {RULES}) n WHERE t.id = {rule.id}")
    for relation, column, ids, where in (
        ("grade", "res_partner_grade_id", f"(ARRAY[{_ids(grades)}])[1 + n / 500 % 3]", "< 10"),
        (
            "scenario",
            "scrm_settlement_scenario_id",
            f"(ARRAY[{_ids(scenarios)}])[1 + n / 1500 % 3]",
            "< 8",
        ),
        (
            "region",
            "scrm_region_id",
            f"(ARRAY[{_ids(cities)}])[1 + n / 25 % 30]",
            "BETWEEN 10 AND 12",
        ),
    ):
        cr.execute(
            f"INSERT INTO scrm_settlement_rule_{relation}_rel (scrm_settlement_rule_id, {column})"
            f" SELECT id, {ids} FROM (SELECT id, sequence - 1000 AS n FROM scrm_settlement_rule"
            f" WHERE sequence > 1000) r WHERE n % 15 {where}"
        )
    cr.execute(
        "INSERT INTO scrm_settlement_rule_partner_rel (scrm_settlement_rule_id, res_partner_id)"
        " SELECT r.id, p.id FROM scrm_settlement_rule r JOIN (SELECT id, row_number() OVER () AS n"
        " FROM res_partner WHERE ref = 'bench-dealer') p ON p.n = r.sequence - 1000"
        " WHERE r.sequence > 1000 AND (r.sequence - 1000) % 15 >= 13"
    )
    cr.execute(
        "INSERT INTO scrm_settlement_bracket (rule_id, company_id, method, min_value, max_value,"
        " value) SELECT r.id, r.company_id, r.method, e.low, e.high, r.value + e.plus"
        " FROM scrm_settlement_rule r,"
        " (VALUES (0, 10, 0), (10, 50, 1), (50, 0, 2)) e(low, high, plus)"
        " WHERE r.sequence > 1000 AND (r.sequence - 1000) % 15 < 3"
    )
    cr.execute("UPDATE scrm_settlement_rule SET sequence = 10 WHERE sequence > 1000")
    env.invalidate_all(flush=False)
    env["scrm.settlement.key"]._rebuild()


def _seed_pricelist(cr, pricelist, products):
    cr.execute(
        f"""
        INSERT INTO product_pricelist_item (pricelist_id, applied_on, display_applied_on,
               product_id, product_tmpl_id, min_quantity, compute_price, fixed_price, base,
               currency_id)
        SELECT {pricelist.id}, '0_product_variant', '1_product', p.id, p.product_tmpl_id,
               n / {PRODUCTS}, 'fixed', n % 90 + 1, 'list_price', {pricelist.currency_id.id}
          FROM generate_series(0, {RULES - 1}) n
          JOIN product_product p ON p.id = (ARRAY[{_ids(products)}])[1 + n % {PRODUCTS}]
        """
    )


def _ids(records):
    return ", ".join(map(str, records.ids))


def price(env, lines):
    """Fill the table of requests, price it, and give what both took together."""
    Rule = env["scrm.settlement.rule"]
    first = int(env["ir.config_parameter"].get_param("bench.prices").split(",")[1])
    Rule._make_request_table()
    env.cr.execute(
        f"""
        INSERT INTO scrm_tmp_request
        SELECT n, d.id, {first} + (hashint4(n) & 2147483647) % {PRODUCTS},
               date '2026-01-01' + n % 365, NULL, 'service', 1 + n % 60, NULL, NULL, NULL
          FROM generate_series(1, {lines}) n
          JOIN (SELECT id, row_number() OVER () AS k FROM res_partner WHERE ref = 'bench-dealer') d
            ON d.k = 1 + n % {DEALERS}
        """
    )
    taken = take(env.cr, lambda: Rule._resolve_set(env.company))
    env.cr.execute("SELECT count(*), count(DISTINCT rule_id) FROM scrm_tmp_price")
    priced, rules = env.cr.fetchone()
    assert priced == lines, f"{lines - priced} lines have no price"
    return taken, rules


def core(env, sample):
    """Price a sample of the lines one by one, the way orders are priced."""
    pricelist_id, first, _tier = map(
        int, env["ir.config_parameter"].get_param("bench.prices").split(",")
    )
    pricelist = env["product.pricelist"].browse(pricelist_id)
    products = env["product.product"].browse(range(first, first + PRODUCTS))
    for n in range(1, sample + 1):
        product = products[(n * 7) % PRODUCTS]
        pricelist._get_product_price_rule(product, 1 + n % 60, uom=product.uom_id)


def keep_rules(env, count):
    """Leave so many of the rules in force, of every kind."""
    env.cr.execute(
        "DELETE FROM scrm_settlement_key WHERE rule_id NOT IN"
        " (SELECT id FROM scrm_settlement_rule ORDER BY name->>'en_US' = 'Bench' DESC,"
        f" id % 15, id LIMIT {count})"
    )
    env.cr.execute("ANALYZE scrm_settlement_key")


def median(values):
    return sorted(values)[len(values) // 2]


def main() -> None:
    scale = chosen()
    stage.ADDON, stage.seed = "scrm_settlement", seed
    place = stage.Stage(Scale(f"prices_{scale.name}", 0, 0, 0, 0)).open()
    lines, sample = LINES[scale.name], SAMPLE[scale.name]
    report = place.report
    with place.session() as env:
        price(env, lines // 10)  # warm: what Odoo and PostgreSQL cache once
        core(env, 20)
        rounds = [
            (
                price(env, lines)[0],
                price(env, lines // 10)[0],
                take(env.cr, lambda: core(env, sample)),
            )
            for _round in range(3)
        ]
        _taken, rules = price(env, lines)
        all_, tenth, bare = (median([r[i].cpu for r in rounds]) for i in range(3))
        report.note(
            f"{lines:,} lines x {RULES:,} rules, {rules:,} of them used: {all_:.1f} s CPU,"
            f" {median([r[0].wall for r in rounds]):.1f} s wall, {all_ / lines * 1e6:.1f} us a line"
        )
        report.note(f"core, {sample:,} lines one by one: {bare / sample * 1e6:,.0f} us a line")
        report._print("per line, of core's", all_, all_ / lines, bare / sample,
                      all_ / lines / (bare / sample), SHARE_TARGET)  # fmt: skip
        report._print("per line, of a tenth of the lines'", all_, all_, 10 * tenth,
                      all_ / (10 * tenth), LINEAR_TARGET)  # fmt: skip
        keep_rules(env, RULES // 10)
        few = median([price(env, lines)[0].cpu for _round in range(3)])
        report._print("of a tenth of the rules'", all_, all_, few, all_ / few, RULES_TARGET)


if __name__ == "__main__":
    main()
