from datetime import datetime, timedelta

from psycopg2.errors import RestrictViolation

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, freeze_time, tagged
from odoo.tools import mute_logger

from .allocation_case import AllocationCase
from .common import CHANNEL_MANAGER


class ShipmentCase(AllocationCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._stock(100)
        cls.picking = cls._order(cls.store, 4).picking_id
        cls.portal = cls._make_user("shipment.store", "base.group_portal")
        cls.portal.partner_id.write({"parent_id": cls.store.id})

    def _ship(self):
        self.picking.button_validate()
        self.assertEqual("done", self.picking.state)

    def _report(self, *rows):
        """Record events as a carrier would; rows are (code, external id)."""
        return self.env["scrm.shipment.event"]._record_events(
            [
                {
                    "picking_id": self.picking.id,
                    "code": code,
                    "source": "carrier",
                    "external_id": external_id,
                    "occurred_at": datetime(2026, 11, 5, 4, 0),
                    "text": "Shenzhen",
                }
                for code, external_id in rows
            ]
        )

    def _get_told(self, event):
        return self.env["scrm.outbox"].search(
            [
                ("res_model", "=", "stock.picking"),
                ("res_id", "=", self.picking.id),
                ("rule_id.event", "=", event),
            ]
        )


@tagged("post_install", "-at_install")
class TestShipment(ShipmentCase):
    def test_a_channel_manager_follows_deliveries_without_the_warehouse(self):
        manager = self._make_user("shipment.channel", CHANNEL_MANAGER)
        self._ship()
        self._report(("transit", "1"), ("partly_received", "2"))
        events = self.env["scrm.shipment.event"].with_user(manager)
        with self.assertRaises(AccessError):
            self.picking.with_user(manager).read(["name"])
        found = events.search([("partner_id", "=", self.store.id), ("code", "!=", "transit")])
        self.assertEqual(
            [{"id": found.id, "picking_name": self.picking.name, "text": "Shenzhen"}],
            found.web_read({"picking_name": {}, "text": {}}),
        )
        grouped = events.formatted_read_group(
            [("picking_name", "=", self.picking.name)], ["partner_id"], ["__count"]
        )
        self.assertEqual([2], [group["__count"] for group in grouped])
        self.assertIn(manager.partner_id, self._get_told("shipment_partly_received").partner_id)

    def test_a_notice_opens_what_its_reader_may_see(self):
        manager = self._make_user("shipment.channel", CHANNEL_MANAGER)
        keeper = self._make_user("shipment.keeper", "stock.group_stock_user")
        self._ship()
        self._report(("exception", "1"))
        told = self._get_told("shipment_problem").filtered(lambda row: row.user_id == manager)
        # As the bell does: its rows are read in superuser mode
        action = told.with_user(manager).sudo().action_open_record()
        events = self.env[action["res_model"]].with_user(manager).search(action["domain"])
        self.assertEqual(self.picking.scrm_event_ids, events)
        self.assertEqual(self.picking.name, action["name"])
        # Invoicing reads deliveries, but not all that their form shows
        both = self._make_user("shipment.both", CHANNEL_MANAGER, "account.group_account_invoice")
        action = told.with_user(both).sudo().action_open_record()
        self.assertEqual("scrm.shipment.event", action["res_model"])
        action = told.with_user(keeper).sudo().action_open_record()
        self.assertEqual(
            ("stock.picking", self.picking.id), (action["res_model"], action["res_id"])
        )

    def test_a_delivery_shows_its_events_to_who_may_read_them(self):
        """Invoicing opens deliveries too, where nothing else on their form keeps it out."""
        for group, is_shown in (
            ("stock.group_stock_user", True),
            ("account.group_account_invoice", False),
        ):
            user = self._make_user(f"shipment.form.{group}", group)
            form = self.picking.with_user(user).get_view(view_type="form")
            self.assertEqual(is_shown, "scrm_event_ids" in form["arch"])

    def test_a_feed_that_comes_twice_is_written_once(self):
        self._ship()
        rows = (("transit", "1"), ("delivered", "2"))
        self.assertEqual(2, len(self._report(*rows)))
        self.assertFalse(self._report(*rows))
        self.assertEqual(["delivered", "transit"], self.picking.scrm_event_ids.mapped("code"))
        self.assertEqual("delivered", self.picking.scrm_shipment_status)

    def test_what_the_carrier_says_is_written_by_hand(self):
        keeper = self._make_user("shipment.keeper", "stock.group_stock_user")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "scrm_settlement.scrm_shipment_report_action"
        )
        Report = self.env[action["res_model"]].with_user(keeper)
        vals = {"picking_id": self.picking.id, "code": "exception", "text": "Flood"}
        with self.assertRaisesRegex(UserError, "has not left"):
            Report.create(vals).action_report()
        self._ship()
        with self.assertRaisesRegex(UserError, "future"):
            Report.create(
                {**vals, "occurred_at": fields.Datetime.now() + timedelta(days=1)}
            ).action_report()
        report = Report.create({**vals, "occurred_at": datetime(2026, 11, 6, 1)})
        report.action_report()
        report.action_report()
        self.assertRecordValues(
            self.picking.scrm_event_ids,
            [
                {
                    "code": "exception",
                    "text": "Flood",
                    "occurred_at": datetime(2026, 11, 6, 1),
                    "source": "staff",
                    "create_uid": keeper.id,
                }
            ],
        )
        self.assertEqual("problem", self.picking.scrm_shipment_status)
        self.assertTrue(self._get_told("shipment_problem"))
        self.assertNotIn("received", Report._fields["code"].get_values(report.env))

    def test_an_unknown_code_is_kept_as_other(self):
        self.assertEqual("other", self._report(("customs", "1")).code)

    @mute_logger("odoo.sql_db")
    def test_events_are_written_once_and_by_nobody_by_hand(self):
        event = self._report(("transit", "1"))
        self.env.flush_all()
        for statement in (
            "UPDATE scrm_shipment_event SET code = 'delivered' WHERE id = %s",
            "DELETE FROM scrm_shipment_event WHERE id = %s",
        ):
            with self.assertRaises(RestrictViolation), self.cr.savepoint():
                self.cr.execute(statement, [event.id])
        with self.assertRaises(UserError):
            self.env["scrm.shipment.event"].create({"picking_id": self.picking.id})

    def test_status_follows_what_is_heard(self):
        self.assertEqual("waiting", self.picking.scrm_shipment_status)
        self.picking.move_ids.date_deadline = fields.Datetime.now() - timedelta(days=2)
        self.assertTrue(self.picking.scrm_is_late)
        self.assertEqual("late", self.picking.scrm_shipment_status)
        Picking = self.env["stock.picking"]
        own = [("company_id", "=", self.company.id)]
        self.assertIn(self.picking, Picking.search([("scrm_is_late", "=", True), *own]))
        self.assertNotIn(self.picking, Picking.search([("scrm_is_late", "=", False), *own]))
        self._ship()
        self.assertEqual("shipped", self.picking.scrm_shipment_status)
        self._report(("exception", "1"))
        self.assertEqual("problem", self.picking.scrm_shipment_status)
        self._report(("delivered", "2"))
        self.assertEqual("delivered", self.picking.scrm_shipment_status)
        self.picking._scrm_confirm_receipt(False, "One is broken")
        self.assertEqual("partly_received", self.picking.scrm_shipment_status)

    @freeze_time("2026-11-25 23:00:00")
    def test_late_is_by_the_day_of_its_own_company(self):
        """In Los Angeles it is still the 25th, whichever company asks."""
        self.company.partner_id.tz = "America/Los_Angeles"
        self.company_other.partner_id.tz = "Asia/Shanghai"
        Picking = self.env["stock.picking"].with_company(self.company_other)
        for deadline, is_late in (
            (datetime(2026, 11, 25, 15), False),
            (datetime(2026, 11, 25, 7), True),
        ):
            self.picking.move_ids.date_deadline = deadline
            self.assertEqual(is_late, self.picking.scrm_is_late)
            found = Picking.search([("scrm_is_late", "=", True), ("id", "=", self.picking.id)])
            self.assertEqual(is_late, bool(found))

    def test_part_of_an_order(self):
        self.picking.move_ids.write({"quantity": 1, "picked": True})
        self.picking._action_done()
        self.assertTrue(self.picking.scrm_is_partial)
        self.assertTrue(self.picking.backorder_ids.scrm_is_partial)

    def test_the_dealer_is_told(self):
        self._ship()
        self.assertEqual(self.store, self._get_told("shipment_shipped").partner_id)
        self.picking._scrm_confirm_receipt(True)
        self.assertIn(self.store, self._get_told("shipment_received").partner_id)
        customer = self.store.with_company(self.company).scrm_customer_id
        summaries = customer.interaction_ids.mapped("summary")
        self.assertIn(f"{self.picking.name}: Receipt confirmed", summaries)

    def test_each_problem_is_told(self):
        manager = self._make_user("shipment.problems", CHANNEL_MANAGER)
        self._ship()
        for code, external_id, count in (
            ("exception", "1", 1),
            ("exception", "1", 1),
            ("delivered", "2", 1),
            ("exception", "3", 2),
        ):
            self._report((code, external_id))
            told = self._get_told("shipment_problem")
            self.assertEqual(count, len(told.filtered(lambda row: row.user_id == manager)))

    def test_late_is_told_once(self):
        self.store._scrm_ensure_identity()
        self.picking.move_ids.date_deadline = fields.Datetime.now() - timedelta(days=2)
        for _night in range(2):
            self.env["stock.picking"]._cron_scrm_tell_late()
            told = self._get_told("shipment_late").filtered(
                lambda row: row.partner_id == self.store
            )
            self.assertEqual(1, len(told))

    def test_what_was_never_closed_is_not_told(self):
        """Years of deliveries may be open in a database whose customers become dealers."""
        self.picking.move_ids.date_deadline = fields.Datetime.now() - timedelta(days=32)
        self.env["stock.picking"]._cron_scrm_tell_late()
        self.assertTrue(self.picking.scrm_is_late)
        self.assertFalse(self._get_told("shipment_late"))

    def test_receipt_is_confirmed_once(self):
        with self.assertRaisesRegex(UserError, "has not left"):
            self.picking._scrm_confirm_receipt(True)
        self._ship()
        with self.assertRaisesRegex(UserError, "missing or damaged"):
            self.picking._scrm_confirm_receipt(False, " ")
        self.picking._scrm_confirm_receipt(True)
        with self.assertRaisesRegex(UserError, "already"):
            self.picking._scrm_confirm_receipt(True)

    def test_roles(self):
        event = self._report(("transit", "1"))
        stranger = self._make_user(
            "shipment.stranger", "stock.group_stock_manager", company=self.company_other
        )
        keeper = self._make_user("shipment.keeper", "stock.group_stock_user")
        self.assertEqual("transit", event.with_user(keeper).code)
        self.picking.with_user(keeper).button_validate()
        self.assertEqual("done", self.picking.state)
        for user in (self.portal, stranger):
            with self.assertRaises(AccessError):
                event.with_user(user).with_context(allowed_company_ids=user.company_ids.ids).read(
                    ["code"]
                )
        with self.assertRaises(AccessError):
            event.with_user(keeper).check_access("write")


@tagged("post_install", "-at_install")
class TestShipmentPortal(HttpCase, ShipmentCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.agent_portal = cls._make_user("shipment.agent", "base.group_portal")
        cls.agent_portal.partner_id.write({"parent_id": cls.agent.id})

    def _url(self, tail=""):
        return f"/my/shipments/{self.picking.id}{tail}"

    def _post(self, **data):
        page = self.url_open("/my/shipments").text
        token = page.split('csrf_token: "')[1].split('"')[0]
        return self.url_open(self._url("/receive"), data={"csrf_token": token, **data})

    def test_own_deliveries(self):
        self._ship()
        self._report(("transit", "1"))
        self.authenticate(self.portal.login, self.portal.login)
        self.assertIn(self.picking.name, self.url_open("/my/shipments").text)
        page = self.url_open(self._url())
        self.assertEqual(200, page.status_code)
        self.assertIn("Shenzhen", page.text)
        self.assertIn("Shipments", self.url_open("/my").text)

    def test_confirm_receipt(self):
        self._ship()
        self.authenticate(self.portal.login, self.portal.login)
        self.assertIn("missing or damaged", self._post(partly="1", remark="").text)
        self.assertFalse(self.picking.scrm_event_ids)
        self._post(partly="1", remark="<b>One</b> is broken")
        event = self.picking.scrm_event_ids
        self.assertEqual(("partly_received", self.portal), (event.code, event.create_uid))
        self.assertIn("&lt;b&gt;One", self.url_open(self._url()).text)
        self.assertIn("already", self._post(complete="1").text)
        self.assertEqual(1, len(self.picking.scrm_event_ids))

    def test_nobody_elses(self):
        """Neither the upline nor a stranger, whatever number they try."""
        self._ship()
        self.authenticate(self.agent_portal.login, self.agent_portal.login)
        self.assertNotIn(self.picking.name, self.url_open("/my/shipments").text)
        self.assertEqual(404, self.url_open(self._url()).status_code)
        self.assertEqual(404, self._post(complete="1").status_code)
        self.assertFalse(self.picking.scrm_event_ids)
        self.authenticate(None, None)
        self.assertIn("/web/login", self.url_open(self._url()).url)
