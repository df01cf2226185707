"""Fields that the system writes, and what relations and contexts may not be used for."""

from datetime import date

from odoo.exceptions import AccessError, UserError
from odoo.service.model import call_kw
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.scrm_base.tests.forging import ForgingMixin

from .access_case import AccessCase


@tagged("post_install", "-at_install")
class TestAccessFields(ForgingMixin, AccessCase):
    def _call(self, record, method, role, *args, **context):
        return self._call_as(self.users[role], record, method, *args, **context)

    # === WRITE === #

    @mute_logger("odoo.sql_db")
    def test_what_the_system_writes_nobody_else_does(self):
        """Every field that the screens show only, of every record that somebody may write."""
        for model in self._get_own_models():
            record = self.records.get(model._name)
            if (
                not record
                or model._transient
                or not self._as(record, "manager").has_access("write")
            ):
                continue
            for field in self._get_shown_fields(model):
                value = self._forge(record, field)
                with self.subTest(field=field):
                    self.assertTrue(
                        self._is_refused(record, self.users["manager"], {field.name: value})
                    )

    def test_a_decision_on_credit_is_not_written(self):
        hold = self.records["scrm.credit.hold"]
        self._as(hold, "credit")._approve(150000, date(2099, 1, 1), "x")
        for vals in ({"amount_approved": 9e9}, {"valid_until": "2199-01-01"}):
            with self.assertRaises(UserError):
                self._call(hold, "write", "credit", vals)

    def test_the_currency_of_a_limit_stays(self):
        with self.assertRaisesRegex(UserError, "in its currency"):
            self._call(
                self.account, "write", "credit", {"currency_id": self.env.ref("base.USD").id}
            )

    # === CREATE === #

    def test_contexts_forge_nothing(self):
        statement = {
            "partner_id": self.dealer_2.id,
            "currency_id": self.cny.id,
            "date_from": "2026-01-01",
            "date_to": "2026-01-31",
        }
        dispute = {
            "statement_id": self.statement.id,
            "line_id": self.line.id,
            "kind": "price",
            "claimed_value": 1,
            "evidence": "x",
        }
        about = {"partner_id": self.dealer.id, "date_from": "2026-01-01", "date_to": "2026-01-31"}
        user, moment = self.users["reviewer"].id, "2026-01-01 00:00:00"
        for name, vals, forged in (
            ("scrm.settlement.statement", statement, {"dealer_confirmed_at": moment}),
            ("scrm.settlement.statement", statement, {"reviewer_id": user}),
            ("scrm.settlement.statement", statement, {"amount_total": -9e9}),
            ("scrm.settlement.dispute", dispute, {"resolved_by_id": user}),
            ("scrm.settlement.import", about, {"is_from_dealer": True}),
            ("scrm.settlement.import", about, {"waiver_id": user}),
            ("scrm.settlement.tier", {"name": "x"}, {"approved_by_id": user}),
        ):
            defaults = {f"default_{key}": value for key, value in forged.items()}
            with self.subTest(model=name, forged=forged):
                with self.assertRaises(UserError), self.env.cr.savepoint():
                    self._call(self.env[name], "create", "manager", [vals], **defaults)
                with self.assertRaises(UserError), self.env.cr.savepoint():
                    self._call(self.env[name], "create", "manager", [{**vals, **forged}])

    def test_what_is_derived_is_given_in_vain(self):
        rule, policy = self.rule, self.records["scrm.allocation.policy"]
        rule.bracket_ids.max_value = 90  # the new one begins there
        for name, vals, forged in (
            (
                "scrm.settlement.bracket",
                {"rule_id": rule.id, "min_value": 90, "value": 1},
                {"company_id": self.company_other.id, "method": "discount"},
            ),
            (
                "scrm.allocation.quota",
                {
                    "policy_id": policy.id,
                    "partner_id": self.dealer.id,
                    "date_from": "2026-12-01",
                    "date_to": "2026-12-31",
                    "value": 1,
                },
                {"company_id": self.company_other.id},
            ),
        ):
            with self.subTest(model=name):
                created = self._call(self.env[name], "create", "manager", [{**vals, **forged}])
                record = self.env[name].browse(created)
                self.assertEqual(self.company, record.company_id)
                if "method" in forged:
                    self.assertEqual(rule.method, record.method)

    def test_copies_are_made_and_unchanged_values_are_sent(self):
        for record in (self.tier, self.records["scrm.settlement.import"]):
            with self.subTest(model=record._name):
                copy = record.browse(self._call(record, "copy", "manager"))
                self.assertNotEqual(record, copy)
                [shown] = copy.read(sorted(record._system_fields), load=None)
                shown.pop("id")
                self._call(copy, "web_save", "manager", shown, {"display_name": {}})
                self.assertEqual("draft", copy.state)

    def test_foreign_companies_are_named_in_vain(self):
        company, partner = self.company.id, self.dealer.id
        for name, role, vals in (
            ("scrm.library", "foreign_manager", {"name": "x", "kind": "part", "code": "X"}),
            ("scrm.settlement.tier", "foreign_manager", {"name": "x"}),
            ("scrm.credit.account", "foreign_manager", {"partner_id": self.dealer_2.id}),
            (
                "scrm.settlement.import",
                "foreign_preparer",
                {"partner_id": partner, "date_from": "2026-01-01", "date_to": "2026-01-31"},
            ),
        ):
            with self.subTest(model=name), self.assertRaises(UserError):
                self._call(self.env[name], "create", role, [{**vals, "company_id": company}])
        for record in (self.line, self.statement, self.account, self.tier):
            with self.subTest(record=record):
                domain = [("id", "=", record.id)]
                self.assertFalse(
                    self._call(self.env[record._name], "search", "foreign_manager", domain)
                )
                with self.assertRaises(AccessError):
                    companies = (self.company + self.company_other).ids
                    model = self.env[record._name].with_user(self.users["foreign_manager"])
                    call_kw(
                        model, "search", [domain], {"context": {"allowed_company_ids": companies}}
                    )

    # === READ === #

    def test_forms_not_saved_yet_show_nothing_foreign(self):
        """A form asks for values before a record is there for a rule to look at."""
        hold, row = self.records["scrm.credit.hold"], self.records["scrm.settlement.import.line"]
        for name, vals, wanted in (
            ("scrm.credit.decision", {"hold_id": hold.id}, "amount_over"),
            ("scrm.credit.decision", {"hold_id": hold.id}, "amount_approved"),
            ("scrm.credit.limit.change", {"account_id": self.account.id}, "own_limit"),
            ("scrm.settlement.import.resolve", {"row_id": row.id}, "amount"),
            (
                "scrm.settlement.price.tester",
                self.wizard_vals["scrm.settlement.price.tester"],
                "amount",
            ),
        ):
            with self.subTest(model=name, field=wanted):
                shown = self._onchange(name, vals, wanted, "manager")
                self.assertTrue(shown, "the manager of the company is shown something")
                try:
                    shown = self._onchange(name, vals, wanted, "foreign_manager")
                except AccessError:
                    shown = 0
                self.assertFalse(shown)

    def test_a_new_statement_tells_of_no_bill(self):
        bill = self._invoice(77)
        for vals, context in (({"move_id": bill.id}, {}), ({}, {"default_move_id": bill.id})):
            self.env.invalidate_all()
            spec = {"move_id": {}, "amount_residual": {}, "accounting_date": {}}
            model = self.env["scrm.settlement.statement"]
            answer = self._call(model, "onchange", "preparer", [], vals, [*vals], spec, **context)
            self.assertFalse(answer["value"].get("amount_residual"))
            self.assertFalse(answer["value"].get("accounting_date"))

    def _onchange(self, name, vals, wanted, role):
        self.env.invalidate_all()
        spec = {**dict.fromkeys(vals, {}), wanted: {}}
        answer = self._call(self.env[name], "onchange", role, [], vals, [*vals], spec)
        return answer["value"].get(wanted)

    def test_dealers_search_by_nothing_internal(self):
        line, statement = self.env["scrm.settlement.line"], self.env["scrm.settlement.statement"]
        for model, domain in (
            (statement, [("move_id.amount_total", ">", 0)]),
            (statement, [("user_id", "!=", False)]),
            (statement, [("line_ids.rule_id", "!=", False)]),
            (line, [("statement_id.move_id", "!=", False)]),
            (line, [("rule_id.value", ">", 0)]),
            (line, [("base_price", ">", 0)]),
        ):
            with self.subTest(domain=domain):
                self.assertTrue(model.search_count([("partner_id", "=", self.dealer.id)]))
                with self.assertRaises(AccessError):
                    self._call(model, "search_count", "portal", domain)
        for groupby, aggregates in ((["rule_id"], []), ([], ["base_price:sum"])):
            with self.assertRaises(AccessError):
                self._call(line, "formatted_read_group", "portal", [], groupby, aggregates)
        with self.assertRaises(AccessError):
            self._call(line, "search_read", "portal", [], ["explanation"])
        with self.assertRaises(UserError):
            self._call(self.line, "export_data", "portal", ["name", "rule_id"])

    def test_the_upline_sees_nothing_of_its_downline(self):
        for role in ("portal_upline", "portal_other"):
            for name in ("scrm.settlement.statement", "scrm.settlement.line"):
                with self.subTest(role=role, model=name):
                    self.assertFalse(self._call(self.env[name], "search", role, []))
                    self.assertFalse(self._call(self.env[name], "name_search", role, ""))
            self.assertFalse(
                self._call(
                    self.env["account.move"], "search", role, [("partner_id", "=", self.dealer.id)]
                )
            )
            with self.assertRaises(AccessError):
                self._call(self.dealer, "read", role, ["credit_limit"])
