from datetime import datetime, timedelta

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import ScrmCase


@tagged("post_install", "-at_install")
class TestTimelinePage(ScrmCase):
    """The timeline is read page by page, with the reader's rights."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer = cls._make_customer("陈女士", "13826001001")
        cls.identity = cls.customer.identity_ids
        cls.viewer = cls._make_user("viewer", "scrm_base.group_scrm_base_viewer")
        cls.operator = cls._make_user("operator", "scrm_base.group_scrm_base_operator")

    def _record(self, count, kind="note", summary="Note %s", at=None, **vals):
        start = self.env["scrm.interaction"].search_count([])
        self.env["scrm.interaction"]._record(
            [
                {
                    "identity_id": self.identity.id,
                    "kind": kind,
                    "summary": summary % i if "%s" in summary else summary,
                    "dedupe_key": f"test:{start + i}",
                    "occurred_at": at(i) if at else None,
                    "company_id": self.company.id,
                    **vals,
                }
                for i in range(count)
            ]
        )

    def _read(self, user=None, customer=None, **params):
        Interaction = self.env["scrm.interaction"].with_user(user or self.viewer)
        return Interaction.read_timeline((customer or self.customer).id, **params)

    def _read_all(self, limit):
        entries, before_id = [], False
        while True:
            page = self._read(before_id=before_id, limit=limit)
            entries += page["entries"]
            if not page["has_more"]:
                return entries
            before_id = entries[-1]["id"]

    def test_pages_cover_everything_once_and_in_order(self):
        base = datetime(2026, 5, 1, 8, 0, 0)
        # Of the same second, the same microsecond, and in an order that is not that of the ids.
        moments = [base, base, base + timedelta(microseconds=500), base + timedelta(microseconds=7)]
        self._record(23, at=lambda i: moments[i % 4] - timedelta(seconds=i // 8))
        rows = self.env["scrm.interaction"].search([("customer_id", "=", self.customer.id)])
        self.env.cr.execute(
            "SELECT id FROM scrm_interaction WHERE customer_id = %s"
            " ORDER BY occurred_at DESC, id DESC",
            [self.customer.id],
        )
        expected = [row[0] for row in self.env.cr.fetchall()]
        self.assertEqual(len(rows), len(expected))
        for limit in (1, 3, 22, 23, 100):
            with self.subTest(limit=limit):
                self.assertEqual(expected, [entry["id"] for entry in self._read_all(limit)])

    def test_what_happens_meanwhile_moves_no_page(self):
        self._record(4)
        first = self._read(limit=2)
        self._record(3)
        second = self._read(limit=2, before_id=first["entries"][-1]["id"])
        ids = [entry["id"] for entry in first["entries"] + second["entries"]]
        self.assertEqual(4, len(set(ids)))
        self.assertFalse(second["has_more"])

    def test_groups_and_words_filter(self):
        self._record(2)
        self._record(1, kind="order", summary="Order S1 confirmed")
        self._record(1, kind="message_in", summary="<b>滤芯</b>怎么换?")
        page = self._read()
        self.assertEqual(
            [("orders", 1), ("messages", 1), ("notes", 2)],
            [(group["key"], group["count"]) for group in page["groups"]],
        )
        orders = self._read(groups=["orders", "messages"])["entries"]
        self.assertEqual({"order", "message_in"}, {entry["kind"] for entry in orders})
        (found,) = self._read(text="滤芯")["entries"]
        self.assertEqual("<b>滤芯</b>怎么换?", found["summary"])
        self.assertFalse(self._read(groups=["orders"], text="滤芯")["entries"])
        self.assertFalse(self._read(groups=["nothing"])["entries"])

    def test_an_entry_says_who_and_what_can_be_opened(self):
        partner = self._make_partner(name="陈女士")
        self._record(1, record=partner, user_id=self.operator.id)
        self._record(1, user_id=self.env.ref("base.user_root").id)
        by_system, by_operator = self._read()["entries"]
        self.assertEqual((self.operator.name, True), (by_operator["user"], by_operator["can_open"]))
        self.assertEqual(("", False), (by_system["user"], by_system["can_open"]))
        self.assertEqual("", by_system["company"])

    def test_a_company_reads_its_own(self):
        sister = self.env["res.company"].create({"name": "Sister", "scrm_pool_id": self.pool.id})
        self._record(1)
        self._record(1, company_id=sister.id)
        self.assertEqual(1, len(self._read()["entries"]))
        both = self._make_user("both", "scrm_base.group_scrm_base_viewer")
        both.company_ids |= sister
        Interaction = self.env["scrm.interaction"].with_user(both)
        page = Interaction.with_context(
            allowed_company_ids=(self.company | sister).ids
        ).read_timeline(self.customer.id)
        self.assertEqual(
            {self.company.name, "Sister"}, {entry["company"] for entry in page["entries"]}
        )
        self.assertEqual(2, page["groups"][0]["count"])

    def test_nobody_else_reads_or_writes(self):
        stranger = self._make_user(
            "stranger", "scrm_base.group_scrm_base_operator", company=self.company_other
        )
        nobody = self._make_user("nobody")
        self._record(1)
        page = self._read(user=stranger)
        self.assertEqual(([], []), (page["entries"], page["groups"]))
        with self.assertRaises(AccessError):
            self._read(user=nobody)
        for user in (stranger, nobody):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.env["scrm.interaction"].with_user(user).add_note(self.customer.id, "Hi")
        # another customer's entry is no place to go on from
        other = self._make_customer("李先生", "13826001002")
        entry = self._read()["entries"][0]["id"]
        self._record(1, identity_id=other.identity_ids.id)
        self.assertFalse(self._read(customer=other, before_id=entry)["entries"])

    def test_an_operator_writes_a_note(self):
        Interaction = self.env["scrm.interaction"]
        self.assertFalse(self._read()["can_note"])
        self.assertTrue(self._read(user=self.operator)["can_note"])
        with self.assertRaises(AccessError):
            Interaction.with_user(self.viewer).add_note(self.customer.id, "Called")
        for text in ("", "  \n", "x" * 1001):
            with self.subTest(text=text[:3]), self.assertRaises(UserError):
                Interaction.with_user(self.operator).add_note(self.customer.id, text)
        for _twice in range(2):
            Interaction.with_user(self.operator).add_note(self.customer.id, " 电话里说周末在家 ")
        first, second = self._read()["entries"]
        self.assertEqual("电话里说周末在家", first["summary"])
        self.assertEqual(("note", self.operator.name), (first["kind"], first["user"]))
        self.assertEqual(self.company, Interaction.browse(second["id"]).company_id)

    def test_no_note_in_a_company_of_another_pool(self):
        self.operator.company_ids |= self.company_other
        Interaction = self.env["scrm.interaction"].with_user(self.operator)
        elsewhere = Interaction.with_context(
            allowed_company_ids=(self.company_other | self.company).ids
        )
        with self.assertRaises(UserError):
            elsewhere.add_note(self.customer.id, "Called")

    def test_every_kind_has_a_group(self):
        groups = self.env["scrm.interaction"]._timeline_get_groups()
        for kind in self.env["scrm.interaction"]._fields["kind"].get_values(self.env):
            self.assertIn(self.env["scrm.interaction"]._timeline_get_look(kind)[0], groups)
