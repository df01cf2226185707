import io

import openpyxl
from lxml import html

from odoo import http
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from odoo.addons.scrm_settlement.controllers.portal_reconciliation import URL, XLSX
from odoo.addons.scrm_settlement.models.scrm_settlement_import_portal import MAX_PORTAL_BYTES

from ..tools.claim_rows import Layout
from .reconciliation_case import ReconciliationCase


@tagged("post_install", "-at_install")
class TestReconciliationPortal(HttpCase, ReconciliationCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.portal = cls._make_user("portal.dealer", "base.group_portal")
        cls.portal.partner_id.parent_id = cls.dealer
        cls.dealer_2.grade_id = cls.grade_store
        cls.portal_2 = cls._make_user("portal.dealer2", "base.group_portal")
        cls.portal_2.partner_id.parent_id = cls.dealer_2
        cls.nobody = cls._make_user("portal.nobody", "base.group_portal")

    def _post(self, content, filename="own.xlsx", month="2026-11", token=True):
        data = {"month": month}
        if token:
            data["csrf_token"] = http.Request.csrf_token(self)
        return self.url_open(f"{URL}/upload", data=data, files={"file": (filename, content, XLSX)})

    def _log_in(self, user):
        self.authenticate(user.login, user.login)

    def _last(self):
        return self.env["scrm.settlement.import"].search([], limit=1)

    def test_a_dealer_uploads_and_reads_the_result(self):
        self._entry("D-1")
        self._entry("D-2")
        self._log_in(self.portal)
        self.assertIn(URL, self.url_open("/my").text)
        self.assertIn("not uploaded a list yet", self.url_open(URL).text)
        page = self._post(
            self._make_file(self._row("D-1", 130), self._row("D-7", 5), self._row("D-9", "?"))
        )
        record = self._last()
        self.assertEqual(self.dealer, record.partner_id)
        self.assertTrue(page.url.endswith(f"{URL}/{record.id}"))
        for text in ("Amount difference", "Only ours", "D-2", "no number", "130.00"):
            self.assertIn(text, page.text)
        # The page speaks to the dealer: what only he has is his
        self.assertIn("Only yours", page.text)
        self.assertNotIn("Only theirs", page.text)
        self.assertTrue(html.fromstring(page.content).xpath("//p[@name='next_step']"))
        # An empty cell keeps its column
        rows = html.fromstring(page.content).xpath("//table[@name='rows']/tr")
        self.assertEqual([9] * 4, [len(row.xpath("td")) for row in rows])
        self.assertNotIn("D-2", self.url_open(f"{URL}/{record.id}?status=amount").text)
        report = self.url_open(f"{URL}/{record.id}/report")
        self.assertEqual(XLSX, report.headers["Content-Type"])
        book = openpyxl.load_workbook(io.BytesIO(report.content))
        self.assertIn("Only ours", book.sheetnames)
        self.assertIn("own.xlsx", self.url_open(URL).text)

    def test_the_page_names_the_titles(self):
        titles = "//p[@name='titles']/span/text()"
        Layout = self.env["scrm.settlement.import.template"]
        for partner, title in ((self.dealer, "凭证|单据"), (self.dealer_2, "Foreign")):
            Layout.create(
                {
                    "name": "Own",
                    "company_id": self.company.id,
                    "partner_id": partner.id,
                    "ref_titles": title,
                }
            )
        self._log_in(self.portal)
        self.assertEqual(
            ["Date", "凭证", "Product Code", "Quantity", "Amount"],
            html.fromstring(self.url_open(URL).content).xpath(titles),
        )

    def test_every_title_that_is_named_is_found(self):
        for lang in ("en_US", "zh_CN"):
            titles = (
                self.env["scrm.settlement.import.template"]
                .with_context(lang=lang)
                ._get_shown_titles()
            )
            self.assertEqual(5, len(Layout().find_columns(titles)), titles)

    def test_never_another_dealers(self):
        self._log_in(self.portal)
        self._post(self._make_file(self._row("D-1")))
        record = self._last()
        inside = self._make_import(self._row("office"))
        for user in (self.portal_2, self.nobody):
            self._log_in(user)
            self.assertNotIn("own.xlsx", self.url_open(URL).text)
            for path in (f"{URL}/{record.id}", f"{URL}/{record.id}/report"):
                answer = self.url_open(path, allow_redirects=False)
                self.assertEqual(303, answer.status_code)
        self._log_in(self.portal)
        self.assertEqual(
            303, self.url_open(f"{URL}/{inside.id}", allow_redirects=False).status_code
        )

    def test_visitors_must_log_in(self):
        answer = self.url_open(URL, allow_redirects=False)
        self.assertEqual(303, answer.status_code)
        self.assertIn("/web/login", answer.headers["Location"])

    def test_a_forged_form_is_refused(self):
        self._log_in(self.portal)
        last = self._last()
        with mute_logger("odoo.http"):
            answer = self._post(self._make_file(self._row("D-1")), token=False)
        self.assertEqual(400, answer.status_code)
        self.assertEqual(last, self._last())

    def test_bad_uploads_get_a_sentence(self):
        self._log_in(self.portal)
        last = self._last()
        good = self._make_file(self._row("D-1"))
        for content, month, sentence in (
            (b"", "2026-11", "The file is empty"),
            (b"\x89PNG\r\n\x1a\n" + b"\x00" * 99, "2026-11", "neither .xlsx"),
            (b"<html><table>", "2026-11", "web page"),
            (good, "", "Choose the month"),
            (good, "november", "Choose the month"),
            (good, "9999-12", "Choose the month"),
            (b"PK\x03\x04" + b"\x00" * MAX_PORTAL_BYTES, "2026-11", "larger than 5 MB"),
        ):
            with self.subTest(sentence=sentence):
                self.assertIn(sentence, self._post(content, month=month).text)
                self.assertEqual(last, self._last())
        self._post(good)
        first = self._last()
        self.assertIn("uploaded for this dealer and period", self._post(good).text)
        self.assertEqual(first, self._last())
