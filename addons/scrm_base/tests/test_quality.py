from odoo.exceptions import AccessError
from odoo.tests import tagged

from odoo.addons.scrm_base.tools.handles import mask

from .common import ScrmCase


@tagged("post_install", "-at_install")
class TestQuality(ScrmCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.operator = cls._make_user("quality.operator", "scrm_base.group_scrm_base_operator")

    def _check(self, user=None):
        """Count the test company's flaws and return {kind: count}."""
        checks = self.env["scrm.quality.check"].with_user(user or self.operator)
        checks.with_context(allowed_company_ids=self.company.ids).action_check()
        found = checks.search([("company_id", "=", self.company.id)])
        return {check.kind: check.issue_count for check in found}

    def _open(self, kind):
        """Return the records that a number opens to the operator."""
        check = self.env["scrm.quality.check"].search(
            [("company_id", "=", self.company.id), ("kind", "=", kind)]
        )
        action = check.with_user(self.operator).action_open()
        records = self.env[action["res_model"]].with_user(self.operator)
        return records.with_context(**action["context"]).search(action["domain"])

    def _make_own(self, **vals):
        return self._make_partner(company_id=self.company.id, **vals)

    def test_missing_and_stale(self):
        before = self._check()
        nobody = self._make_customer("Nobody")
        reachable = self._make_customer("Chen", "13826001001")
        asleep = self._make_customer("Li", "13826001002")
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE scrm_identity SET last_seen_at = now() - interval '13 months'"
            " WHERE customer_id IN %s",
            [(asleep.id, nobody.id)],
        )
        self.env.invalidate_all()
        after = self._check()
        self.assertEqual((1, 2), tuple(after[k] - before[k] for k in ("missing", "stale")))
        self.assertIn(nobody, self._open("missing").sudo())
        self.assertNotIn(reachable, self._open("missing").sudo())
        self.assertEqual(after["stale"], len(self._open("stale")))
        self.company.scrm_stale_months = 14
        self.assertEqual(before["stale"], self._check()["stale"])
        self.env["scrm.interaction"]._record(
            [
                {
                    "identity_id": nobody.identity_ids.id,
                    "kind": "note",
                    "summary": "Called",
                    "dedupe_key": "quality:1",
                    "company_id": self.company.id,
                }
            ]
        )
        self.company.scrm_stale_months = 12
        self.assertEqual(before["stale"] + 1, self._check()["stale"])

    def test_malformed(self):
        before = self._check()
        bad = self._make_own(name="A", phone="8600 1001", email="a at example")
        self._make_own(name="B", phone="138 2600 1001", email=" B@example.com ")
        self._make_own(name="C", phone="+86 13826001002", email="")
        self._make_own(name="D", phone="0755-26002003")
        self._make_own(name="E", phone="  ")
        after = self._check()
        for kind in ("malformed_phone", "malformed_email"):
            self.assertEqual(1, after[kind] - before[kind], kind)
            issue = self._open(kind).filtered(lambda i: i.partner_id == bad)
            self.assertEqual(bad.id, issue.action_open_partner()["res_id"])
        phone = self._open("malformed_phone").filtered(lambda i: i.partner_id == bad)
        self.assertNotIn("8600", phone.value, "masked")

    def test_shared(self):
        one, two = self._make_own(name="A", phone="13826001001"), self._make_own(
            name="B", phone="+86 138 2600 1001"
        )  # fmt: skip
        firm = self._make_own(name="鹏城", is_company=True, phone="13826001009")
        self._make_own(name="员工", parent_id=firm.id, phone="13826001009")
        self._check()
        issues = self._open("shared_phone")
        self.assertEqual(one | two, issues.partner_id)
        self.assertEqual(1, len(set(issues.mapped("group_key"))))
        self.assertEqual("res.partner", issues[0].action_open_sharers()["res_model"])
        identities = (one | two)._scrm_ensure_identity()
        action = issues[0].action_open_sharers()
        self.assertEqual("scrm.customer", action["res_model"])
        self.assertEqual(identities.customer_id, self.env["scrm.customer"].search(action["domain"]))
        identities.customer_id.action_unite()
        self.assertEqual(0, self._check()["shared_phone"], "one customer shares with itself")

    def test_numbers_that_look_alike_are_told_apart(self):
        for phone in ("13826001001", "13826001001", "13899991001", "13899991001"):
            self._make_own(name="A", phone=phone)
        self._check()
        keys = sorted(set(self._open("shared_phone").mapped("group_key")))
        self.assertEqual([mask("phone", "+8613826001001"), f"{keys[0]} (2)"], keys)

    def test_business_without_a_customer(self):
        self.assertEqual(0, self._check()["unknown"])
        partner = self._make_own(name="A")
        lead = self.env["crm.lead"].create({"name": "L", "company_id": self.company.id})
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE crm_lead SET partner_id = %s WHERE id = %s", [partner.id, lead.id]
        )
        self.env.invalidate_all()
        self.assertEqual(1, self._check()["unknown"])
        self.assertEqual(partner, self._open("unknown").partner_id)
        self.env["res.partner"]._scrm_backfill_customers()
        self.assertEqual(0, self._check()["unknown"])

    def test_counting_costs_the_same_for_any_number(self):
        self._check()
        self._make_own(name="A", phone="1", email="x")
        self.env.flush_all()

        def count():
            before = self.env.cr.sql_log_count
            self.env["scrm.quality.check"]._check_company(self.company)
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        few = count()
        self.env["res.partner"].create(
            [
                {"name": f"P{i}", "phone": f"{i}", "email": "x", "company_id": self.company.id}
                for i in range(200)
            ]
        )
        self.env.flush_all()
        self.assertLessEqual(count() - few, 2)

    def test_rights(self):
        self._check()
        checks = self.env["scrm.quality.check"].search([("company_id", "=", self.company.id)])
        viewer = self._make_user("quality.viewer", "scrm_base.group_scrm_base_viewer")
        foreigner = self._make_user(
            "quality.foreigner", "scrm_base.group_scrm_base_operator", company=self.company_other
        )
        portal = self._make_user("quality.portal", "base.group_portal")
        for user in (viewer, foreigner, portal):
            with self.assertRaises(AccessError):
                checks.with_user(user)[0].action_open()
        for user in (viewer, portal):
            with self.assertRaises(AccessError):
                self._check(user)
        with self.assertRaises(AccessError):
            checks.with_user(self.operator).write({"issue_count": 0})

    def test_the_nightly_count_runs(self):
        with self.enter_registry_test_mode():
            self.env.ref("scrm_base.ir_cron_check_quality").method_direct_trigger()
        self.env.invalidate_all()
        self.assertTrue(
            self.env["scrm.quality.check"].search_count([("company_id", "=", self.company.id)])
        )
