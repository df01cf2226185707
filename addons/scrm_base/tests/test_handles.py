from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from odoo.addons.scrm_base.tools.handles import (
    ID_TYPES,
    MAX_LENGTH,
    Handle,
    clean_text,
    mask,
    normalise_email,
    normalise_phone,
)

# A busy machine is no fault of the code's.
PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@tagged("post_install", "-at_install")
class TestHandles(BaseCase):
    def test_phones(self):
        for text, expected in [
            ("138 2600 1001", "+8613826001001"),
            ("13826001001", "+8613826001001"),
            ("+86 138-2600-1001", "+8613826001001"),
            ("008613826001001", "+8613826001001"),
            ("１３８２６００１００１", "+8613826001001"),
            ("0755-8888 1234", "+8675588881234"),
            ("+1 415 555 2671", "+14155552671"),
            ("0755-88881234 ext. 12", None),
            ("88881234", None),
            ("11111111111", None),
            ("无", None),
            # As WeChat and spreadsheets paste it: direction marks, zero-width and wide blanks.
            ("\u202d13826001001\u202c", "+8613826001001"),
            ("138\u200b2600\ufeff1001", "+8613826001001"),
            ("\u3000138 2600 1001\t", "+8613826001001"),
            ("＋86 138－2600－1001", "+8613826001001"),
            ("138\x002600\x001001", "+8613826001001"),
            ("1" * 10_000, None),
            (" " * 10_000 + "13826001001", None),
            ("\u200b" * 100, None),
            ("\ud800", None),
            ("", None),
            (None, None),
        ]:
            with self.subTest(text=text):
                self.assertEqual(expected, normalise_phone(text))

    def test_national_number_of_another_country(self):
        self.assertEqual("+14155552671", normalise_phone("415 555 2671", "US"))

    def test_emails(self):
        for text, expected in [
            (" Chen@Example.COM ", "chen@example.com"),
            ("chen@example", None),
            ("chen@example.com, li@example.com", None),
            ("Chen <chen@example.com>", None),
            ("n/a", None),
            ("ｃｈｅｎ＠ｅｘａｍｐｌｅ．ｃｏｍ", "chen@example.com"),
            ("chen\u200b@example.com\u202c", "chen@example.com"),
            ("ch\u0435n@example.com", None),  # a Cyrillic letter among Latin ones
            ("chen@ex\u03b1mple.com", None),  # a Greek one
            ("陈@例子.中国", "陈@例子.中国"),
            ("a" * 10_000 + "@example.com", None),
            ("chen@" + "a." * 5_000 + "com", None),
            ("chen@exa mple.com", None),
            (None, None),
        ]:
            with self.subTest(text=text):
                self.assertEqual(expected, normalise_email(text))

    def test_masks_leave_too_little_to_use(self):
        for id_type, value, expected in [
            ("phone", "+8613826001001", "+86138****1001"),
            ("email", "chen@example.com", "c***@example.com"),
            ("openid", "oABCDEFGH12345678", "oAB****5678"),
            ("card", "044-1", "****-1"),
            ("partner", "7", "7"),
            ("phone", "", ""),
        ]:
            with self.subTest(value=value):
                self.assertEqual(expected, mask(id_type, value))

    @PATIENT
    @given(st.sampled_from([t for t in ID_TYPES if t != "partner"]), st.text(min_size=1))
    def test_a_mask_never_shows_everything(self, id_type, value):
        self.assertNotIn(value, [mask(id_type, value)] if len(value) > 2 else [])

    @PATIENT
    @given(st.text())
    def test_normalising_never_fails_and_settles(self, text):
        for normalise in (normalise_phone, normalise_email):
            once = normalise(text)
            self.assertEqual(once, normalise(once))

    def test_a_handle_must_be_whole(self):
        for args in [
            ("fax", "pool:1", "1"),
            ("phone", "pool:1", "13826001001"),
            ("email", "pool:1", "Chen@Example.com"),
            ("openid", "", "o1"),
            ("openid", "oa:wx1", ""),
            ("openid", "oa:wx1", " o1"),
            ("openid", "oa:wx1", "o" * 10_000),
            ("openid", "oa:wx1", "o\x001"),
            ("card", "pool:1", "44\u200b1"),
        ]:
            with self.subTest(args=args), self.assertRaises(ValueError):
                Handle(*args)

    def test_provider_ids_keep_their_letters(self):
        self.assertEqual("oAbC", Handle("openid", "oa:wx1", "oAbC").value)

    @PATIENT
    @given(st.text(max_size=600), st.integers(1, 300))
    def test_cleaned_text_can_be_stored_and_settles(self, text, limit):
        once = clean_text(text, limit)
        self.assertLessEqual(len(once), limit)
        self.assertNotIn("\x00", once)
        once.encode()
        self.assertEqual(once, clean_text(once, limit))

    @PATIENT
    @given(st.text(max_size=300))
    def test_what_is_normalised_makes_a_handle(self, text):
        for id_type, value in (("phone", normalise_phone(text)), ("email", normalise_email(text))):
            if value:
                self.assertEqual(value, Handle(id_type, "pool:1", value).value)
                self.assertLessEqual(len(value), MAX_LENGTH)
