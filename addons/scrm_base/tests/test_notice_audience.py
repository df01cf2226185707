from odoo.tests import freeze_time, tagged

from .notice_case import NoticeCase


@tagged("post_install", "-at_install")
class TestNoticeAudience(NoticeCase):
    """Who is told, and each once."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.steward = cls._make_user("audience.steward", "scrm_base.group_scrm_base_steward")
        cls.outsider = cls._make_user("audience.outsider", company=cls.company_other)

    def test_several_roles_and_people_each_once(self):
        self._make_rule(
            "inapp",
            audience="group",
            group_ids=[
                self.env.ref("scrm_base.group_scrm_base_steward").id,
                self.env.ref("scrm_base.group_scrm_base_manager").id,
            ],
            user_ids=(self.steward | self.operator | self.outsider).ids,
        )
        told = self._raise_event().mapped("user_id")
        self.assertLessEqual(self.steward | self.manager | self.operator, told)
        self.assertNotIn(self.outsider, told, "another company's records are not theirs")
        self.assertEqual(len(told), len(self._raise_event()))

    def test_a_person_in_two_audiences_of_an_event_is_told_once(self):
        first = self._make_rule("inapp", audience="responsible", sequence=1)
        self._make_rule("inapp", audience="group", user_ids=self.operator.ids, sequence=2)
        row = self._raise_event()
        self.assertEqual((first, self.operator), (row.rule_id, row.user_id))

    def test_another_medium_is_another_message(self):
        self._make_rule("inapp", audience="responsible", sequence=1)
        self._make_rule("email", audience="responsible", sequence=2)
        self.assertEqual(["inapp", "email"], self._raise_event().mapped("medium"))

    def test_a_customer_who_follows_is_told_once(self):
        partner = self.customer._ensure_partner()
        model = self.env.registry["scrm.customer.import"]
        self.patch(model, "_notice_get_audience_followers", lambda r, rule: partner.with_env(r.env))
        self._make_rule("email", sequence=1)
        self._make_rule("email", audience="followers", sequence=2)
        self.assertEqual(1, len(self._raise_event()))

    def test_followers_are_colleagues_and_contacts(self):
        contact = self._make_partner(name="Shop", email="shop@example.com")
        mute = self._make_partner(name="Nobody")
        followers = contact | mute | self.operator.partner_id
        self.patch(
            self.env.registry["scrm.customer.import"],
            "_notice_get_audience_followers",
            lambda r, rule: followers.with_env(r.env),
        )
        self._make_rule("inapp", "email", audience="followers")
        rows = self._raise_event()
        self.assertEqual(
            {(contact, "email", "queued"), (self.operator.partner_id, "inapp", "queued")},
            {(r.partner_id, r.medium, r.state) for r in rows if r.state == "queued"},
        )
        failed = rows.filtered(lambda r: r.state == "failed")
        self.assertEqual(["no_address"], failed.mapped("reason"))

    def test_each_is_sent_their_own_again(self):
        first, second = (self._make_partner(name=name) for name in ("Shop", "Second Shop"))
        buyer = self._make_customer("Mr Li", "13826001002")
        audience = first | second | buyer._ensure_partner()
        model = self.env.registry["scrm.customer.import"]
        self.patch(
            model, "_notice_get_audience_followers", lambda r, rule: audience.with_env(r.env)
        )
        self._make_rule("email", audience="followers")
        rows = self._raise_event()
        self.assertEqual(["failed"] * 3, rows.mapped("state"))
        for contact in audience:
            contact.email = f"{contact.id}@example.com"
        rows.with_user(self.operator).action_replay()
        self.assertEqual(["queued"] * 3, rows.mapped("state"))
        self.assertEqual(audience.ids, rows.partner_id.ids)
        self.assertEqual(buyer, rows[2].customer_id)
        self.assertFalse((rows[0] | rows[1]).customer_id)

    def test_a_contact_that_became_a_customer_is_sent_theirs_again(self):
        contact = self._make_partner(name="Shop")
        model = self.env.registry["scrm.customer.import"]
        self.patch(model, "_notice_get_audience_followers", lambda r, rule: contact.with_env(r.env))
        self._make_rule("email", audience="followers")
        row = self._raise_event()
        contact.email = "shop@example.com"
        contact._scrm_ensure_identity()
        row.with_user(self.operator).action_replay()
        self.assertEqual(("queued", contact), (row.state, row.partner_id))

    def test_a_colleague_who_left_is_a_refused_row(self):
        self._make_rule("email", "inapp", audience="group", user_ids=self.steward.ids)
        self._make_rule("inapp", audience="responsible")
        (self.steward | self.operator).active = False
        rows = self._raise_event()
        self.assertEqual(self.steward | self.operator, rows.user_id)
        self.assertEqual(["failed"] * 2, rows.mapped("state"))
        self.assertEqual(["archived"] * 2, rows.mapped("reason"))
        self.assertIn("is archived", rows[0].error)
        rows.with_user(self.manager).action_replay()
        self.assertEqual(["failed"] * 2, rows.mapped("state"))
        self.assertFalse(rows.fallback_ids)
        (self.steward | self.operator).active = True
        rows.with_user(self.manager).action_replay()
        self.assertEqual(["queued"] * 2, rows.mapped("state"))

    def test_the_system_itself_is_told_nothing(self):
        self._make_rule("inapp", audience="responsible")
        record = self.env["scrm.customer.import"].create({"name": "by the system"})
        self.assertEqual(self.env.ref("base.user_root"), record._notice_get_responsible())
        self.assertFalse(self._raise_event(record))

    def test_a_record_without_followers_tells_nobody(self):
        self._make_rule(audience="followers")
        self.assertFalse(self._raise_event())

    def test_an_addon_brings_an_audience(self):
        other = self._make_customer("Mr Li", email="li@example.com")
        model = self.env.registry["scrm.customer.import"]
        self.patch(
            model,
            "_notice_get_audience_responsible",
            lambda r, rule: (self.customer | other).with_env(r.env),
        )
        self._make_rule(audience="responsible")
        self.assertEqual(self.customer | other, self._raise_event().customer_id)

    def test_not_more_than_once_in_some_hours(self):
        self._make_rule(min_hours=24)
        second = self._make_record("second.xls")
        third = self._make_record("third.xls")
        with freeze_time("2026-03-01 08:00:00"):
            self.assertEqual(1, len(self._raise_event(self.record | second)), "one event for both")
        with freeze_time("2026-03-02 07:59:00"):
            self.assertFalse(self._raise_event(second))
        with freeze_time("2026-03-02 08:01:00"):
            self.assertEqual(1, len(self._raise_event(third)))

    def test_what_did_not_arrive_does_not_count(self):
        self._make_rule(min_hours=24)
        row = self._raise_event()
        row.sudo().state = "failed"
        self.assertEqual(1, len(self._raise_event(self._make_record("second.xls"))))
