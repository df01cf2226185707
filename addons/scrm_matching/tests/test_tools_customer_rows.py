from odoo.tests import BaseCase, tagged

from ..tools.calibration import lowest_precision
from ..tools.customer_rows import CUSTOMERS, email_local, normalise_city, phone_digits, prepare
from ..tools.plan import fingerprint, keys_of


@tagged("post_install", "-at_install")
class TestCustomerRows(BaseCase):
    def test_phone(self):
        self.assertEqual("8613826001001", phone_digits("+86 138-2600-1001"))
        self.assertEqual("13826001001", phone_digits("１３８２６００１００１"))
        for nobody in (None, "", "10086", "13800138000", "00000000", "12345678"):
            self.assertIsNone(phone_digits(nobody), nobody)

    def test_email_local(self):
        self.assertEqual("wang.xm", email_local("Wang.XM+shop@qq.com"))
        for office in (None, "", "info@acme.cn", "kefu@acme.cn", "ab@qq.com"):
            self.assertIsNone(email_local(office), office)

    def test_city(self):
        self.assertEqual("佛山", normalise_city(" 佛山 市"))
        self.assertEqual("沙市", normalise_city("沙市"))
        self.assertIsNone(normalise_city(" "))

    def test_row(self):
        row = prepare(
            7, "person", "王小明 先生", ["+8613826001001", "13826001001"], ["Wang@QQ.com"], "佛山市"
        )
        self.assertEqual(
            {
                "kind": "person",
                "name": "王小明",
                "given": "小明",
                "phones": ("13826001001", "8613826001001"),
                "phone_tails": ("26001001",),
                "emails": ("wang@qq.com",),
                "email_locals": ("wang",),
                "city": "佛山",
            },
            row.values,
        )
        # One key each for name, tail, mailbox, and given name with city.
        self.assertEqual(4, len(list(keys_of(row, CUSTOMERS))))

    def test_persons_and_organisations_share_no_key(self):
        card = ("清源", ["13826001001"], ["shop@qy.cn"], "佛山")
        person, firm = (prepare(1, kind, *card) for kind in ("person", "organisation"))
        self.assertFalse(set(keys_of(person, CUSTOMERS)) & set(keys_of(firm, CUSTOMERS)))

    def test_keys_hold_no_personal_data(self):
        row = prepare(1, "person", "王小明", ["13826001001"], ["wang@qq.com"], "佛山")
        for key in keys_of(row, CUSTOMERS):
            self.assertRegex(key, r"^[0-9a-f]{16}$")

    def test_fingerprint_follows_what_is_compared(self):
        row, same, moved = (
            prepare(id_, "person", "王小明", [], [], city)
            for id_, city in ((1, "佛山"), (2, "佛山市"), (3, "广州"))
        )
        self.assertEqual(fingerprint(row), fingerprint(same))
        self.assertNotEqual(fingerprint(row), fingerprint(moved))

    def test_lowest_precision(self):
        self.assertEqual(0.0, lowest_precision(0, 0))
        self.assertAlmostEqual(0.9812, lowest_precision(200, 200), 4)
        self.assertLess(lowest_precision(10, 10), 0.75)
