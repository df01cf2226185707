import re

from psycopg2.errors import UniqueViolation

from odoo.exceptions import AccessError
from odoo.tests import HttpCase, tagged
from odoo.tools import SQL, mute_logger

from .test_dispute import DisputeCase


@tagged("post_install", "-at_install")
class TestPortal(HttpCase, DisputeCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.agent = cls._make_partner(name="General agent", is_company=True)
        if "scrm_upline_id" in cls.dealer._fields:
            cls.dealer.scrm_upline_id = cls.agent
        cls.upline = cls._make_portal_user("portal.upline", cls.agent)
        cls.foreigner = cls._make_portal_user("portal.foreigner", cls.dealer_2)

    def setUp(self):
        super().setUp()
        self._submit()
        self.url = f"/my/settlements/{self.statement.id}"

    def _login(self, user):
        self.authenticate(user.login, user.login)

    def _post(self, path, data=None, files=None):
        token = re.search(
            r'name="csrf_token" value="([^"]+)"', self.url_open(self.url).text
        ) or re.search(r'csrf_token: "([^"]+)"', self.url_open("/my").text)
        return self.url_open(
            path, data={"csrf_token": token.group(1), **(data or {})}, files=files or None
        )

    # === WHAT IS SHOWN === #

    def test_the_dealer_sees_list_and_detail(self):
        self._login(self.portal)
        page = self.url_open("/my/settlements").text
        self.assertIn(self.statement.name, page)
        page = self.url_open(self.url).text
        self.assertIn("1,187.84", page)
        self.assertIn(f'value="{self.lines[0].id}"', page)
        self.assertIn('data-state="current" data-step="submitted"', page)

    def test_filters(self):
        self._login(self.portal)
        for query, shown in (
            ("filterby=submitted", True),
            ("filterby=paid", False),
            ("year=2026", True),
            ("year=2026&filterby=reviewed", False),
            ("sortby=nonsense&filterby=nonsense&year=nonsense", True),
        ):
            page = self.url_open(f"/my/settlements?{query}").text
            self.assertEqual(shown, f'{self.url}"' in page, query)

    def test_drafts_are_not_shown(self):
        self.statement.with_user(self.reviewer)._action_return("Wrong")
        self._login(self.portal)
        self.assertEqual(404, self.url_open(self.url).status_code)
        self.assertNotIn(self.statement.name, self.url_open("/my/settlements").text)

    def test_the_posted_bill_is_linked_and_a_draft_is_not(self):
        self._login(self.portal)
        bill = self.statement.sudo().move_id
        link = f"/my/invoices/{bill.id}"
        self.assertNotIn(link, self.url_open(self.url).text)
        self._review()
        bill.action_post()
        self.assertIn(link, self.url_open(self.url).text)
        self.assertEqual(200, self.url_open(link).status_code)

    def test_the_home_page_counts(self):
        self._login(self.portal)
        response = self.url_open(
            "/my/counters",
            json={"params": {"counters": ["settlement_count"]}},
        )
        self.assertEqual(1, response.json()["result"]["settlement_count"])

    # === WHO DOES NOT SEE IT === #

    def test_others_get_nothing(self):
        paths = ("", "/pdf", "/xlsx", "/dispute", "/page/1")
        for user in (self.foreigner, self.upline):
            self._login(user)
            for path in paths:
                self.assertEqual(404, self.url_open(self.url + path).status_code, path)
            self.assertNotIn(self.statement.name, self.url_open("/my/settlements").text)
            for path in ("/confirm", "/dispute"):
                response = self._post(self.url + path, {"line": self.lines[0].id, "evidence": "x"})
                self.assertEqual(404, response.status_code, path)
        self.assertFalse(self.statement.dealer_confirmed_at)
        self.assertFalse(self.statement.dispute_ids)

    def test_the_public_has_to_log_in(self):
        self.authenticate(None, None)
        for path in ("/my/settlements", self.url, f"{self.url}/pdf", f"{self.url}/xlsx"):
            response = self.url_open(path, allow_redirects=False)
            self.assertEqual(303, response.status_code)
            self.assertIn("/web/login", response.headers["Location"])

    def test_an_access_token_opens_nothing(self):
        self._login(self.foreigner)
        self.assertEqual(404, self.url_open(f"{self.url}?access_token=1").status_code)

    def test_records_refuse_others(self):
        dispute = self._dispute(self.lines[0])
        for record in (self.statement, self.lines[1], dispute):
            self.assertTrue(record.with_user(self.portal).has_access("read"))
            for user in (self.foreigner, self.upline):
                with self.assertRaises(AccessError):
                    record.with_user(user).read(["display_name"])
                self.assertFalse(record.with_user(user).search([("id", "=", record.id)]))
            for operation in ("write", "create", "unlink"):
                self.assertFalse(record.with_user(self.portal).has_access(operation))

    def test_dealers_read_named_fields_only(self):
        line = self.lines[0].with_user(self.portal)
        shown = set(line.fields_get())
        self.assertLessEqual({"amount", "price_unit", "quantity", "date"}, shown)
        for name in ("base_price", "rule_id", "tier_id", "explanation", "price_reason"):
            self.assertNotIn(name, shown)
            with self.assertRaises(AccessError):
                line.read([name])
        with self.assertRaises(AccessError):
            line.search([("base_price", ">", 1)])
        statement = self.statement.with_user(self.portal)
        for name in ("move_id", "reviewer_id", "submitter_id", "return_reason", "customer_id"):
            with self.assertRaises(AccessError):
                statement.read([name])
        # What colleagues read has not changed.
        self.assertIn("base_price", self.lines[0].with_user(self.preparer).fields_get())

    def test_a_price_shows_all_its_decimals(self):
        """A dealer multiplies what he reads, as on paper."""
        terms = {"target": "product", "product_id": self.labour.id, "price_round": 0}
        self._make_rule("Fine", method="fixed", value=33.3345, **terms)
        line = self._record({"product_id": self.labour.id, "quantity": 3})
        statement = self._generate(self.preparer)
        statement.with_user(self.preparer).action_submit()
        self._login(self.portal)
        url = f"/my/settlements/{statement.id}"
        for page in (url, f"{url}/dispute?line={line.id}"):
            self.assertIn("33.334500", self.url_open(page).text)
        self.assertNotIn("117.760000", self.url_open(self.url).text)

    # === CONFIRM === #

    def test_confirmed_once(self):
        self._login(self.portal)
        self._post(f"{self.url}/confirm")
        first = self.statement.dealer_confirmed_at
        self.assertTrue(first)
        self.assertEqual(self.portal, self.statement.dealer_confirmed_by_id)
        page = self.url_open(self.url).text
        self.assertNotIn('name="confirm"', page)
        response = self._post(f"{self.url}/confirm")
        self.assertIn("confirmed", response.text)
        self.assertEqual(first, self.statement.dealer_confirmed_at)
        self.assertTrue(
            self.env["scrm.outbox"].search(
                [("rule_id.event", "=", "dealer_confirm"), ("res_id", "=", self.statement.id)]
            )
        )

    def test_a_dispute_reopens_the_confirmation(self):
        self.statement.with_user(self.portal)._confirm_as_dealer()
        self._dispute(self.lines[0])
        self.assertFalse(self.statement.dealer_confirmed_at)
        self.statement.with_user(self.portal)._confirm_as_dealer()
        self.assertTrue(self.statement.dealer_confirmed_at)

    def test_nobody_stamps_a_confirmation_by_hand(self):
        for user in (self.preparer, self.env.user):
            with self.assertRaisesRegex(Exception, "cannot be written by hand"):
                self.statement.with_user(user).write({"dealer_confirmed_at": "2026-01-01"})
        with self.assertRaises(AccessError):
            self.statement.with_user(self.reviewer)._confirm_as_dealer()

    # === DISPUTE === #

    def test_several_lines_with_a_file(self):
        self._login(self.portal)
        first, second = self.lines[:2]
        page = self.url_open(f"{self.url}/dispute?line={first.id}&line={second.id}").text
        self.assertIn(f'name="value_{first.id}"', page)
        self._post(
            f"{self.url}/dispute",
            {
                "line": [first.id, second.id],
                "kind": "price",
                f"value_{first.id}": "１２０",
                f"value_{second.id}": "¥ 1,000.50",
                "evidence": "Contract",
            },
            files=[("file", ("note.txt", b"delivery note", "text/plain"))],
        )
        disputes = self.statement.dispute_ids.sorted("line_id")
        self.assertEqual(first + second, disputes.line_id.sorted())
        self.assertEqual({120, 1000.5}, set(disputes.mapped("claimed_value")))
        self.assertEqual(self.portal, disputes.create_uid)
        self.assertEqual(128, self.statement.amount_total)
        self.assertEqual(
            2,
            self.env["ir.attachment"].search_count(
                [("res_model", "=", disputes._name), ("res_id", "in", disputes.ids)]
            ),
        )
        self.assertFalse(disputes.message_partner_ids & self.portal.partner_id)
        self.assertIn(disputes[0].name, self.url_open(self.url).text)

    def test_missing_and_withdrawn(self):
        self._login(self.portal)
        self._post(
            f"{self.url}/dispute",
            {
                "missing": "1",
                "item": "Visit",
                "item_date": "2026-11-09",
                "value": "80",
                "evidence": "Signed note",
            },
        )
        dispute = self.statement.dispute_ids
        self.assertEqual(("missing", 80), (dispute.kind, dispute.amount_claimed))
        self._post(f"/my/settlements/disputes/{dispute.id}/withdraw")
        self.assertEqual("withdrawn", dispute.state)

    def test_a_missing_item_that_is_sent_twice_is_claimed_once(self):
        self._login(self.portal)
        sent = {
            "missing": "1",
            "item": "Visit",
            "item_date": "2026-11-09",
            "value": "80.1",
            "evidence": "Signed note",
        }
        self._post(f"{self.url}/dispute", sent)
        self.assertIn("missing already", self._post(f"{self.url}/dispute", sent).text)
        self.assertEqual(1, len(self.statement.dispute_ids))
        self._post(f"{self.url}/dispute", {**sent, "item_ref": "T-2"})
        self.assertEqual(2, len(self.statement.dispute_ids))
        first = self.statement.dispute_ids.filtered(lambda dispute: not dispute.item_ref)
        self._accept(first, product_id=self.part_2.id)
        self.assertIn("missing already", self._post(f"{self.url}/dispute", sent).text)
        # Two at the same moment do not see each other
        self.env.flush_all()
        names = SQL(
            "name, company_id, partner_id, statement_id, kind, claimed_value, item, item_date,"
            " evidence, deadline, state"
        )
        copy = SQL(
            "INSERT INTO scrm_settlement_dispute (%s) SELECT %s FROM scrm_settlement_dispute"
            " WHERE id = %s",
            *(names, names, self.statement.dispute_ids[0].id),
        )
        with mute_logger("odoo.sql_db"), self.assertRaises(UniqueViolation):
            self.env.cr.execute(copy)

    def test_bad_input_gets_a_sentence_and_changes_nothing(self):
        self._login(self.portal)
        line = self.lines[0].id
        good = {"line": line, "kind": "price", f"value_{line}": "120", "evidence": "x"}
        for change, sentence in (
            ({"evidence": " "}, "founded on"),
            ({f"value_{line}": "much"}, "as a number"),
            ({f"value_{line}": "NaN"}, "as a number"),
            ({f"value_{line}": "117.76"}, "changes nothing"),
            ({"kind": "missing"}, "what is wrong"),
            ({"line": self.lines[0].id + 10**6}, "Choose the lines"),
            ({"line": 10**12}, "Choose the lines"),
            (
                {"missing": "1", "item": "Visit", "item_date": "yesterday", "value": "80"},
                "the day it happened",
            ),
        ):
            response = self._post(f"{self.url}/dispute", {**good, **change})
            self.assertIn(sentence, response.text)
        self.assertFalse(self.statement.dispute_ids)
        self.assertEqual(1187.84, self.statement.amount_total)

    def test_all_lines_disputed(self):
        self._login(self.portal)
        response = self._post(
            f"{self.url}/dispute",
            {"line": self.lines.ids, "kind": "not_ours", "evidence": "Not ours"},
        )
        self.assertTrue(response.url.endswith("/my/settlements"))
        self.assertEqual("draft", self.statement.state)

    def test_a_dealer_does_not_withdraw_what_finance_opened(self):
        dispute = self._dispute(self.lines[0])
        self._login(self.portal)
        response = self._post(f"/my/settlements/disputes/{dispute.id}/withdraw")
        self.assertEqual(404, response.status_code)
        self.assertEqual("open", dispute.state)
        self._login(self.foreigner)
        response = self._post(f"/my/settlements/disputes/{dispute.id}/withdraw")
        self.assertEqual(404, response.status_code)

    def test_numbers_that_nothing_has(self):
        self._login(self.portal)
        self.assertEqual(200, self.url_open(f"/my/settlements?year={'9' * 5000}").status_code)
        for number in (0, 10**30):
            response = self._post(f"/my/settlements/disputes/{number}/withdraw")
            self.assertEqual(404, response.status_code)
            self.assertEqual(404, self.url_open(f"/my/settlements/{number}").status_code)

    # === PAPER === #

    def test_downloads(self):
        self._login(self.portal)
        response = self.url_open(f"{self.url}/xlsx")
        self.assertEqual(b"PK", response.content[:2])
        self.assertIn(self.statement._get_paper_name(), response.headers["Content-Disposition"])
        self.assertEqual(200, self.url_open(f"{self.url}/pdf").status_code)

    def test_colleagues_export_what_they_may_read(self):
        self.authenticate(self.preparer.login, self.preparer.login)
        action = self.statement.with_user(self.preparer).action_export_xlsx()
        self.assertEqual(b"PK", self.url_open(action["url"]).content[:2])
        stranger = self._make_user("portal.stranger", "base.group_user", company=self.company_other)
        self._login(stranger)
        self.assertEqual(404, self.url_open(action["url"]).status_code)
        for ids in ("x", 10**12):
            response = self.url_open(f"/scrm_settlement/xlsx?ids={ids}")
            self.assertEqual(400, response.status_code)
