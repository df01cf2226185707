import base64

from psycopg2.errors import RestrictViolation

from odoo import SUPERUSER_ID
from odoo.exceptions import AccessError, UserError
from odoo.service.model import call_kw
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.scrm_base.models import flow_mixin
from odoo.addons.scrm_base.tools.flow import Transition, find_by_key, find_to_target

from .common import ScrmCase
from .spreadsheet_files import make_csv


@tagged("post_install", "-at_install")
class TestFlow(ScrmCase):
    """The customer import is a record with a flow: New, Preview, Importing, Done, Stopped."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.operator = cls._make_user("flow.operator", "scrm_base.group_scrm_base_operator")
        cls.viewer = cls._make_user("flow.viewer", "scrm_base.group_scrm_base_viewer")
        cls.foreigner = cls._make_user(
            "flow.foreigner", "scrm_base.group_scrm_base_operator", company=cls.company_other
        )

    def _make_import(self, user=None, **vals):
        content = make_csv([["Name", "Phone"], ["Ms Chen", "13826001001"]])
        return (
            self.env["scrm.customer.import"]
            .with_user(user or self.operator)
            .create({"file": base64.b64encode(content), "filename": "list.csv", **vals})
        )

    def _get_log(self, record):
        return self.env["scrm.flow.log"].search(
            [("res_model", "=", record._name), ("res_id", "=", record.id)], order="id"
        )

    def _as(self, user, records):
        """Return the records as the user has them in the user's own companies."""
        return records.with_user(user).with_context(allowed_company_ids=user.company_ids.ids)

    # === THE TABLE === #

    def test_finding_steps(self):
        table = (
            Transition("go", "a", "b"),
            Transition("go", "b", "c"),
            Transition("stop", ("a", "b"), "x"),
            Transition("jump", "a", "c"),
        )
        self.assertEqual((table[1], True), find_by_key(table, "go", "b"))
        self.assertEqual((None, True), find_by_key(table, "go", "c"))
        self.assertEqual((None, False), find_by_key(table, "fly", "a"))
        self.assertEqual((table[2], True), find_by_key(table, "stop", "b"))
        self.assertEqual([table[1]], find_to_target(table, "c", "b"))
        self.assertEqual([], find_to_target(table, "a", "b"))

    # === MOVES === #

    def test_a_move_is_logged(self):
        record = self._make_import()
        self.assertEqual("draft", record.state)
        record.action_preview()
        record._move_along("start", note="urgent")
        self.assertEqual("importing", record.state)
        self.assertRecordValues(
            self._get_log(record),
            [
                {"transition": "preview", "source": "draft", "target": "previewed", "note": False},
                {
                    "transition": "start",
                    "source": "previewed",
                    "target": "importing",
                    "note": "urgent",
                },
            ],
        )
        self.assertEqual(self.operator, self._get_log(record).user_id)
        self.assertEqual(self.company, self._get_log(record).company_id)
        self.assertEqual("Preview", self._get_log(record)[1].source_label)

    def test_move_writes_values_with_the_state(self):
        record = self._make_import()
        record._move_along("preview", name="Renamed")
        self.assertEqual(("previewed", "Renamed"), (record.state, record.name))

    def test_move_to(self):
        record = self._make_import()
        record._move_to("previewed")
        self.assertEqual("previewed", record.state)
        with self.assertRaisesRegex(UserError, "no step leads from there to “Done”"):
            record._move_to("done")

    def test_move_to_wants_the_only_step(self):
        record = self._make_import()
        twice = (Transition("a", "draft", "done"), Transition("b", "draft", "done", "By hand"))
        self.patch(type(record), "_flow_transitions", twice)
        with self.assertRaisesRegex(UserError, r"Several steps .*\(a, By hand\)"):
            record._move_to("done")

    def test_wrong_source_is_a_sentence(self):
        record = self._make_import()
        with self.assertRaisesRegex(UserError, "is at “New”; “Finish” cannot be done from there"):
            record._move_along("finish")
        with self.assertRaises(ValueError):
            record._move_along("fly")

    def test_groups(self):
        record = self._make_import()
        # An ACL of their own makes the viewer pass everything but the step's groups.
        self.env["ir.model.access"].create(
            {
                "name": "test",
                "model_id": self.env["ir.model"]._get_id(record._name),
                "group_id": self.env.ref("scrm_base.group_scrm_base_viewer").id,
                "perm_read": True,
                "perm_write": True,
            }
        )
        with self.assertRaisesRegex(AccessError, "“Stop” is reserved to: .*Operator"):
            record.with_user(self.viewer)._move_along("cancel")
        self.assertEqual([], record.with_user(self.viewer)._flow_get_available())
        self.assertEqual(
            ["preview", "cancel"],
            [t.key for t in record.with_user(self.operator)._flow_get_available()],
        )
        record.with_user(self.viewer).sudo()._move_along("cancel")
        self.assertEqual("cancelled", record.state)

    def test_rights_on_the_record(self):
        record = self._make_import()
        for user in (self.viewer, self.foreigner):
            with self.assertRaises(AccessError):
                self._as(user, record)._move_along("cancel")
        with self.assertRaises(AccessError):
            self._make_import(self.viewer)

    # === NO OTHER WAY IN === #

    def test_state_is_not_written(self):
        record = self._make_import()
        for env in (record, record.sudo(), record.with_user(SUPERUSER_ID)):
            with self.assertRaisesRegex(UserError, "not edited by hand"):
                env.write({"state": "done"})
            with self.assertRaisesRegex(UserError, "not edited by hand"):
                env.state = "done"

    def test_state_is_not_created(self):
        for env in (self.env, self.env(su=True)):
            with self.assertRaisesRegex(UserError, "starts at “New”"):
                env["scrm.customer.import"].create({"state": "done"})
        forged = self.env["scrm.customer.import"].with_context(default_state="done")
        self.assertEqual("draft", forged.create({"name": "x"}).state)

    def test_a_copy_starts_anew(self):
        record = self._make_import()
        record.action_preview()
        self.assertEqual("draft", record.copy().state)

    def test_context_over_rpc_cannot_be_forged(self):
        record = self._make_import()
        model = self.env["scrm.customer.import"].with_user(self.operator)
        permits = [
            True,
            1,
            {},
            "object",
            [record.id],
            {"model_name": record._name, "record_id": record.id, "state": "done"},
        ]
        for permit in permits:
            context = {"context": {flow_mixin._PERMIT_KEY: permit}}
            with self.assertRaisesRegex(UserError, "not edited by hand"):
                call_kw(model, "write", [[record.id], {"state": "done"}], dict(context))
            with self.assertRaisesRegex(UserError, "not edited by hand"):
                call_kw(
                    model,
                    "web_save",
                    [[record.id], {"state": "done"}],
                    {**context, "specification": {}},
                )
            with self.assertRaisesRegex(UserError, "starts at “New”"):
                call_kw(model, "create", [[{"state": "done"}]], dict(context))
        for private in ("_move_along", "_move_to", "_flow_move"):
            with self.assertRaises(AccessError):
                call_kw(model, private, [[record.id], "cancel"], {})
        self.assertEqual("draft", record.state)

    def test_a_permit_is_for_one_record_and_state(self):
        record, other = self._make_import(), self._make_import()
        permit = flow_mixin._Permit(record, "previewed")
        context = {flow_mixin._PERMIT_KEY: permit}
        for wrong in (
            lambda: other.with_context(**context).write({"state": "previewed"}),
            lambda: record.with_context(**context).write({"state": "done"}),
            lambda: (record + other).with_context(**context).write({"state": "previewed"}),
        ):
            with self.assertRaisesRegex(UserError, "not edited by hand"):
                wrong()

    # === THE LOG === #

    def test_log_is_append_only(self):
        record = self._make_import()
        record.action_cancel()
        entry = self._get_log(record)
        self.env.flush_all()
        for statement in (
            "UPDATE scrm_flow_log SET target = 'done' WHERE id = %s",
            "DELETE FROM scrm_flow_log WHERE id = %s",
        ):
            with (
                mute_logger("odoo.sql_db"),
                self.assertRaises(RestrictViolation),
                self.env.cr.savepoint(),
            ):
                self.env.cr.execute(statement, [entry.id])
        with self.assertRaises(UserError):
            entry.unlink()
        for user in (self.operator, self.viewer):
            with self.assertRaises(AccessError):
                entry.with_user(user).write({"note": "x"})
            with self.assertRaises(AccessError):
                self.env["scrm.flow.log"].with_user(user).create({"res_model": "x"})
        with self.assertRaises(AccessError):
            self._as(self.foreigner, entry).read(["note"])
