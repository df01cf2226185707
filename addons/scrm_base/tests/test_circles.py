from psycopg2.errors import CheckViolation, UniqueViolation

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common import ScrmCase


@tagged("post_install", "-at_install")
class TestCircles(ScrmCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.mother = cls._make_customer("陈女士", "13826001001")
        cls.father = cls._make_customer("林先生", "13826001002")
        cls.viewer = cls._make_user("viewer", "scrm_base.group_scrm_base_viewer")
        cls.operator = cls._make_user("operator", "scrm_base.group_scrm_base_operator")
        cls.circle = cls.env["scrm.circle"].create(
            {
                "name": "陈家",
                "company_id": cls.company.id,
                "member_ids": [
                    Command.create({"customer_id": cls.mother.id, "role": "妈妈"}),
                    Command.create({"identity_id": cls.father.identity_ids.id, "confidence": 0.8}),
                ],
            }
        )

    def test_the_page_leads_to_the_other_members(self):
        row = self.mother.circle_member_ids
        self.assertEqual((self.circle, "妈妈", 2), (row.circle_id, row.role, row.member_count))
        members = self.env["scrm.customer"].search(row.action_view_members()["domain"])
        self.assertEqual(self.mother | self.father, members.sorted("id"))
        self.father.circle_member_ids.left_on = "2040-01-01"
        self.assertEqual(1, self.circle.member_count)

    def test_a_merge_moves_no_member(self):
        link = self.mother.identity_ids._attach(self.father.identity_ids, rule="manual")
        self.assertEqual(2, len(self.mother.circle_member_ids))
        self.assertEqual(1, self.circle.member_count)
        link.action_undo()
        self.assertEqual(self.circle, self.father.circle_member_ids.circle_id)
        self.assertEqual(2, self.circle.member_count)

    def test_an_operator_makes_a_circle_on_the_form(self):
        with Form(self.env["scrm.circle"].with_user(self.operator)) as form:
            form.name = "水友群"
            form.kind = "community"
            with form.member_ids.new() as line:
                line.customer_id = self.father
        circle = form.record
        self.assertEqual(self.father.identity_ids, circle.member_ids.identity_id)
        self.assertEqual(self.father, circle.member_ids.customer_id)

    @mute_logger("odoo.sql_db")
    def test_the_database_keeps_the_promises(self):
        for error, vals in (
            (UniqueViolation, {"circle_id": self.circle.id}),
            (CheckViolation, {"confidence": 1.5}),
            (CheckViolation, {"joined_on": "2026-02-01", "left_on": "2026-01-01"}),
        ):
            with self.subTest(error=error), self.assertRaises(error), self.env.cr.savepoint():
                other = self.env["scrm.circle"].create({"name": "Other"})
                self.env["scrm.circle.member"].create(
                    {"customer_id": self.mother.id, "circle_id": other.id, **vals}
                )
        with self.assertRaises(UserError):
            self.mother.circle_member_ids.identity_id = self.father.identity_ids
        stranger = self._make_identity("phone", "+8613826001003", pool=self.pool_other)
        with self.assertRaises(ValidationError):
            self.env["scrm.circle.member"].create(
                {"identity_id": stranger.id, "circle_id": self.circle.id}
            )

    def test_roles(self):
        self.assertEqual("陈家", self.circle.with_user(self.viewer).name)
        with self.assertRaises(AccessError):
            self.circle.with_user(self.viewer).name = "林家"
        with self.assertRaises(AccessError):
            self.circle.member_ids.with_user(self.viewer).unlink()
        self.circle.with_user(self.operator).name = "林家"
        stranger = self._make_user(
            "stranger", "scrm_base.group_scrm_base_manager", company=self.company_other
        )
        for records in (self.circle, self.circle.member_ids):
            with self.assertRaises(AccessError):
                records.with_user(stranger).read(["source"])
            self.assertFalse(records.browse().with_user(stranger).search([]))
            with self.assertRaises(AccessError):
                records.with_user(self._make_user(f"nobody{len(records)}")).read(["source"])
