from hypothesis import given
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..tools.names import normalise_name, split_name


@tagged("post_install", "-at_install")
class TestNames(BaseCase):
    def test_worked_examples(self):
        for written, expected, parts in (
            ("王小明", "王小明", ("王", "小明")),
            (" 王 小明 先生", "王小明", ("王", "小明")),
            ("欧阳娜娜 女士", "欧阳娜娜", ("欧阳", "娜娜")),
            ("欧阳", "欧阳", ("欧", "阳")),
            ("张伟（老客户）", "张伟", ("张", "伟")),
            ("佛山市清源净水设备有限公司", "佛山市清源净水设备", ("", "")),
            ("阿·买买提", "阿·买买提", ("", "")),
            ("Mr. John  SMITH", "john smith", ("smith", "john")),
            ("Smith, John", "john smith", ("smith", "john")),
            ("O'Neill, Anne", "anne oneill", ("oneill", "anne")),
            ("Acme Trading Co., Ltd.", "acme trading", ("trading", "acme")),
        ):
            with self.subTest(written):
                self.assertEqual(expected, normalise_name(written))
                self.assertEqual(parts, split_name(expected))

    def test_what_names_nobody(self):
        for written in (None, "", "  ", "王先生", "李总", "138****1234", "***"):
            self.assertIsNone(normalise_name(written), written)
        self.assertEqual(("", ""), split_name(None))

    @given(st.text())
    def test_any_text_has_a_name_or_none(self, text):
        name = normalise_name(text)
        self.assertTrue(name is None or name.strip() == name != "")
        surname, given_name = split_name(name)
        self.assertEqual(bool(surname), bool(given_name) or surname == name)

    @given(st.text(alphabet="王李张欧阳小明伟娜", min_size=2, max_size=4))
    def test_a_chinese_name_falls_into_two_parts(self, name):
        self.assertEqual(name, normalise_name(name))
        self.assertEqual(name, "".join(split_name(name)))
