import psycopg2

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import ScrmCase, unprotected


@tagged("post_install", "-at_install")
class TestTimeline(ScrmCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.identity = cls._make_identity("phone", "+8613826001001", name="陈女士")
        cls.customer = cls.identity.customer_id

    def _note(self, key, **vals):
        return {
            "identity_id": self.identity.id,
            "kind": "note",
            "summary": f"Note {key}",
            "dedupe_key": f"test:{key}",
            "record": self.customer,
            **vals,
        }

    def _record(self, *vals_list):
        self.env["scrm.interaction"]._record(list(vals_list))
        return self.env["scrm.interaction"].search([("identity_id", "=", self.identity.id)])

    def test_defaults(self):
        row = self._record(self._note("a", payload={"words": 3}))
        self.assertRecordValues(
            row,
            [
                {
                    "customer_id": self.customer.id,
                    "company_id": self.company.id,
                    "user_id": self.env.uid,
                    "res_model": "scrm.customer",
                    "res_id": self.customer.id,
                    "payload": {"words": 3},
                }
            ],
        )
        self.assertTrue(row.occurred_at)

    def test_once_and_newest_first(self):
        rows = self._record(
            self._note("new", occurred_at="2026-05-02 08:00:00"),
            self._note("old", occurred_at="2026-05-01 08:00:00"),
            self._note("nobody", identity_id=False),
        )
        self.assertEqual(["Note new", "Note old"], rows.mapped("summary"))
        self.assertEqual(rows, self._record(self._note("new", summary="Said otherwise")))
        self.assertEqual(["Note new", "Note old"], rows.mapped("summary"))
        self.assertEqual(rows, self.customer.interaction_ids)

    def test_what_happened_is_not_changed_by_python(self):
        row = self._record(self._note("a"))
        with self.assertRaises(UserError):
            row.sudo().write({"summary": "Something else"})
        with self.assertRaises(UserError):
            row.sudo().unlink()
        with self.assertRaises(UserError):
            self.env["scrm.interaction"].sudo().create(self._note("b"))

    @mute_logger("odoo.sql_db")
    def test_what_happened_is_not_changed_by_sql(self):
        row = self._record(self._note("a"))
        for query in (
            "UPDATE scrm_interaction SET summary = 'x' WHERE id = %s",
            "UPDATE scrm_interaction SET payload = '{}' WHERE id = %s",
            "UPDATE scrm_interaction SET identity_id = identity_id + 1 WHERE id = %s",
            "DELETE FROM scrm_interaction WHERE id = %s",
        ):
            with (
                self.subTest(query=query),
                self.assertRaises(psycopg2.errors.RestrictViolation) as caught,
                self.env.cr.savepoint(),
            ):
                self.env.cr.execute(query, [row.id])
            self.assertIn(f"row {row.id} cannot be", str(caught.exception))
        self.env.cr.execute(
            "UPDATE scrm_interaction SET customer_id = customer_id WHERE id = %s", [row.id]
        )

    @mute_logger("odoo.sql_db")
    def test_evidence_and_stage_history_are_kept_too(self):
        other = self._make_identity("visitor", "v")
        link = self.identity._attach(other, rule="manual")
        self.customer._set_stage("customer", "First order")
        self.env.flush_all()
        for query, id_ in (
            ("UPDATE scrm_identity_link SET rule = 'x' WHERE id = %s", link.id),
            ("DELETE FROM scrm_identity_link WHERE id = %s", link.id),
            (
                "UPDATE scrm_lifecycle_history SET reason = 'x' WHERE id = %s",
                self.customer.stage_history_ids.id,
            ),
        ):
            with (
                self.subTest(query=query),
                self.assertRaises(psycopg2.errors.RestrictViolation),
                self.env.cr.savepoint(),
            ):
                self.env.cr.execute(query, [id_])

    def test_the_source_opens(self):
        row = self._record(self._note("a"))
        action = row.action_open_record()
        self.assertEqual(
            ("scrm.customer", self.customer.id), (action["res_model"], action["res_id"])
        )

    def test_the_source_opens_with_the_readers_rights(self):
        order = self.env["sale.order"].create({"partner_id": self._make_partner().id})
        row = self._record(self._note("a", record=order))
        viewer = self._make_user("viewer", "scrm_base.group_scrm_base_viewer")
        with self.assertRaises(AccessError):
            row.with_user(viewer).action_open_record()

    def test_a_source_that_is_gone_says_so(self):
        gone = self._record(self._note("a", record=None, res_model="res.partner", res_id=10**9))
        with self.assertRaises(UserError):
            gone.action_open_record()

    def test_recording_costs_the_same_for_any_number(self):
        self._record(self._note("warm"))
        before = self.env.cr.sql_log_count
        self.env["scrm.interaction"]._record([self._note("one")])
        self.env.flush_all()
        queries = self.env.cr.sql_log_count - before
        with self.assertQueryCount(queries):
            self.env["scrm.interaction"]._record([self._note(str(i)) for i in range(300)])
            self.env.flush_all()


@tagged("post_install", "-at_install")
class TestBusinessOnTimeline(ScrmCase):
    """Orders, deliveries, invoices and payments of a sale, from quotation to money."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.product = cls._open_shop(price=2999.0, quantity=10)
        cls.partner = cls._make_partner(name="陈女士", phone="13826001001")

    def _order(self, partner=None):
        return self.env["sale.order"].create(
            {
                "partner_id": (partner or self.partner).id,
                "order_line": [Command.create({"product_id": self.product.id})],
            }
        )

    def _kinds(self):
        return self.partner.scrm_customer_id.interaction_ids.sorted("id").mapped("kind")

    def test_from_order_to_payment(self):
        order = self._order()
        self.assertFalse(self.partner.scrm_customer_id)
        order.action_confirm()
        customer = self.partner.scrm_customer_id
        self.assertEqual(["order"], self._kinds())
        row = customer.interaction_ids
        self.assertEqual(("sale.order", order.id), (row.res_model, row.res_id))
        self.assertIn("2,999.00", row.summary)
        self.assertEqual("customer", customer.stage_id.code)
        self.assertIn(order.name, customer.stage_history_ids.reason)

        picking = order.picking_ids
        picking.move_ids.picked = True
        picking.button_validate()
        self.assertEqual(["order", "delivery"], self._kinds())

        invoice = order._create_invoices()
        invoice.action_post()
        self.assertEqual(["order", "delivery", "invoice"], self._kinds())
        self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=invoice.ids
        ).create({})._create_payments()
        self.assertEqual(["order", "delivery", "invoice", "payment"], self._kinds())
        self.assertRecordValues(
            customer,
            [
                {
                    "order_count": 1,
                    "amount_ordered": 2999.0,
                    "invoice_count": 1,
                    "amount_invoiced": 2999.0,
                }
            ],
        )

    def test_confirmed_again_is_recorded_once(self):
        order = self._order()
        order.action_confirm()
        order._action_cancel()
        order.action_draft()
        order.action_confirm()
        keys = self.partner.scrm_customer_id.interaction_ids.sorted("id").mapped("dedupe_key")
        self.assertEqual(
            [f"sale.order:{order.id}:{event}" for event in ("confirmed", "cancelled")], keys
        )

    def test_many_orders_at_once(self):
        partners = self.partner | self._make_partner(name="李先生")
        orders = self._order() | self._order() | self._order(partners[1])
        orders.action_confirm()
        self.assertEqual(["order", "order"], self._kinds())
        self.assertEqual(["customer"], partners.scrm_customer_id.stage_id.mapped("code"))
        self.assertIn(orders[0].name, self.partner.scrm_customer_id.stage_history_ids.reason)

    def test_a_colleagues_order_passes_unrecorded(self):
        colleague = self._make_user("colleague").partner_id
        order = self._order(colleague)
        order.action_confirm()
        self.assertEqual("sale", order.state)
        self.assertFalse(colleague.scrm_customer_id)

    def test_a_vendor_bill_is_no_customers_business(self):
        vendor = self._make_partner(name="滤芯厂")
        bill = self.env["account.move"].create(
            {
                "move_type": "in_invoice",
                "partner_id": vendor.id,
                "invoice_date": "2026-05-01",
                "invoice_line_ids": [Command.create({"name": "Filters", "price_unit": 60.0})],
            }
        )
        bill.action_post()
        self.assertFalse(vendor.scrm_customer_id)

    def test_the_past_is_made_known(self):
        """Orders of before the addon: their customers, timelines and stages."""
        order = self._order()
        order.action_confirm()
        identities = self.partner.scrm_customer_id.identity_ids
        self._forget(identities)
        self.assertFalse(self.partner.scrm_customer_id)
        self.env["res.partner"]._scrm_backfill_customers()
        self.env["scrm.interaction"]._backfill()
        self.assertEqual(["order"], self._kinds())
        customer = self.partner.scrm_customer_id
        self.assertEqual(order.date_order, customer.interaction_ids.occurred_at)
        self.assertEqual("customer", customer.stage_id.code)
        self.env["scrm.interaction"]._backfill()
        self.assertEqual(["order"], self._kinds())
        missing = self.env["res.partner"]._scrm_get_backfill_ids(self.company)
        self.assertNotIn(self.partner.id, missing)

    def _forget(self, identities):
        """Make the database as it was before it knew them, which no user can do."""
        self.env.flush_all()
        customers = identities.origin_customer_id.ids
        kept = ("scrm_interaction", "scrm_lifecycle_history", "scrm_identity_link")
        with unprotected(self.env.cr, *kept):
            for query, ids in (
                ("DELETE FROM scrm_interaction WHERE customer_id = ANY(%s)", customers),
                ("DELETE FROM scrm_lifecycle_history WHERE customer_id = ANY(%s)", customers),
                ("DELETE FROM scrm_lifecycle_standing WHERE customer_id = ANY(%s)", customers),
                ("DELETE FROM scrm_identity_link WHERE left_id = ANY(%s)", identities.ids),
                ("DELETE FROM scrm_identity WHERE id = ANY(%s)", identities.ids),
                ("DELETE FROM scrm_customer WHERE id = ANY(%s)", customers),
            ):
                self.env.cr.execute(query, [ids])
        self.env.invalidate_all()
