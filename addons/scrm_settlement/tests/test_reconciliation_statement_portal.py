from datetime import date

from lxml import html

from odoo import Command, http
from odoo.exceptions import AccessError
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from odoo.addons.scrm_settlement.controllers.portal import URL
from odoo.addons.scrm_settlement.controllers.portal_reconciliation import XLSX
from odoo.addons.scrm_settlement.models.scrm_settlement_import_portal import MAX_PORTAL_BYTES

from .reconciliation_case import ReconciliationCase


@tagged("post_install", "-at_install")
class TestReconciliationStatementPortal(HttpCase, ReconciliationCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.portal = cls._make_portal("statement.dealer", cls.dealer)
        cls.portal_2 = cls._make_portal("statement.dealer2", cls.dealer_2)
        cls.agent = cls._make_partner(name="General agent", is_company=True)
        cls.agent.grade_id = cls.grade_distributor
        cls.dealer.scrm_upline_id = cls.agent
        cls.upline = cls._make_portal("statement.upline", cls.agent)

    @classmethod
    def _make_portal(cls, login, dealer):
        user = cls._make_user(login, "base.group_portal")
        user.partner_id.parent_id = dealer
        user.lang = "en_US"
        return user

    def _submit(self, **vals):
        statement = self._generate(self.preparer, **vals)
        statement.with_user(self.preparer).action_submit()
        return statement

    def _post(self, statement, content, user=None, token=True):
        user = user or self.portal
        self.authenticate(user.login, user.login)
        data = {"csrf_token": http.Request.csrf_token(self)} if token else {}
        return self.url_open(
            f"{URL}/{statement.id}/upload",
            data=data,
            files={"file": ("own.xlsx", content, XLSX)},
        )

    def _uploaded(self, statement):
        return self.env["scrm.settlement.import"].search([("statement_id", "=", statement.id)])

    def test_a_list_of_half_a_month(self):
        """The list is about its statement alone: the other half's rows and files take no part."""
        self._entry("D-1", day=5)
        first = self._submit(date_to=date(2026, 11, 15))
        self._entry("D-2", day=20)
        second = self._generate(self.preparer, date_from=date(2026, 11, 16))
        page = self._post(first, self._make_file(self._row("D-1", 130)))
        record = self._uploaded(first)
        self.assertTrue(page.url.endswith(f"/my/reconciliation/{record.id}"))
        self.assertIn("Amount difference", page.text)
        self.assertIn(f"{URL}/{first.id}", page.text)
        self.assertEqual(
            (date(2026, 11, 1), date(2026, 11, 15), self.portal, True),
            (record.date_from, record.date_to, record.uploader_id, record.is_from_dealer),
        )
        self.assertEqual({2: "amount"}, self._statuses(record))
        self.assertFalse(second._get_imports())
        second.with_user(self.preparer).action_submit()
        self.assertEqual("submitted", second.state)

    def test_the_statement_shows_the_form_and_what_was_uploaded(self):
        self._entry("D-1")
        statement = self._submit()
        self.authenticate(self.portal.login, self.portal.login)
        page = html.fromstring(self.url_open(f"{URL}/{statement.id}").content)
        form = page.xpath(f"//form[@action='{URL}/{statement.id}/upload']")[0]
        self.assertTrue(form.xpath(".//input[@type='file']"))
        self.assertTrue(form.xpath(".//p[@name='titles']/span"))
        self.assertFalse(page.xpath("//table[@name='reconciliations']"))
        self._post(statement, self._make_file(self._row("D-1", 130)))
        old = self._uploaded(statement)
        self._post(statement, self._make_file(self._row("D-1")))
        new = self._uploaded(statement) - old
        # The corrected list takes the place of the first
        self.assertEqual(("cancel", "compared"), (old.state, new.state))
        page = html.fromstring(self.url_open(f"{URL}/{statement.id}").content)
        self.assertEqual(
            [f"/my/reconciliation/{new.id}"],
            page.xpath("//table[@name='reconciliations']//a/@href"),
        )

    def test_a_statement_in_dollars(self):
        usd = self.env.ref("base.USD")
        usd.active = True
        self.env["res.currency.rate"].create(
            {
                "name": "2026-01-01",
                "currency_id": usd.id,
                "company_id": self.company.id,
                "rate": 0.125,
            }
        )
        self.tier.currency_id = usd
        self.env["scrm.settlement.rule"].search([("tier_id", "=", self.tier.id)]).currency_id = usd
        self._entry("U-1")
        statement = self._submit()
        self.assertEqual(usd, statement.currency_id)
        page = self._post(statement, self._make_file(self._row("U-1")))
        record = self._uploaded(statement)
        self.assertEqual((usd, {2: "matched"}), (record.currency_id, self._statuses(record)))
        self.assertIn("agree", page.text)

    def test_a_statement_of_another_company(self):
        """The company is the statement's, whichever one the portal is in."""
        self._entry("D-1")
        statement = self._submit()
        other = self.env["res.company"].create({"name": "Elsewhere", "currency_id": self.cny.id})
        self.portal.write({"company_ids": [Command.link(other.id)], "company_id": other.id})
        self._post(statement, self._make_file(self._row("D-1")))
        record = self._uploaded(statement)
        self.assertEqual((self.company, "compared"), (record.company_id, record.state))

    def test_never_anothers_statement(self):
        self._entry("D-1")
        statement = self._submit()
        for user in (self.portal_2, self.upline):
            answer = self._post(statement, self._make_file(self._row("D-1")), user=user)
            self.assertEqual(404, answer.status_code, user.login)
            with self.assertRaises(AccessError):
                self.env["scrm.settlement.import"].with_user(user)._upload_from_portal(
                    self._make_file(self._row("D-1")), "own.xlsx", statement=statement
                )
        self.assertFalse(self._uploaded(statement))

    def test_drafts_have_no_form(self):
        self._entry("D-1")
        draft = self._generate(self.preparer)
        answer = self._post(draft, self._make_file(self._row("D-1")))
        self.assertEqual(404, answer.status_code)
        self.assertFalse(self._uploaded(draft))

    def test_a_reversed_one_is_compared_with_nothing(self):
        self._entry("D-1")
        statement = self._submit()
        statement.with_user(self.reviewer).action_review()
        bill = statement.sudo().move_id
        day = date(2026, 11, 30)
        bill.invoice_date = day
        bill.action_post()
        bill._reverse_moves([{"invoice_date": day, "date": day}], cancel=True)
        self.assertEqual("reversed", statement.state)
        answer = self._post(statement, self._make_file(self._row("D-1")))
        self.assertIn("Compare with the settlement that takes its place", answer.text)
        self.assertNotIn(f'action="{URL}/{statement.id}/upload"', answer.text)
        self.assertFalse(self._uploaded(statement))

    def test_a_forged_form_is_refused(self):
        self._entry("D-1")
        statement = self._submit()
        with mute_logger("odoo.http"):
            answer = self._post(statement, self._make_file(self._row("D-1")), token=False)
        self.assertEqual(400, answer.status_code)
        self.assertFalse(self._uploaded(statement))

    def test_bad_uploads_get_a_sentence_on_the_statement(self):
        self._entry("D-1")
        statement = self._submit()
        for content, sentence in (
            (b"", "The file is empty"),
            (b"\x89PNG\r\n\x1a\n" + b"\x00" * 99, "neither .xlsx"),
            (b"PK\x03\x04" + b"\x00" * MAX_PORTAL_BYTES, "larger than 5 MB"),
        ):
            with self.subTest(sentence=sentence):
                page = self._post(statement, content)
                self.assertIn(sentence, page.text)
                self.assertIn(statement.name, page.text)
                self.assertFalse(self._uploaded(statement))
