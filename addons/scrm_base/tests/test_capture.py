from markupsafe import Markup

from odoo import Command, fields
from odoo.tests import tagged
from odoo.tools import SQL

from odoo.addons.scrm_base.tools.excerpt import EXCERPT_LENGTH, make_excerpt

from .common import ScrmCase, unprotected


@tagged("post_install", "-at_install")
class TestCapture(ScrmCase):
    """What is taken onto the timeline as it happens, and again from the past."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.product = cls._open_shop(price=12999.5, quantity=50)
        cls.partner = cls._make_partner(name="陈女士", phone="13826001001")
        cls.other = cls._make_partner(name="李先生", email="li@example.com")

    def _order(self, partner=None):
        return self.env["sale.order"].create(
            {
                "partner_id": (partner or self.partner).id,
                "order_line": [Command.create({"product_id": self.product.id})],
            }
        )

    def _rows(self, partner=None):
        self.env.cr.flush()  # leads are recorded as the transaction ends
        return (partner or self.partner).scrm_customer_id.interaction_ids.sorted("id")

    # === LEADS AND ORDERS === #

    def test_leads(self):
        lead = self.env["crm.lead"].create({"name": "整机询价", "partner_id": self.partner.id})
        lead.action_set_won()
        lead.write({"stage_id": lead.stage_id.id})
        self.assertEqual(
            [("lead", "Lead: 整机询价"), ("lead", "Lead won: 整机询价")],
            [(row.kind, row.summary) for row in self._rows()],
        )
        nobody = self.env["crm.lead"].create({"name": "No contact"})
        nobody.partner_id = self.other
        self.assertEqual(["Lead: No contact"], self._rows(self.other).mapped("summary"))

    def test_leads_at_once(self):
        partners = self.env["res.partner"].create([{"name": f"P{i}"} for i in range(60)])

        def count(chosen):
            before = self.env.cr.sql_log_count
            for partner in chosen:  # as Odoo's own conversion does, one by one
                self.env["crm.lead"].create({"name": "L", "partner_id": partner.id})
            self.env.cr.flush()
            return self.env.cr.sql_log_count - before

        count(partners[:5])
        ours = count(partners[5:10]), count(partners[10:35])
        self.patch(type(self.env["crm.lead"]), "_scrm_record", lambda self: None)
        core = count(partners[35:40]), count(partners[35:60])
        growth = (ours[1] - ours[0]) - (core[1] - core[0])
        self.assertLess(growth, 5, f"queries for 5 and 25 leads: {ours}, of which Odoo's {core}")

    def test_quotation_sent_and_cancelled(self):
        order = self._order()
        order.action_quotation_sent()
        order._action_cancel()
        self.assertEqual(
            [f"Quotation {order.name} sent: ¥\xa012,999.50", f"Order {order.name} cancelled"],
            self._rows().mapped("summary"),
        )
        self.assertEqual("potential", self.partner.scrm_customer_id.stage_id.code)

    def test_return(self):
        order = self._deliver(self._order())
        self._return(order)
        deliveries = self._rows().filtered(lambda row: row.kind == "delivery")
        self.assertEqual(2, len(deliveries))
        self.assertIn("Return", deliveries[1].summary)

    def _deliver(self, order):
        order.action_confirm()
        order.picking_ids.move_ids.picked = True
        order.picking_ids.button_validate()
        return order

    def _return(self, order):
        wizard = (
            self.env["stock.return.picking"]
            .with_context(active_id=order.picking_ids.id, active_model="stock.picking")
            .create({})
        )
        wizard.product_return_moves.quantity = 1
        back = self.env["stock.picking"].browse(wizard.action_create_returns()["res_id"])
        back.move_ids.picked = True
        back.button_validate()

    # === MAILS AND ACTIVITIES === #

    def _mail(self, document, **values):
        return document.message_post(
            **{"message_type": "email", "subtype_xmlid": "mail.mt_comment", **values}
        )

    def test_mails(self):
        order = self._order()
        self._mail(
            order,
            author_id=self.partner.id,
            subject="水压",
            body=Markup("<p>您好<script>x</script>，<b>水压</b>够吗？</p>"),
        )
        self._mail(order, body="够的", partner_ids=(self.partner | self.other).ids)
        self._mail(order, body="internal", subtype_xmlid="mail.mt_note",
                   partner_ids=self.partner.ids)  # fmt: skip
        order.message_post(body="nobody is written to")
        self.assertEqual(
            [("message_in", "sale.order", order.id), ("message_out", "sale.order", order.id)],
            [(row.kind, row.res_model, row.res_id) for row in self._rows()],
        )
        received, sent = self._rows()
        self.assertTrue(received.summary.startswith("水压 – 您好"))
        self.assertNotIn("<", received.summary)
        self.assertEqual("够的", sent.summary)
        self.assertEqual(["message_out"], self._rows(self.other).mapped("kind"))

    def test_mails_of_no_customers(self):
        colleague = self._make_user("mail.colleague").partner_id
        vendor = self._make_partner(name="滤芯厂", supplier_rank=1)
        self._mail(self.partner, body="to them", partner_ids=(colleague | vendor).ids)
        self._mail(vendor, body="from them", author_id=vendor.id)
        self._mail(self._make_partner(is_company=True).with_context(active_test=False), body="x")
        self.assertFalse((self.partner | colleague | vendor).scrm_customer_id)

    def test_calls_and_meetings(self):
        for xmlid, feedback in (("mail.mail_activity_data_call", "想换滤芯"),
                                ("mail.mail_activity_data_meeting", "看样机"),
                                ("mail.mail_activity_data_todo", "内部")):  # fmt: skip
            activity = self.partner.activity_schedule(xmlid, summary="Filters")
            activity.action_feedback(feedback=feedback)
        self.assertEqual(["call", "meeting"], self._rows().mapped("kind"))
        self.assertIn("想换滤芯", self._rows()[0].summary)

    def test_excerpt(self):
        self.assertEqual("A – b c", make_excerpt(" A ", "<p>b</p>\n<p>c</p>"))
        self.assertEqual("", make_excerpt(None, "<p><br></p>"))
        long = make_excerpt("", "<p>" + "word " * 200 + "</p>")
        self.assertLessEqual(len(long), EXCERPT_LENGTH)
        self.assertTrue(long.endswith("word…"))
        self.assertEqual(EXCERPT_LENGTH, len(make_excerpt("", "水" * 500)))

    # === THE PAST === #

    def test_the_past_is_what_would_have_been_recorded(self):
        """A year of business, recorded live, forgotten and taken from the past: the same rows."""
        # This class's transaction began long before; a company's begins with what it records.
        self.patch(self.env.cr, "_now", fields.Datetime.now())
        order = self._deliver(self._order())
        self._return(order)
        invoice = order._create_invoices()
        invoice.action_post()
        self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=invoice.ids
        ).create({})._create_payments()
        self._order(self.other).action_quotation_sent()
        self._order(self.other)._action_cancel()
        lead = self.env["crm.lead"].create({"name": "{amount} 100%", "partner_id": self.partner.id})
        lead.action_set_won()
        self._mail(order, author_id=self.partner.id, subject="S", body=Markup("<p>a<br>b</p>"))
        self._mail(order, body="c", partner_ids=(self.partner | self.other).ids)
        self.partner.activity_schedule("mail.mail_activity_data_call").action_feedback("ok")
        live, moments = self._read_timelines()
        self.assertEqual(13, len(live))
        identities = (self.partner | self.other).scrm_customer_id.identity_ids
        self._forget(identities)
        self.env["res.partner"]._scrm_backfill_customers()
        self.env["scrm.interaction"]._backfill()
        past, past_moments = self._read_timelines()
        self.assertEqual(live, past)
        for key, moment in moments.items():
            day_known = key.startswith("account.move")
            close = abs((moment - past_moments[key]).total_seconds())
            self.assertLess(close, 2 * 86400 if day_known else 2, key)
        self.assertEqual("customer", self.partner.scrm_customer_id.stage_id.code)
        self.assertEqual("potential", self.other.scrm_customer_id.stage_id.code)
        self.env["scrm.interaction"]._backfill()
        self.assertEqual(past, self._read_timelines()[0], "again changes nothing")

    def test_a_delivery_done_move_by_move_has_the_day_of_its_moves(self):
        order = self._order()
        order.action_confirm()
        picking = order.picking_ids
        picking.move_ids.picked = True
        picking.move_ids._action_done()
        self.assertEqual(("done", False), (picking.state, picking.date_done))
        self.env["scrm.interaction"]._backfill()
        delivery = self._rows().filtered(lambda row: row.kind == "delivery")
        self.assertEqual(picking.move_ids.date, delivery.occurred_at)

    def _read_timelines(self):
        """Return the timelines' rows without ids and times, sorted, and {key: time}."""
        self.env.cr.flush()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT x.dedupe_key, i.value, x.company_id, x.kind, x.summary, x.res_model,
                       x.res_id, x.user_id, c.name, x.payload, x.occurred_at
                  FROM scrm_interaction x
                  JOIN scrm_identity i ON i.id = x.identity_id
                  JOIN scrm_customer c ON c.id = x.customer_id
                 WHERE i.value IN %s AND i.id_type = 'partner'
                 ORDER BY x.dedupe_key
                """,
                tuple(str(partner.id) for partner in self.partner | self.other),
            )
        )
        return [row[:-1] for row in rows], {row[0]: row[-1] for row in rows}

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

    def test_amounts_read_as_odoo_writes_them(self):
        Interaction = self.env["scrm.interaction"]
        currencies = self.env["res.currency"].with_context(active_test=False)
        for code in ("CNY", "USD", "EUR", "JPY", "KWD"):
            currency = currencies.search([("name", "=", code)])
            for amount in (0, 1234567.895, -5.5, 12.345):
                with self.subTest(code=code, amount=amount):
                    ((text,),) = self.env.execute_query(
                        SQL(
                            "SELECT %s FROM res_currency c WHERE c.id = %s",
                            Interaction._get_amount(SQL("%s", amount), SQL.identifier("c")),
                            currency.id,
                        )
                    )
                    self.assertEqual(currency.format(amount), text)
