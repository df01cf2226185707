import psycopg2

from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import ScrmCase


@tagged("post_install", "-at_install")
class TestUnmask(ScrmCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer = cls._make_customer("陈女士", "13826001001", "chen@example.com")
        cls.phone = cls.customer._get_identity("phone")
        cls.users = {
            role: cls._make_user(f"unmask.{role}", f"scrm_base.group_scrm_base_{role}")
            for role in ("viewer", "operator", "steward", "manager", "privacy")
        }
        cls.Log = cls.env["scrm.unmask.log"]

    def test_a_look_is_logged(self):
        operator = self.users["operator"]
        action = self.phone.with_user(operator).action_unmask()
        dialog = self.env[action["res_model"]].with_user(operator).browse(action["res_id"])
        shown = dialog.web_read({"line_ids": {"fields": {"value": {}, "value_raw": {}}}})
        self.assertEqual("+8613826001001", shown[0]["line_ids"][0]["value"])
        self.customer.with_user(operator).action_unmask()
        logs = self.Log.search([("customer_id", "=", self.customer.id)], order="id")
        self.assertEqual(operator, logs.user_id)
        self.assertEqual(
            ["+86138****1001", "+86138****1001, c***@example.com"], logs.mapped("handles")
        )

    def test_viewers_do_not_look(self):
        viewer = self.users["viewer"]
        with self.assertRaises(AccessError):
            self.phone.with_user(viewer).action_unmask()
        with self.assertRaises(AccessError):
            self.env["scrm.unmask"].with_user(viewer).create({})
        self.assertFalse(self.Log.search([("user_id", "=", viewer.id)]))

    def test_no_dialog_without_its_log(self):
        operator = self.users["operator"]
        with self.assertRaises(AccessError):
            self.env["scrm.unmask"].with_user(operator).create({})
        action = self.phone.with_user(operator).action_unmask()
        email = self.customer._get_identity("email")
        line = {"unmask_id": action["res_id"], "identity_id": email.id}
        with self.assertRaises(AccessError):
            self.env["scrm.unmask.line"].with_user(operator).create(line)
        dialog = self.env["scrm.unmask"].browse(action["res_id"])
        with self.assertRaises(AccessError):
            dialog.line_ids.with_user(operator).write({"identity_id": email.id})

    def test_a_dialog_is_read_by_who_opened_it(self):
        action = self.phone.with_user(self.users["operator"]).action_unmask()
        lines = self.env["scrm.unmask"].browse(action["res_id"]).line_ids
        self.assertTrue(lines.with_user(self.users["operator"]).read(["value"]))
        self.env.invalidate_all()
        for role in ("viewer", "steward"):
            with self.assertRaises(AccessError):
                lines.with_user(self.users[role]).read(["value"])

    def test_nobody_reaches_into_another_pool(self):
        foreign = self._make_identity("visitor", "v", pool=self.pool_other)
        with self.assertRaises(AccessError):
            foreign.with_user(self.users["operator"]).action_unmask()

    def test_the_officer_reads_the_log_and_nobody_writes_it(self):
        self.phone.with_user(self.users["operator"]).action_unmask()
        log = self.Log.search([("customer_id", "=", self.customer.id)])
        for role, user in self.users.items():
            self.assertEqual(role == "privacy", log.with_user(user).has_access("read"))
            for operation in ("create", "write", "unlink"):
                self.assertFalse(log.with_user(user).has_access(operation))
        foreigner = self._make_user(
            "unmask.foreigner", "scrm_base.group_scrm_base_privacy", company=self.company_other
        )
        with self.assertRaises(AccessError):
            log.with_user(foreigner).read(["handles"])

    @mute_logger("odoo.sql_db")
    def test_append_only(self):
        self.phone.with_user(self.users["operator"]).action_unmask()
        self.env.flush_all()
        with self.assertRaises(psycopg2.errors.RestrictViolation), self.env.cr.savepoint():
            self.env.cr.execute("UPDATE scrm_unmask_log SET user_id = 1")

    def test_bulk_export_of_raw_values(self):
        for role, user in self.users.items():
            user.group_ids |= self.env.ref("base.group_allow_export")
            identity = self.phone.with_user(user)
            customer = self.customer.with_user(user)
            self.assertEqual([["+86138****1001"]], identity.export_data(["display_value"])["datas"])
            if role in ("manager", "privacy"):
                self.assertEqual([["+8613826001001"]], identity.export_data(["value"])["datas"])
                continue
            for records, path in (
                (identity, "value"),
                (identity, "value_raw"),
                (customer, "identity_ids/value"),
            ):
                with self.assertRaises(AccessError):
                    records.export_data([path])

    def test_no_view_of_ours_shows_raw_values_in_passing(self):
        views = self.env["ir.ui.view"].search(
            [("model", "in", ("scrm.identity", "scrm.customer", "res.partner"))]
        )
        ours = views.filtered(lambda view: (view.xml_id or "").startswith("scrm_"))
        shown = ours.filtered(
            lambda view: (
                view.type != "search"
                and ('name="value"' in view.arch_db or 'name="value_raw"' in view.arch_db)
            )
        )
        self.assertFalse(shown, shown.mapped("xml_id"))
