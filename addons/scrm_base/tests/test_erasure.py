import json
from base64 import b64encode

import psycopg2

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from odoo.addons.scrm_base.tools.erasure import get_trace_pattern
from odoo.addons.scrm_base.tools.handles import Handle

from .common import ScrmCase


class ErasureCase(ScrmCase):
    """One person with something in every table, and a neighbour who must not be touched."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.officer = cls._make_user("erasure.officer", "scrm_base.group_scrm_base_privacy")
        cls.second = cls._make_user("erasure.second", "scrm_base.group_scrm_base_privacy")
        cls.partner = cls._make_partner(
            name="Zhao Xiaolan", phone="139 8877 6655", email="Zhao.Xiaolan@example.com"
        )
        cls.identity = cls.partner._scrm_ensure_identity()
        cls.openid = cls._make_identity(
            "openid", "oZhao-Xiaolan_0001", name="小兰 Zhao Xiaolan", scope="oa:test"
        )
        cls.identity._attach(cls.openid, rule="manual", evidence={"said": "Zhao Xiaolan here"})
        cls.customer = cls.identity.customer_id
        cls.neighbour = cls._make_customer("Neighbour", "13988776644", "joann@example.com")
        cls._leave_traces()

    @classmethod
    def _leave_traces(cls):
        """Write something about the person into every table that can hold it."""
        env = cls.env
        cls.customer.name = "Ms Zhao Xiaolan"
        cls.customer._set_stage("customer", "Zhao Xiaolan ordered")
        env["scrm.interaction"]._record(
            [
                {
                    "identity_id": identity.id,
                    "kind": "note",
                    "summary": summary,
                    "dedupe_key": f"test:erasure:{identity.value}",
                    "record": cls.customer,
                    "payload": {"from": "oZhao-Xiaolan_0001", "phone": "+8613988776655"},
                }
                for identity, summary in (
                    (cls.openid, "Zhao Xiaolan called from 13988776655"),
                    (cls.neighbour.identity_ids[0], "Call Ms Z. back: 139-8877-6655, not ...6644"),
                )
            ]
        )
        env["scrm.consent"]._give(cls.openid, "marketing", note="Zhao Xiaolan agreed", proof="call")
        cls.customer.action_unmask()
        env["scrm.outbox"]._post(
            [
                {
                    "medium": "email",
                    "idem_key": "test:erasure:zhao.xiaolan@example.com",
                    "identity_id": cls.customer._get_identity("email").id,
                    "subject": "Dear Zhao Xiaolan",
                    "body": "Your number is 13988776655",
                    "payload": {"to": "zhao.xiaolan@example.com"},
                }
            ]
        )
        rows = "姓名,手机,邮箱\nZhao Xiaolan,139 8877 6655,\nNeighbour,13988776644,\n"
        cls.imported = env["scrm.customer.import"].create(
            {"file": b64encode(rows.encode()), "filename": "list.csv"}
        )
        cls.imported.action_preview()
        cls.imported.action_start()
        cls.imported._run_batch()
        cls.lead = env["crm.lead"].create(
            {
                "name": "Zhao Xiaolan's kitchen",
                "partner_id": cls.partner.id,
                "company_id": cls.company.id,
            }
        )
        cls._leave_traces_in_profile()
        env.flush_all()

    @classmethod
    def _leave_traces_in_profile(cls):
        """Write of the person where the company sorts, groups and compares its customers."""
        env = cls.env
        phone = cls.customer._get_identity("phone")
        neighbour = cls.neighbour.identity_ids[0]
        env["scrm.match.candidate"]._propose(
            [
                {
                    "left_id": phone.id,
                    "right_id": neighbour.id,
                    "rule": "similar",
                    "field_weights": [{"field": "name", "left": "Zhao Xiaolan", "right": "N."}],
                    "evidence": {"said": "Xiaolan is the neighbour"},
                }
            ]
        )
        env["scrm.identity.block"].create({"id_type": "phone", "value": "+8613988776655"})
        cls.tag = env["scrm.tag"].create({"name": "Test tag"})
        env["scrm.tag.assign"]._assign(
            [
                {"identity_id": phone.id, "tag_id": cls.tag.id, "reference": "call:13988776655"},
                {"identity_id": neighbour.id, "tag_id": cls.tag.id, "reference": "13988776655"},
            ]
        )
        cls.household, cls.club = env["scrm.circle"].create(
            [
                {"name": "Zhao's household", "kind": "household", "note": "Xiaolan decides"},
                {"name": "Running club", "kind": "interest", "note": "Ask 139 8877 6655"},
            ]
        )
        env["scrm.circle.member"].create(
            [
                {"circle_id": circle.id, "identity_id": identity.id, "role": role}
                for circle in cls.household | cls.club
                for identity, role in ((phone, "Zhao's own"), (neighbour, "Friend"))
            ]
        )
        cls.segment = env["scrm.segment"].create(
            {"name": "Test segment", "domain": "[('handle_search', 'ilike', '13988776655')]"}
        )
        cls.segment._refresh_members()
        env["scrm.metric"]._refresh(cls.company)
        env["scrm.quality.issue"]._insert(
            [(cls.company.id, "shared_phone", cls.partner.id, "Zhao ***", "Zhao *** #1")]
        )

    def _make_request(self, **vals):
        request = (
            self.env["scrm.privacy.request"]
            .with_user(self.officer)
            .create(
                {
                    "kind": "erasure",
                    "customer_id": self.customer.id,
                    "requester": "Zhao Xiaolan by phone",
                    **vals,
                }
            )
        )
        request.action_start()
        return request

    def _confirm(self, request, user=None, word=None):
        wizard = (
            self.env["scrm.erasure.confirm"]
            .with_user(user or self.officer)
            .create({"request_id": request.id, "word": word or str(request.id)})
        )
        wizard.action_confirm()
        return wizard


TRACES = ("zhao", "xiaolan", "13988776655", "8877-6655", "8877 6655", "小兰")


@tagged("post_install", "-at_install")
class TestErasure(ErasureCase):
    def test_nothing_stays(self):
        tables = {name for name, _column, _trace in self._find_traces(*TRACES)}
        self.assertLessEqual(
            {
                "scrm.customer",
                "scrm.identity",
                "scrm.identity.link",
                "scrm.interaction",
                "scrm.lifecycle.history",
                "scrm.consent",
                "scrm.outbox",
                "scrm.customer.import.line",
                "scrm.customer.import.column",
                "scrm.match.candidate",
                "scrm.identity.block",
                "scrm.tag.assign",
                "scrm.circle",
                "scrm.circle.member",
                "scrm.segment",
                "scrm.quality.issue",
            },
            tables,
        )
        request = self._make_request()
        counts = {
            model: self.env[model].search_count([])
            for model in ("scrm.interaction", "scrm.consent")
        }
        self._confirm(request)
        self.assertEqual([], self._find_traces(*TRACES))
        self.assertEqual("done", request.state)
        self.assertIn("Outgoing Notice: 1", request.result)
        for model, count in counts.items():
            self.assertEqual(count, self.env[model].search_count([]))
        self.assertTrue(self.customer.erased_at)
        self.assertEqual("***", self.customer.name)
        self.assertFalse(self.imported.file)
        row = self.env["scrm.outbox"].search([("idem_key", "=like", "erased:%")])
        self.assertEqual("failed", row.state)
        # a rebuild gives nothing back
        self.env["scrm.identity"]._rebuild()
        self.customer.modified(["name_manual"])
        self.assertEqual([], self._find_traces(*TRACES))

    def test_nobody_writes_to_them_or_makes_a_contact_of_hashes(self):
        self._confirm(self._make_request())
        [row] = self.env["scrm.outbox"]._post(
            [
                {
                    "medium": "email",
                    "idem_key": "test:erased",
                    "identity_id": self.customer._get_identity("email").id,
                    "body": "Hello",
                }
            ]
        )
        self._run_outbox()
        self.assertEqual("failed", row.state)
        with self.assertRaises(UserError):
            self.customer._ensure_partner()
        with self.assertRaises(UserError):
            self.customer.erased_at = False

    def test_contact_and_lead_are_anonymised(self):
        self._confirm(self._make_request())
        self.assertRecordValues(self.partner, [{"name": "***", "phone": False, "email": False}])
        self.assertEqual("***", self.lead.name)
        self.assertFalse(self.lead.phone)

    def test_the_neighbour_stays(self):
        self._confirm(self._make_request())
        self.assertEqual("Neighbour", self.neighbour.name)
        self.assertEqual("+86139****6644", self.neighbour.phone_display)
        note = self.neighbour.interaction_ids.filtered(lambda row: row.kind == "note")
        self.assertEqual("Call Ms Z. back: ***, not ...6644", note.summary)
        line = self.imported.line_ids.filtered(lambda line: line.name == "Neighbour")
        self.assertEqual("+8613988776644", line.phone)

    def test_groups_and_comparisons_let_go(self):
        self._confirm(self._make_request())
        self.assertRecordValues(
            self.household | self.club,
            [{"name": "***", "note": False}, {"name": "Running club", "note": "Ask ***"}],
        )
        for circle in self.household | self.club:
            self.assertEqual(self.neighbour, circle.member_ids.customer_id)
        given = self.env["scrm.tag.assign"].search([("tag_id", "=", self.tag.id)])
        self.assertEqual(self.neighbour, given.customer_id)
        self.assertEqual("[('handle_search', 'ilike', '***')]", self.segment.domain)
        candidate = self.env["scrm.match.candidate"].search([("pool_id", "=", self.pool.id)])
        self.assertEqual(["stale"], candidate.mapped("state"))
        blocked, _patterns = self.env["scrm.identity.block"]._get_blocked(self.pool.id)
        self.assertNotIn(("phone", "+8613988776655"), blocked)

    def test_another_pool_is_another_controller(self):
        other = self._make_identity("phone", "+8613988776655", name="Zhao", pool=self.pool_other)
        self._confirm(self._make_request())
        self.assertEqual("+8613988776655", other.value)
        self.assertEqual("Zhao", other.name)

    def test_the_handle_met_again_is_somebody_new(self):
        pool = self.pool
        self._confirm(self._make_request())
        again = self._make_identity("openid", "oZhao-Xiaolan_0001", scope="oa:test")
        self.assertNotEqual(self.customer, again.customer_id)
        self.assertTrue(again.is_suppressed)
        self.assertTrue(again.customer_id.is_suppressed)
        handle = Handle("partner", pool._get_scope(), str(self.partner.id))
        self.assertFalse(self.env["scrm.identity"]._find_handles([handle.key]))
        self.env["scrm.consent"]._give(again, "marketing")
        again.invalidate_recordset()
        self.assertFalse(again.is_suppressed)

    def test_who_came_back_is_erased_again(self):
        self._confirm(self._make_request())
        again = self._make_identity("openid", "oZhao-Xiaolan_0001", scope="oa:test", name="Zhao")
        self.customer = again.customer_id
        self._confirm(self._make_request())
        self.assertEqual([], self._find_traces(*TRACES))

    def test_a_posted_invoice_keeps_its_contact(self):
        account = self.env["account.account"].create(
            {
                "code": "test1",
                "name": "Sales",
                "account_type": "income",
                "company_ids": [Command.set(self.company.ids)],
            }
        )
        receivable = self.env["account.account"].create(
            {
                "code": "test2",
                "name": "Receivable",
                "account_type": "asset_receivable",
                "company_ids": [Command.set(self.company.ids)],
            }
        )
        journal = self.env["account.journal"].create(
            {"name": "Sales", "code": "TST", "type": "sale", "company_id": self.company.id}
        )
        self.partner.with_company(self.company).property_account_receivable_id = receivable
        move = (
            self.env["account.move"]
            .with_company(self.company)
            .create(
                {
                    "move_type": "out_invoice",
                    "partner_id": self.partner.id,
                    "journal_id": journal.id,
                    "invoice_line_ids": [
                        Command.create(
                            {"name": "Filter", "price_unit": 10, "account_id": account.id}
                        )
                    ],
                }
            )
        )
        move.action_post()
        request = self._make_request()
        self._confirm(request)
        self.assertIn("accounting law", request.result)
        self.assertEqual("Zhao Xiaolan", self.partner.name)
        self.assertEqual([], self._find_traces(*TRACES))
        # and it is not taken up again by the nightly backfill, nor by new business
        self.env["res.partner"].with_company(self.company)._scrm_backfill_customers()
        self.assertFalse(self.partner.with_company(self.company)._scrm_ensure_identity())
        self.assertEqual([], self._find_traces(*TRACES))

    def test_preview_counts_and_changes_nothing(self):
        preview = self.env["scrm.privacy"]._preview_erasure(self.customer)
        counts = {name: (own, mentions) for name, _label, own, mentions in preview["tables"]}
        self.assertEqual((1, 0), counts["scrm.consent"])
        self.assertEqual(1, counts["scrm.interaction"][1])
        self.assertTrue(self._find_traces("13988776655"))


@tagged("post_install", "-at_install")
class TestErasureRights(ErasureCase):
    def test_only_officers(self):
        request = self._make_request()
        for role in ("viewer", "operator", "steward", "manager"):
            user = self._make_user(f"erasure.{role}", f"scrm_base.group_scrm_base_{role}")
            for call in (
                lambda user=user: request.with_user(user).action_erase(),
                lambda user=user: self._confirm(request, user),
                lambda user=user: request.with_user(user).read(["note"]),
            ):
                with self.assertRaises(AccessError):
                    call()
        foreigner = self._make_user(
            "erasure.foreigner", "scrm_base.group_scrm_base_privacy", company=self.company_other
        )
        with self.assertRaises(AccessError):
            request.with_user(foreigner).action_erase()
        with self.assertRaises(AccessError):
            self._confirm(request, foreigner)
        self.assertTrue(self._find_traces("13988776655"))

    def test_the_word_has_to_be_typed(self):
        request = self._make_request()
        with self.assertRaises(UserError):
            self._confirm(request, word="yes")
        self._confirm(request)
        with self.assertRaises(UserError):
            self._confirm(request)

    def test_what_the_buttons_write_is_not_written_by_hand(self):
        request = self._make_request()
        for vals in (
            {"approved_by_id": self.second.id},
            {"result": "nothing"},
            {"erased_by_id": self.officer.id},
        ):
            with self.assertRaises(AccessError):
                request.write(vals)
        with self.assertRaises(UserError):
            request.write({"state": "done"})
        with self.assertRaises(UserError):
            request.action_finish()
        with self.assertRaises(UserError):
            request.unlink()

    @mute_logger("odoo.sql_db")
    def test_four_eyes(self):
        self.company.scrm_erasure_four_eyes = True
        request = self._make_request()
        with self.assertRaises(UserError):
            self._confirm(request)
        request.action_approve()
        with self.assertRaises(UserError):
            self._confirm(request)
        with self.assertRaises(psycopg2.errors.CheckViolation), self.env.cr.savepoint():
            request.sudo().erased_by_id = self.officer
            self.env.flush_all()
        request.invalidate_recordset()
        self._confirm(request, self.second)
        self.assertEqual(
            (self.officer, self.second), (request.approved_by_id, request.erased_by_id)
        )

    @mute_logger("odoo.sql_db")
    def test_the_trigger_yields_to_the_erasure_alone(self):
        self._confirm(self._make_request())
        with self.assertRaises(psycopg2.errors.RestrictViolation), self.env.cr.savepoint():
            self.env.cr.execute("UPDATE scrm_interaction SET summary = 'x'")

    def test_pattern_finds_whole_handles_only(self):
        pattern = get_trace_pattern(["+8613988776655"], ["ann@example.com", "short"])
        for text, found in (
            ("call 139 8877 6655!", True),
            ("+86 139-8877-6655", True),
            ("008613988776655", False),
            ("139887766551", False),
            ("joann@example.com", False),
            ("<ANN@example.com>", True),
            ("short", False),
        ):
            self.env.cr.execute("SELECT %s ~* %s", [text, pattern])
            self.assertEqual(found, self.env.cr.fetchone()[0], text)


@tagged("post_install", "-at_install")
class TestExport(ErasureCase):
    def test_all_that_is_held(self):
        request = self._make_request(kind="export")
        with self.assertRaises(UserError):
            request.action_finish()
        request.action_export()
        request.action_export()
        files = {a.name.rsplit(".", 1)[1]: a for a in request.sudo().attachment_ids}
        self.assertEqual({"json", "xlsx"}, set(files))
        self.assertTrue(files["xlsx"].raw.startswith(b"PK"))
        data = json.loads(files["json"].raw)
        text = json.dumps(data, ensure_ascii=False)
        for section in (
            "Handle of a Customer",
            "Consent",
            "Interaction with a Customer",
            "Change of a Customer's Stage",
            "Outgoing Notice",
            "Contacts",
            "Evidence between Handles",
            "Tag of a Customer",
            "Member of a Circle",
            "Member of a Segment",
            "Customer Figures",
            "Stage of a Customer in a Company",
        ):
            self.assertIn(section, data)
        # who else it may have been, and what was said of others, is not theirs
        self.assertEqual([{"To Review": 1}], data["Customers to Review"])
        for section in ("Circle of Customers", "Column of a Customer Import"):
            self.assertNotIn(section, data)
        self.assertIn("13988776655", text)
        self.assertIn("Zhao Xiaolan agreed", text)
        self.assertNotIn("Call Ms Z. back", text)
        request.action_finish()
        self.assertEqual("done", request.state)

    def test_a_sister_company_hands_out_its_own(self):
        sister = self.env["res.company"].create({"name": "Sister", "scrm_pool_id": self.pool.id})
        data = self.env["scrm.privacy"].with_company(sister)._get_personal_data(self.customer)
        self.assertNotIn("Consent", data)
        self.assertIn("Handle of a Customer", data)

    def test_refusing_needs_a_reason(self):
        request = self._make_request(kind="rectification")
        self.assertEqual(15, (request.due_on - request.requested_on).days)
        with self.assertRaises(UserError):
            request.action_refuse()
        request.note = "Could not prove who she is"
        request.action_refuse()
        self.assertEqual("refused", request.state)


@tagged("post_install", "-at_install")
class TestLookup(ErasureCase):
    def test_by_phone_and_openid(self):
        for handle in ("139 8877 6655", "oZhao-Xiaolan_0001"):
            wizard = self.env["privacy.lookup.wizard"].create(
                {"name": "Nobody Atall", "email": "nobody@example.com", "scrm_handle": handle}
            )
            wizard.action_lookup()
            found = {(line.res_model, line.res_id) for line in wizard.line_ids}
            models = {model for model, _id in found}
            self.assertIn("scrm.interaction", models)
            identity = (
                self.openid if handle.startswith("o") else self.customer._get_identity("phone")
            )
            self.assertIn(("scrm.identity", identity.id), found)
            self.assertEqual(len(found), len(wizard.line_ids))


@tagged("post_install", "-at_install")
class TestErasureTour(ErasureCase, HttpCase):
    def test_an_officer_erases_a_person(self):
        self.officer.password = "erasure.officer"
        request = (
            self.env["scrm.privacy.request"]
            .with_user(self.officer)
            .create({"kind": "erasure", "customer_id": self.customer.id})
        )
        self.start_tour(
            f"/odoo/action-scrm_base.scrm_privacy_request_action/{request.id}",
            "scrm_base_erasure",
            login="erasure.officer",
            timeout=180,
        )
        self.assertEqual("done", request.state)
        self.assertEqual([], self._find_traces(*TRACES))
