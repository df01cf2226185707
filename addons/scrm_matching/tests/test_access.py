from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import MatchingCase

BASE = "scrm_base.group_scrm_base_"


@tagged("post_install", "-at_install")
class TestAccess(MatchingCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._make_card("欧阳清兰", "13826001001")
        cls.users = {
            role: cls._make_user(f"matching_{role}", BASE + role)
            for role in ("viewer", "operator", "steward", "manager")
        }
        cls.portal = cls._make_user("matching_portal", "base.group_portal")

    def test_viewers_operators_and_the_portal_see_nothing(self):
        for user in (self.users["viewer"], self.users["operator"], self.portal):
            for name in ("model", "level", "calibration", "row", "key"):
                with self.subTest(user=user.login, model=name), self.assertRaises(AccessError):
                    self.env[f"scrm.matching.{name}"].with_user(user).search([])

    def test_a_steward_reads_and_changes_nothing(self):
        model = self.model.with_user(self.users["steward"])
        self.assertEqual(1, model.customer_count)
        self.assertTrue(model.level_ids.mapped("meaning"))
        self.assertEqual(7, len(model.calibration_ids))
        for action in ("train", "compare", "stop", "automate"):
            with self.subTest(action=action), self.assertRaises(AccessError):
                getattr(model, f"action_{action}")()
        with self.assertRaises(AccessError):
            model.read(["parameters"])
        with self.assertRaises(AccessError):
            self.env["scrm.matching.key"].with_user(self.users["steward"]).search([])

    def test_a_manager_trains_and_switches(self):
        model = self.model.with_user(self.users["manager"])
        model.action_train()
        model.action_compare()
        model.action_stop()
        model.action_suggest()
        self.assertEqual("active", model.state)
        for action in ("customers", "waiting", "candidates", "reviewed"):
            self.assertIn("domain", getattr(model, f"action_open_{action}")())

    def test_the_state_is_moved_by_buttons_alone(self):
        with self.assertRaises(UserError):
            self.model.write({"state": "automatic"})
        with self.assertRaises(UserError):
            self.model.with_user(self.users["manager"]).write({"state": "automatic"})

    def test_another_company_sees_nothing(self):
        manager = self._make_user("matching_other", BASE + "manager", company=self.company_other)
        for name in ("model", "level", "calibration", "row"):
            self.assertFalse(self.env[f"scrm.matching.{name}"].with_user(manager).search([]), name)
        with self.assertRaises(AccessError):
            self.model.with_user(manager).action_train()

    def test_one_model_a_pool(self):
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(IntegrityError),
            self.env.cr.savepoint(),
        ):
            self.env["scrm.matching.model"].create({"pool_id": self.pool.id})
        with self.assertRaisesRegex(UserError, "has learned its pool"):
            self.model.pool_id = self.pool_other

    def test_thresholds_make_sense(self):
        for vals in (
            {"review_threshold": 0.4},
            {"automatic_threshold": 0.4},
            {"automatic_threshold": 1.1},
            {"sample_limit": 1_000_000},
        ):
            with (
                self.subTest(vals),
                mute_logger("odoo.sql_db"),
                self.assertRaises(IntegrityError),
                self.env.cr.savepoint(),
            ):
                self.model.write(vals)
                self.model.flush_recordset()
