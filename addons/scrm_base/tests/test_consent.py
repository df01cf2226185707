import base64
from datetime import datetime

import psycopg2

from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, tagged
from odoo.tools import SQL, mute_logger

from odoo.addons.mail.tests.common import MailCase

from .common import ScrmCase


class ConsentCase(ScrmCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer = cls._make_customer("陈女士", "13826001001", "chen@example.com")
        cls.identity = cls.customer._get_identity("phone")
        cls.Consent = cls.env["scrm.consent"]

    def _is_allowed(self, channel="any", purpose="marketing", customer=None):
        return bool(self.Consent._get_allowed(customer or self.customer, purpose, channel))


@tagged("post_install", "-at_install")
class TestConsent(ConsentCase):
    def test_marketing_needs_consent_and_service_none(self):
        self.assertFalse(self._is_allowed("wechat"))
        self.assertTrue(self._is_allowed("wechat", "service"))
        self.Consent._give(self.identity, "marketing", "wechat")
        self.assertTrue(self._is_allowed("wechat"))
        self.assertFalse(self._is_allowed("sms"))
        self.Consent._withdraw(self.identity, "service", "sms")
        self.assertFalse(self._is_allowed("sms", "service"))
        self.assertTrue(self._is_allowed("email", "service"))

    def test_the_same_twice_changes_nothing(self):
        first = self.Consent._give(self.identity, "marketing")
        self.assertTrue(first)
        self.assertFalse(self.Consent._give(self.identity, "marketing"))
        self.assertFalse(self.Consent._give(self.identity, "marketing", "sms"))
        self.assertTrue(self.Consent._withdraw(self.identity, "marketing", "sms"))
        self.assertFalse(self.Consent._withdraw(self.identity, "marketing", "sms"))
        self.assertEqual(2, len(self.customer.consent_ids))

    def test_an_old_form_does_not_overrule_what_was_said_since(self):
        self.Consent._withdraw(self.identity, "marketing")
        form = {"occurred_at": datetime(2025, 1, 2), "proof": "form"}
        self.assertTrue(self.Consent._give(self.identity, "marketing", **form))
        self.assertFalse(self.Consent._give(self.identity, "marketing", **form))
        self.assertFalse(self._is_allowed())
        with self.assertRaises(UserError):
            self.Consent._give(self.identity, "marketing", occurred_at=datetime(2999, 1, 1))

    def test_another_text_or_new_proof_is_news(self):
        purpose = self.env["scrm.consent.purpose"]._get_by_code("marketing")
        self.Consent._give(self.identity, purpose, occurred_at=datetime(2026, 1, 1))
        purpose.text_version = "agreed in spring"
        again = self.Consent._give(self.identity, purpose)
        self.assertEqual("agreed in spring", again.text_version)
        self.assertFalse(self.Consent._give(self.identity, purpose))
        letter = {"reference": "letter 7", "proof": "form"}
        self.assertTrue(self.Consent._withdraw(self.identity, purpose, **letter))
        self.assertTrue(self.Consent._withdraw(self.identity, purpose, reference="letter 8"))
        self.assertFalse(self.Consent._withdraw(self.identity, purpose, **letter))
        self.assertFalse(self._is_allowed())

    def test_a_company_is_a_controller_of_its_own(self):
        sister = self.env["res.company"].create({"name": "Sister", "scrm_pool_id": self.pool.id})
        self.Consent._give(self.identity, "marketing")
        self.assertFalse(self.Consent._get_allowed(self.customer, "marketing", company=sister))

    def test_merge_pools_and_undoing_parts(self):
        other = self._make_identity("visitor", "web-17")
        self.Consent._withdraw(self.identity, "marketing", occurred_at=datetime(2026, 1, 1))
        self.Consent._give(other, "marketing", occurred_at=datetime(2026, 1, 5))
        link = self.identity._attach(other, rule="manual")
        self.assertEqual(2, len(self.customer.consent_ids))
        self.assertFalse(self._is_allowed())  # the stricter
        link.action_undo()
        self.assertFalse(self._is_allowed())
        self.assertTrue(self._is_allowed(customer=other.customer_id))
        self.identity._attach(other, rule="manual")
        self.Consent._give(other, "marketing")
        self.assertTrue(self._is_allowed())  # the newer word of the whole person

    def test_the_blacklists_of_odoo_count(self):
        self.Consent._give(self.identity, "marketing")
        self.env["mail.blacklist"]._add("chen@example.com")
        self.assertFalse(self._is_allowed("email"))
        self.assertTrue(self._is_allowed("sms"))
        self.assertTrue(self._is_allowed("email", "service"))
        self.env["phone.blacklist"].add("+8613826001001")
        self.assertFalse(self._is_allowed("sms"))
        self.assertFalse(self._is_allowed("phone"))
        self.assertTrue(self._is_allowed("wechat"))

    def test_many_customers_cost_as_much_as_one(self):
        customers = self.customer
        for number in range(20):
            customers |= self._make_customer(f"C{number}", f"1382600{2000 + number}")
        for customer in customers[::2]:
            self.Consent._give(customer.identity_ids[0], "marketing")
        purpose = self.env["scrm.consent.purpose"]._get_by_code("marketing")
        self.Consent._get_allowed(customers, purpose, "email")
        self.env.invalidate_all()
        purpose.needs_consent, purpose.uses_blacklist  # noqa: B018
        with self.assertQueryCount(2):
            allowed = self.Consent._get_allowed(customers, purpose, "email")
        self.assertEqual(customers[::2], allowed)

    @mute_logger("odoo.sql_db")
    def test_append_only(self):
        row = self.Consent._give(self.identity, "marketing", note="read the text to her")
        self.env.flush_all()
        for statement in (
            "UPDATE scrm_consent SET is_given = false WHERE id = %s",
            "DELETE FROM scrm_consent WHERE id = %s",
        ):
            with self.assertRaises(psycopg2.errors.RestrictViolation), self.env.cr.savepoint():
                self.env.cr.execute(SQL(statement, row.id))

    def test_chips(self):
        self.Consent._give(self.identity, "marketing")
        self.Consent._withdraw(self.identity, "marketing", "sms")
        chips = str(self.customer.consent_chips)
        self.assertIn("Marketing", chips)
        self.assertIn("SMS ✗", chips)
        self.env["scrm.consent.purpose"]._get_by_code("marketing").name = "<b>x</b>"
        self.customer.invalidate_recordset(["consent_chips"])
        self.assertIn("&lt;b&gt;", str(self.customer.consent_chips))


@tagged("post_install", "-at_install")
class TestConsentNotice(ConsentCase, MailCase):
    def _post(self, purpose, **vals):
        [row] = self.env["scrm.outbox"]._post(
            [
                {
                    "medium": "email",
                    "idem_key": f"consent-{purpose}-{len(vals)}",
                    "identity_id": self.customer._get_identity("email").id,
                    "purpose_id": self.env["scrm.consent.purpose"]._get_by_code(purpose).id,
                    "subject": "Hello",
                    "body": "Hello",
                    **vals,
                }
            ]
        )
        with self.mock_mail_gateway():
            self._run_outbox()
        return row

    def test_marketing_to_somebody_who_was_not_asked_is_refused(self):
        row = self._post("marketing")
        self.assertEqual("failed", row.state)
        self.assertIn("has not allowed", row.error)
        self.assertEqual("sent", self._post("service").state)

    def test_what_is_allowed_leaves_and_a_refused_one_is_sent_again(self):
        row = self._post("marketing")
        self.Consent._give(self.identity, "marketing", "email")
        row.action_replay()
        with self.mock_mail_gateway():
            self._run_outbox()
        self.assertEqual("sent", row.state)

    def test_a_contact_that_is_no_customer_has_allowed_nothing(self):
        contact = self._make_partner(name="Ms Wu", email="wu@example.com")
        vals = {"identity_id": False, "partner_id": contact.id}
        row = self._post("marketing", **vals)
        self.assertEqual("failed", row.state)
        self.assertIn("Ms Wu is not a customer yet", row.error)
        self.assertEqual("sent", self._post("service", **vals).state)
        self.Consent._give(contact._scrm_ensure_identity(), "marketing")
        row.action_replay()
        with self.mock_mail_gateway():
            self._run_outbox()
        self.assertEqual("sent", row.state)

    def test_a_contact_that_was_erased_is_told_nothing(self):
        contact = self._make_partner(name="Ms Wu", email="wu@example.com")
        identity = contact._scrm_ensure_identity()
        # What an erasure leaves of a contact that the law keeps.
        self.env["scrm.suppression"]._suppress(identity)
        identity.customer_id.identity_ids.write({"partner_id": False})
        self.assertFalse(contact.scrm_customer_id)
        row = self._post("service", identity_id=False, partner_id=contact.id)
        self.assertEqual("failed", row.state)
        self.assertIn("asked to be forgotten", row.error)

    def test_colleagues_are_not_asked(self):
        row = self._post("marketing", medium="inapp", user_id=self.env.uid)
        self.assertEqual("sent", row.state)


@tagged("post_install", "-at_install")
class TestConsentAccess(ConsentCase):
    def _record_as(self, user):
        wizard = (
            self.env["scrm.consent.record"]
            .with_user(user)
            .create({"customer_id": self.customer.id, "on_any": False, "on_wechat": True})
        )
        wizard.action_record()

    def test_a_scan_is_kept_and_nothing_new_is_told(self):
        Wizard = self.env["scrm.consent.record"]
        vals = {"customer_id": self.customer.id, "said": "withdrawn"}
        self.assertEqual("ir.actions.act_window_close", Wizard.create(vals).action_record()["type"])
        for name in ("first.pdf", "second.pdf"):
            scan = {"document": base64.b64encode(name.encode()), "document_name": name}
            Wizard.create({**vals, **scan, "on_any": False, "on_sms": True}).action_record()
        self.assertEqual(3, len(self.customer.consent_ids))
        documents = self.customer.consent_ids.attachment_id
        self.assertEqual({"first.pdf", "second.pdf"}, set(documents.mapped("name")))
        for document in documents:
            row = self.customer.consent_ids.filtered(lambda c, d=document: c.attachment_id == d)
            self.assertEqual(row.id, document.res_id)
        told = Wizard.create(vals).action_record()
        self.assertEqual("display_notification", told["tag"])
        self.assertEqual(3, len(self.customer.consent_ids))

    def test_roles(self):
        users = {
            role: self._make_user(f"consent.{role}", f"scrm_base.group_scrm_base_{role}")
            for role in ("viewer", "operator", "steward", "manager", "privacy")
        }
        for role, user in users.items():
            if role == "viewer":
                with self.assertRaises(AccessError):
                    self._record_as(user)
                with self.assertRaises(AccessError):
                    self.customer.with_user(user).action_record_consent()
                continue
            self.customer.with_user(user).action_record_consent()
            self._record_as(user)
        row = self.customer.consent_ids
        self.assertEqual(1, len(row))
        self.assertEqual(users["operator"], row.user_id)
        for user in users.values():
            self.assertEqual("wechat", row.with_user(user).channel)
            for operation in ("create", "write", "unlink"):
                self.assertFalse(self.Consent.with_user(user).has_access(operation))

    def test_a_foreign_company_sees_nothing(self):
        row = self.Consent._give(self.identity, "marketing")
        user = self._make_user(
            "consent.foreign", "scrm_base.group_scrm_base_manager", company=self.company_other
        )
        self.assertFalse(self.Consent.with_user(user).search([]) & row)
        with self.assertRaises(AccessError):
            row.with_user(user).read(["channel"])
        with self.assertRaises(AccessError):
            self._record_as(user)


@tagged("post_install", "-at_install")
class TestConsentPortal(ConsentCase, HttpCase):
    def setUp(self):
        super().setUp()
        self.person = self._make_user("consent.person", "base.group_portal")
        self.stranger = self._make_user("consent.stranger", "base.group_portal")
        self.marketing = self.env["scrm.consent.purpose"]._get_by_code("marketing")

    def _post(self, **ticked):
        return self._save(self._open(), **ticked)

    def _open(self):
        """Return what the page holds besides what one ticks."""
        page = self.url_open("/my/consents").text
        self.assertIn("Marketing", page)
        return {
            name: page.split(f'name="{name}" value="')[1].split('"')[0]
            for name in ("csrf_token", "shown")
            if f'name="{name}" value="' in page
        }

    def _save(self, page, **ticked):
        return self.url_open("/my/consents", data={**page, **ticked})

    def test_a_person_changes_their_own(self):
        self.authenticate("consent.person", "consent.person")
        self.assertIn("/my/consents", self.url_open("/my").text)
        key = f"{self.marketing.id}:wechat"
        self.assertIn("Saved", self._post(**{key: "1"}).text)
        customer = self.person.partner_id.with_company(self.company).scrm_customer_id
        self.assertTrue(self._is_allowed("wechat", customer=customer))
        self.assertFalse(self._is_allowed("sms", customer=customer))
        self.assertEqual("portal", customer.consent_ids.proof)
        self._post()
        self.assertFalse(self._is_allowed("wechat", customer=customer))
        self.assertEqual(2, len(customer.consent_ids))

    def test_a_page_that_is_out_of_date_gives_nothing_back(self):
        """What was withdrawn by phone while the page was open stays withdrawn."""
        customer = self.person.partner_id._scrm_ensure_identity().customer_id
        identity = customer._get_first_identity()
        self.Consent._give(identity, "marketing", occurred_at=datetime(2026, 1, 1))
        self.authenticate("consent.person", "consent.person")
        page = self._open()
        self.Consent._withdraw(identity, "marketing")
        profiling = self.env["scrm.consent.purpose"]._get_by_code("profiling")
        ticked = {
            f"{self.marketing.id}:{channel}": "1" for channel in ("phone", "sms", "wechat")
        }  # all that were shown but e-mail
        self._save(page, **ticked, **{f"{profiling.id}:email": "1"})
        for channel in ("phone", "sms", "email", "wechat"):
            self.assertFalse(self._is_allowed(channel, customer=customer), channel)
        self.assertTrue(self._is_allowed("email", "profiling", customer))

    def test_not_somebody_elses(self):
        self.authenticate("consent.person", "consent.person")
        self._post(**{f"{self.marketing.id}:wechat": "1"})
        self.authenticate("consent.stranger", "consent.stranger")
        self.assertNotIn("checked", self.url_open("/my/consents").text)
        self._post(customer_id=self.customer.id, **{f"{self.marketing.id}:sms": "1"})
        self.assertFalse(self.customer.consent_ids)
        rows = self.person.partner_id.with_company(self.company).scrm_customer_id.consent_ids
        with self.assertRaises(AccessError):
            rows.with_user(self.stranger).read(["channel"])

    def test_without_a_login_there_is_no_page(self):
        self.authenticate(None, None)
        self.assertIn("/web/login", self.url_open("/my/consents").url)
