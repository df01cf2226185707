import random
from datetime import datetime, timedelta

from odoo import Command, fields
from odoo.tests import freeze_time, tagged

from .common import ScrmCase

NOW = datetime(2026, 6, 15, 4, 0)
FIGURES = (
    "order_count",
    "amount_ordered",
    "amount_average",
    "first_ordered_on",
    "last_ordered_on",
    "order_count_year",
    "amount_year",
    "category_count",
    "interaction_count",
    "interaction_count_quarter",
    "message_count_quarter",
    "last_interaction_at",
    "recency_score",
    "frequency_score",
    "monetary_score",
    "rfm_cell",
)


class MetricCase(ScrmCase):
    """Orders and interactions at chosen moments, and the refreshes."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.partner_id.tz = "Asia/Shanghai"
        cls.Metric = cls.env["scrm.metric"]
        cls.Touch = cls.env["scrm.customer.touch"]
        cls.categories = cls.env["product.category"].create(
            [{"name": "Purifiers"}, {"name": "Filters"}, {"name": "Services"}]
        )
        cls.products = cls.env["product.product"].create(
            [
                {"name": category.name, "type": "service", "categ_id": category.id}
                for category in cls.categories
            ]
        )

    @classmethod
    def _order(cls, partner, price=100, product=None, at=NOW, **vals):
        """Return an order confirmed at a moment, without taxes."""
        order = cls.env["sale.order"].create(
            {
                "partner_id": partner.id,
                "order_line": [
                    Command.create(
                        {
                            "product_id": (product or cls.products[0]).id,
                            "price_unit": price,
                            "tax_ids": False,
                        }
                    )
                ],
                **vals,
            }
        )
        order.action_confirm()
        order.date_order = at
        return order

    @classmethod
    def _interact(cls, customer, kind="note", at=NOW):
        count = cls.env["scrm.interaction"].search_count([])
        cls.env["scrm.interaction"]._record(
            [
                {
                    "identity_id": customer.identity_ids[:1].id,
                    "kind": kind,
                    "summary": "Something",
                    "occurred_at": at,
                    "dedupe_key": f"test:{count}",
                    "company_id": cls.company.id,
                }
            ]
        )

    @classmethod
    def _make_buyer(cls, name="Buyer", **vals):
        """Return a contact that is a customer, and the customer."""
        partner = cls._make_partner(name=name, **vals)
        return partner, partner._scrm_ensure_identity().customer_id

    def _refresh(self):
        while self.Touch._refresh():
            pass

    def _get(self, customer):
        return self.Metric.search(
            [("customer_id", "=", customer.id), ("company_id", "=", self.company.id)]
        )

    def _read_all(self):
        rows = self.Metric.search([("company_id", "=", self.company.id)], order="customer_id")
        return [(row.customer_id.id, *(row[name] for name in FIGURES)) for row in rows]


@tagged("post_install", "-at_install")
@freeze_time(NOW)
class TestMetric(MetricCase):
    """A customer's figures: what the page counts, by day and currency of the company."""

    def test_worked_numbers(self):
        partner, customer = self._make_buyer()
        self._order(partner, 100, at=NOW - timedelta(days=400))
        self._order(partner, 250.5, self.products[1], at=NOW - timedelta(days=30))
        self._order(partner, 49.5, self.products[1], at=NOW - timedelta(days=2))
        self._interact(customer, "message_in", NOW - timedelta(days=5))
        self._interact(customer, "message_in", NOW - timedelta(days=100))
        self._interact(customer, "visit", NOW - timedelta(days=89))
        self._refresh()
        self.assertRecordValues(
            self._get(customer),
            [
                {
                    "order_count": 3,
                    "amount_ordered": 400,
                    "amount_average": 133.33,
                    "first_ordered_on": fields.Date.to_date("2025-05-11"),
                    "last_ordered_on": fields.Date.to_date("2026-06-13"),
                    "order_count_year": 2,
                    "amount_year": 300,
                    "category_count": 2,
                    # the three, and the three orders' own, confirmed now
                    "interaction_count": 6,
                    "interaction_count_quarter": 5,
                    "message_count_quarter": 1,
                    "last_interaction_at": NOW,
                    "rfm_cell": False,
                }
            ],
        )

    def test_the_day_is_the_company_s(self):
        partner, customer = self._make_buyer()
        self._order(partner, at=datetime(2026, 6, 13, 16, 30))  # 00:30 on the 14th in Shanghai
        # the first of the 365 days is 2025-06-16 in Shanghai, which begins 16:00 UTC the day before
        self._order(partner, at=datetime(2025, 6, 15, 16, 0))
        self._order(partner, at=datetime(2025, 6, 15, 15, 59, 59))
        self._refresh()
        metric = self._get(customer)
        self.assertEqual("2026-06-14", str(metric.last_ordered_on))
        self.assertEqual("2025-06-15", str(metric.first_ordered_on))
        self.assertEqual((3, 2), (metric.order_count, metric.order_count_year))

    def test_another_currency_counts_at_the_order_s_rate(self):
        euro = self.env.ref("base.EUR")
        euro.active = True
        for day, rate in (("2026-01-01", 0.125), ("2026-06-01", 0.1)):
            self.env["res.currency.rate"].create(
                {
                    "name": day,
                    "currency_id": euro.id,
                    "rate": rate,
                    "company_id": self.company.id,
                }
            )
        pricelist = self.env["product.pricelist"].create(
            {"name": "Euro", "currency_id": euro.id, "company_id": self.company.id}
        )
        partner, customer = self._make_buyer()
        self._order(partner, 10, at=datetime(2026, 3, 1), pricelist_id=pricelist.id)
        self._order(partner, 10, at=datetime(2026, 6, 2), pricelist_id=pricelist.id)
        self._refresh()
        metric = self._get(customer)
        self.assertEqual(180, metric.amount_ordered)
        self.assertEqual(180, customer.amount_ordered)

    def test_they_equal_the_figures_of_the_page(self):
        shop, shop_customer = self._make_buyer("福田体验店", is_company=True)
        clerk, clerk_customer = self._make_buyer("Clerk", parent_id=shop.id)
        address = self._make_partner(name="Depot", parent_id=shop.id, type="delivery")
        home = self._make_partner(name="Home", parent_id=clerk.id, type="other")
        archived = self._make_partner(name="Gone", parent_id=shop.id, active=False)
        for number, partner in enumerate((shop, clerk, address, home, archived)):
            self._order(partner, 10**number)
        self._order(shop, 7).action_cancel()
        self.env["sale.order"].create({"partner_id": shop.id})
        self._refresh()
        for customer, count, amount in ((shop_customer, 5, 11111), (clerk_customer, 2, 1010)):
            metric = self._get(customer)
            self.assertEqual((count, amount), (metric.order_count, metric.amount_ordered))
            self.assertEqual(customer.order_count, metric.order_count)
            self.assertEqual(customer.amount_ordered, metric.amount_ordered)

    def test_a_merge_moves_them_and_undoing_it_too(self):
        (one, first), (other, second) = self._make_buyer("One"), self._make_buyer("Other")
        self._order(one, 100)
        self._order(other, 40)
        self._refresh()
        before = self._read_all()
        link = first.identity_ids[0]._attach(second.identity_ids[0], rule="manual")
        self._refresh()
        self.assertFalse(self._get(second))
        self.assertEqual(140, self._get(first).amount_ordered)
        link.action_undo()
        self._refresh()
        after = self._read_all()
        orders = slice(0, 9)  # the merge itself is on the timelines
        self.assertEqual([row[orders] for row in before], [row[orders] for row in after])

    def test_a_contact_and_its_address_of_one_customer_count_once(self):
        parent, customer = self._make_buyer("Parent", is_company=True)
        child, other = self._make_buyer("Child", parent_id=parent.id)
        self._order(child, 100)
        customer.identity_ids[0]._attach(other.identity_ids[0], rule="manual")
        self._refresh()
        self.assertEqual(1, self._get(customer).order_count)
        self.assertEqual(customer.order_count, self._get(customer).order_count)

    def test_gifts_and_notes_are_no_category(self):
        partner, customer = self._make_buyer()
        order = self._order(partner, 100)
        order.write(
            {
                "order_line": [
                    Command.create({"display_type": "line_note", "name": "Ring twice"}),
                    Command.create(
                        {"product_id": self.products[1].id, "price_unit": 0, "tax_ids": False}
                    ),
                ]
            }
        )
        self._refresh()
        self.assertEqual(1, self._get(customer).category_count)

    def test_somebody_new_has_a_row_of_nothing(self):
        customer = self._make_customer("陈女士", "13826001001")
        self._refresh()
        metric = self._get(customer)
        self.assertEqual((0, 0, False), (metric.order_count, metric.amount_year, metric.rfm_cell))

    def test_each_company_has_its_own(self):
        sister = self.env["res.company"].create({"name": "Sister", "scrm_pool_id": self.pool.id})
        partner, customer = self._make_buyer()
        self._order(partner, 100)
        self.Touch._touch(customer)
        self._refresh()
        metrics = self.Metric.search([("customer_id", "=", customer.id)])
        self.assertEqual(
            {self.company: 100, sister: 0}, {m.company_id: m.amount_ordered for m in metrics}
        )
        self.assertFalse(metrics.filtered(lambda m: m.company_id == self.company_other))

    def test_what_does_not_change_is_not_written(self):
        partner, customer = self._make_buyer()
        self._order(partner)
        self._refresh()
        metric = self._get(customer)
        with freeze_time(NOW + timedelta(hours=1)):
            self.Metric._refresh(self.company)
            self.assertEqual(metric, self._get(customer))
            self.assertEqual(metric.refreshed_at, self._get(customer).refreshed_at)

    def test_windows_age_with_the_full_refresh(self):
        partner, customer = self._make_buyer()
        self._order(partner, at=NOW - timedelta(days=364))
        self._refresh()
        self.assertEqual(1, self._get(customer).order_count_year)
        with freeze_time(NOW + timedelta(days=1)):
            self.env["scrm.customer"]._refresh_all(self.company)
            self.assertEqual(0, self._get(customer).order_count_year)

    def test_the_queries_do_not_grow_with_the_customers(self):
        buyers = [self._make_buyer(f"Buyer {number}") for number in range(8)]
        for partner, _customer in buyers:
            self._order(partner)
        self.env.flush_all()
        ids = [customer.id for _partner, customer in buyers]
        with self.assertQueryCount(13):
            self.Metric._refresh(self.company, ids)


@tagged("post_install", "-at_install")
class TestMetricRebuild(MetricCase):
    """Whatever happened, refreshing who was touched gives what making everything again gives."""

    def setUp(self):
        super().setUp()
        shop = self._make_partner(name="Shop", is_company=True)
        self.partners = [shop] + [
            self._make_partner(name=f"Person {number}", parent_id=shop.id if number < 2 else False)
            for number in range(5)
        ]
        for partner in self.partners:
            partner._scrm_ensure_identity()
        self.orders = self.env["sale.order"]
        self.links = self.env["scrm.identity.link"]

    def _happen(self, dice):
        partner = dice.choice(self.partners)
        at = fields.Datetime.now() - timedelta(days=dice.randrange(800))
        match dice.choice(("order", "order", "talk", "talk", "merge", "undo", "cancel", "price")):
            case "order":
                product = dice.choice(self.products)
                self.orders |= self._order(partner, dice.randrange(1, 500), product, at)
            case "talk":
                kind = dice.choice(("message_in", "message_out", "visit"))
                self._interact(partner.scrm_customer_id, kind, at)
            case "merge":
                one, other = dice.sample(self.partners, 2)
                handles = one._scrm_ensure_identity(), other._scrm_ensure_identity()
                self.links |= handles[0]._attach(handles[1], rule="manual")
            case "undo":
                for link in self.links.filtered(lambda link: not link.valid_to)[:1]:
                    link.action_undo()
            case "cancel":
                self.orders.filtered(lambda order: order.state == "sale")[:1].action_cancel()
            case "price":
                self.orders.filtered(lambda o: o.state == "sale")[-1:].order_line.price_unit = 3

    def test_the_touched_equal_everything_made_again(self):
        for seed in range(4):
            dice = random.Random(seed)
            for _step in range(12):
                self._happen(dice)
                if dice.random() < 0.4:
                    self._refresh()
            self._refresh()
            touched = self._read_all()
            self.Metric.search([]).sudo().unlink()
            self.Metric._refresh(self.company)
            with self.subTest(seed=seed):
                self.assertEqual(touched, self._read_all())
                for customer in self.env["scrm.customer"].search([("pool_id", "=", self.pool.id)]):
                    metric = self._get(customer)
                    self.assertEqual(customer.order_count, metric.order_count)
                    self.assertEqual(customer.amount_ordered, metric.amount_ordered)
