from datetime import date, datetime
from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from odoo.addons.scrm_base.tools.spreadsheet import CellError
from odoo.addons.scrm_settlement.tools.claim_amounts import (
    check_currency,
    find_currency,
    find_scale,
    parse_amount,
)
from odoo.addons.scrm_settlement.tools.claim_cells import (
    CellProblem,
    Code,
    fold,
    parse_code,
    parse_day,
    parse_number,
    strip_zeros,
)
from odoo.addons.scrm_settlement.tools.claim_rows import Layout, is_total, make_parser

# A busy machine is no fault of a strategy
BUSY = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def problem_of(row):
    # Outside the test case, whose missing environment a lazy text would ask for the language
    return str(row.problems[0][1])


FULL_WIDTH = str.maketrans("0123456789.,-()", "０１２３４５６７８９．，－（）")


@tagged("post_install", "-at_install")
class TestClaimCells(BaseCase):
    # === NUMBERS === #

    def test_worked_example_19_amounts(self):
        self.assertEqual("0.30", str(parse_amount(0.1 + 0.2)))
        self.assertEqual("-1234.50", str(parse_amount("（1,234.50）")))
        self.assertEqual("-1234.50", str(parse_amount("(1,234.50)")))

    def test_numbers_as_people_write_them(self):
        for text, number in (
            ("1234.5", "1234.5"),
            ("１，２３４．５０", "1234.5"),
            ("￥1,234.50", "1234.5"),
            ("¥ 1 234.50", "1234.5"),
            ("1,234.50-", "-1234.5"),
            ("1,234.50－", "-1234.5"),
            ("-￥88", "-88"),
            ("￥-88", "-88"),
            ("−12", "-12"),
            ("+12", "12"),
            ("1.2万", "12000"),
            ("1.2万元", "12000"),
            ("（1.5万）", "-15000"),
            ("3亿", "300000000"),
            ("100元", "100"),
            ("CNY 8,640.00", "8640"),
            ("8640 RMB", "8640"),
            ("1,2345,6789", "123456789"),
            ("13%", "0.13"),
            ("13％", "0.13"),
            (".5", "0.5"),
            ("1.2E+03", "1200"),
            ("'-5", "-5"),
        ):
            with self.subTest(text=text):
                self.assertEqual(Decimal(number), parse_number(text))

    def test_a_decimal_comma_is_chosen_never_guessed(self):
        self.assertEqual(Decimal("1234.5"), parse_number("1.234,50", decimal_comma=True))
        with self.assertRaises(CellProblem):
            parse_number("1.234,50")

    def test_nothing_is_none(self):
        for text in (None, "", "  ", "-", "—", "/"):
            self.assertIsNone(parse_number(text))
            self.assertIsNone(parse_day(text))

    def test_what_is_no_number(self):
        for cell in (
            "abc", "12a", "1,23.5", "1.2.3", "(5", "5)", "(-5)", "--5", "12万3千", ".", ",",
            True, date(2026, 11, 5), "1" * 14, Decimal("1E+20"), float("nan"), float("inf"),
        ):  # fmt: skip
            with self.subTest(cell=cell), self.assertRaises(CellProblem):
                parse_number(cell)

    def test_error_cells_say_which(self):
        for cell in (CellError("#N/A"), "#N/A"):
            for parse in (parse_number, parse_code, parse_day):
                with self.assertRaisesRegex(CellProblem, "#N/A"):
                    parse(cell)

    @BUSY
    @given(st.decimals(-(10**9), 10**9, places=2), st.booleans(), st.booleans(), st.booleans())
    def test_every_spelling_is_the_same_number(self, number, grouped, closed, full_width):
        text = format(abs(number), ",.2f" if grouped else ".2f")
        if number < 0:
            text = f"({text})" if closed else f"-{text}"
        if full_width:
            text = text.translate(FULL_WIDTH)
        self.assertEqual(number, parse_amount(text))

    @BUSY
    @given(st.integers(-(10**14), 10**14))
    def test_cents_survive_the_float(self, cents):
        number = Decimal(cents) / 100
        self.assertEqual(number, parse_amount(float(number)))

    # === CODES === #

    def test_codes_keep_their_text(self):
        self.assertEqual(Code("00123"), parse_code("00123"))
        self.assertEqual(Code("123", is_number=True), parse_code(Decimal(123)))
        self.assertEqual(Code("123", is_number=True), parse_code(123.0))
        self.assertEqual(Code("123", is_number=True), parse_code("123", is_text_file=True))
        self.assertFalse(parse_code("00123", is_text_file=True).is_number)
        self.assertIsNone(parse_code("  "))
        self.assertEqual(fold("PP-Ａ１"), fold(" pp-a1 "))
        self.assertEqual("123", strip_zeros("00123"))
        self.assertEqual("0", strip_zeros("000"))
        self.assertEqual("0a", strip_zeros("0a"))

    # === DAYS === #

    def test_worked_example_19_serials(self):
        self.assertEqual(date(1904, 1, 1), parse_day(0, dates_1904=True))
        self.assertEqual(date(1904, 1, 1), parse_day(Decimal(0), dates_1904=True))

    def test_serials(self):
        self.assertEqual(date(2026, 11, 5), parse_day(46331))
        self.assertEqual(date(2026, 11, 5), parse_day(46331.75))
        self.assertEqual(date(2026, 11, 5), parse_day(46331 - 1462, dates_1904=True))
        self.assertEqual(date(1900, 1, 1), parse_day(1))
        self.assertEqual(date(1900, 2, 28), parse_day(59))
        self.assertEqual(date(1900, 3, 1), parse_day(61))
        for impossible in (0, 60, -1, 3_000_000):
            with self.assertRaises(CellProblem):
                parse_day(impossible)

    def test_days_as_people_write_them(self):
        day = date(2026, 11, 5)
        for cell in (
            day, datetime(2026, 11, 5, 23, 59), Decimal(20261105), "20261105", "2026-11-05",
            "2026/11/5", "2026.11.5", "２０２６－１１－０５", "2026年11月5日", "2026年11月05号",
            "26年11月5日", "2026 年 11 月 5 日", "二〇二六年十一月五日", "2026-11-05 08:30",
            "2026-11-05T08:30:00", "46331",
        ):  # fmt: skip
            with self.subTest(cell=cell):
                self.assertEqual(day, parse_day(cell))
        self.assertEqual(date(2026, 12, 31), parse_day("二零二六年十二月三十一日"))
        self.assertEqual(date(2026, 10, 20), parse_day("二〇二六年十月二十日"))
        self.assertEqual(day, parse_day("11月5日", year=2026))
        self.assertEqual(day, parse_day("05/11/2026", order="dmy"))
        self.assertEqual(day, parse_day("11/05/2026", order="mdy"))

    def test_what_is_no_day(self):
        for cell in ("05/11/2026", "2026-13-01", "2026年2月30日", "soon", "11月5日", True):
            with self.subTest(cell=cell), self.assertRaises(CellProblem):
                parse_day(cell)

    @BUSY
    @given(st.dates(date(1904, 1, 1), date(2100, 1, 1)))
    def test_every_day_in_both_modes(self, day):
        serial = (day - date(1899, 12, 30)).days
        self.assertEqual(day, parse_day(serial))
        self.assertEqual(day, parse_day(serial - 1462, dates_1904=True))
        self.assertEqual(day, parse_day(f"{day:%Y}年{day.month}月{day.day}日"))

    @BUSY
    @given(st.text(max_size=20))
    def test_any_text_is_read_or_refused_with_a_sentence(self, text):
        for parse in (parse_number, parse_amount, parse_code, parse_day):
            try:
                parse(text)
            except CellProblem as problem:
                self.assertTrue(str(problem))

    # === ROWS === #

    def test_titles_are_found_by_their_synonyms(self):
        find = Layout().find_columns
        self.assertEqual(
            {"ref": 0, "code": 1, "date": 2, "quantity": 3, "amount": 4},
            find(["单据编号", "物料编码", "日 期", "数量（个）", "金额(元)"]),
        )
        self.assertEqual({"code": 1, "amount": 0}, find(["AMOUNT", "Item Code", None, 5]))
        own = Layout(titles={"amount": ("本期应返",)})
        self.assertEqual({"ref": 0, "amount": 2}, own.find_columns(["单号", "金额", "本期应返"]))

    def test_the_header_is_the_first_complete_row(self):
        layout = Layout()
        self.assertFalse(layout.is_header(1, ["结算单", None, None]))
        self.assertFalse(layout.is_header(2, ["金额", None]))
        self.assertTrue(layout.is_header(3, ["单号", "金额"]))
        self.assertFalse(layout.is_header(51, ["单号", "金额"]))
        self.assertTrue(Layout(header_row=7).is_header(7, ["x"]))

    def test_totals_are_no_claims(self):
        for first in ("合计", "合 计：", "小计", "Total", "TOTAL AMOUNT", "本页合计"):
            self.assertTrue(is_total([None, first, Decimal(5)], Layout().totals))
        for first in ("合计(大写)", "总计金额：", "合计3笔", "Totals", "小计 共12件"):
            self.assertTrue(is_total([first, None, Decimal(5)], Layout().totals, (0, 1)), first)
        self.assertFalse(is_total(["A-1", "合计"], Layout().totals))
        # “Total” is a make of oil
        for first in ("Total Quartz 5W40 oil", "TOTAL-5W40", "累计保养第3次", "Totalizer"):
            self.assertFalse(is_total([first, None, Decimal(5)], Layout().totals), first)
        # what names its source is a claim, whatever it is called
        self.assertFalse(is_total(["合计", "D-1", Decimal(5)], Layout().totals, (1,)))

    def test_an_amount_of_another_currency_is_a_problem(self):
        for text in ("US$100.00", "100 USD", "€100", "HK$ 100", "£100"):
            with self.subTest(text=text), self.assertRaises(CellProblem):
                parse_amount(text, currency="CNY")
        for text, currency in (
            ("￥100", "CNY"), ("¥100", "JPY"), ("RMB 100", "CNY"), ("100元", "CNY"),
            ("$100", "HKD"), ("US$100", "USD"), ("100", "EUR"),
        ):  # fmt: skip
            with self.subTest(text=text):
                self.assertEqual(100, parse_amount(text, currency=currency))

    def test_the_currency_of_a_cell(self):
        for text in (
            "CNY", "cny ", "RMB", "人民币", "￥", "元", "人民币（CNY）", "CNY 人民币", "CNY - ¥",
        ):  # fmt: skip
            with self.subTest(text=text):
                check_currency(text, "CNY")
        for text in ("USD", "美元", "US$", "$", "港币", "EUR", "欧元", "JPY", "日元", "THB", "泰铢",
                     Decimal(1), "美元/人民币"):  # fmt: skip
            with self.subTest(text=text), self.assertRaises(CellProblem):
                check_currency(text, "CNY")
        check_currency("$", "HKD")
        check_currency("THB", "THB")
        with self.assertRaisesRegex(CellProblem, "is no currency"):
            check_currency("x", "CNY")
        with self.assertRaisesRegex(CellProblem, "in another currency: 美元, but CNY"):
            check_currency("美元", "CNY")

    def test_a_column_of_currencies(self):
        for title in ("币种", "货币", "币别", "Currency", "Currency Code", "货币（代码）"):
            columns = Layout().find_columns(["单号", title, "金额"])
            self.assertEqual({"ref": 0, "currency": 1, "amount": 2}, columns, title)
        parse = make_parser(Layout(), columns, currency="CNY")
        self.assertFalse(parse(2, ("D-1", None, Decimal(5))).problems)
        self.assertFalse(parse(3, ("D-1", "人民币", Decimal(5))).problems)
        self.assertEqual([("currency",)], [p[:1] for p in parse(4, ("D-2", "USD", 5)).problems])
        # An empty cell repeats the one above it, as merged cells do
        self.assertIn("another currency", problem_of(parse(5, ("D-3", None, Decimal(5)))))
        self.assertFalse(parse(6, ("D-4", "CNY", Decimal(5))).problems)
        self.assertFalse(parse(7, ("D-5", None, Decimal(5))).problems)

    def test_the_currency_in_a_title(self):
        for title, currency in (
            ("金额（USD）", "USD"), ("Amount (usd)", "usd"), ("金额(美元)", "美元"),
            ("金额(￥)", "¥"), ("Amount (THB)", "THB"), ("金额(含税)(CHF)", "CHF"),
            ("结算金额(含税/人民币元)", "人民币元"), ("Amount (net, US dollar)", "US dollar"),
            ("金额", None), ("金额(含税)", None), ("Amount (net)", None), ("Amount (all)", None),
            ("Amount (VAT)", None), ("金额(万元)", "元"), ("金额(单位:万美元)", "美元"),
            ("Amount (USD million)", "USD"), ("Amount (in US dollar thousands)", "US dollar"),
            ("Amount (m)", None), ("金额()", None), (None, None),
        ):  # fmt: skip
            with self.subTest(title=title):
                self.assertEqual(currency, find_currency(title))

    def test_the_amount_in_the_currency_that_is_compared(self):
        for titles, currency, place in (
            (("金额(USD)", "金额(CNY)"), "CNY", 1), (("金额(USD)", "金额(CNY)"), "USD", 0),
            (("金额(USD)", "金额"), "CNY", 1), (("金额(万美元)", "结算金额(元)"), "CNY", 1),
            (("金额(元)", "金额(人民币)"), "CNY", 0), (("金额(USD)",), "CNY", 0),
            (("金额(USD)", "金额(CNY)"), "", 0),
        ):  # fmt: skip
            with self.subTest(titles=titles, currency=currency):
                self.assertEqual(place, Layout().find_columns(titles, currency)["amount"])

    def test_the_unit_in_a_title(self):
        for title, scale in (
            ("金额(万元)", 10_000), ("金额（单位：万元）", 10_000), ("金额(人民币万元)", 10_000),
            ("金额(含税/百万美元)", 1_000_000), ("金额千元", 1000), ("Amount (in thousands)", 1000),
            ("Amount (USD million)", 1_000_000), ("Amount (in USD million)", 1_000_000),
            ("Amount (RMB'000)", 1000), ("Amount (US$m)", 1_000_000), ("Amount (€ bn)", 10**9),
            ("Amount USD thousands", 1000), ("Length (m)", 1), ("金额(人民币/万)", 10_000),
            ("Amount (In thousands)", 1000), ("AMOUNT (IN USD MILLION)", 1_000_000),
            ("Amount (kUSD)", 1000), ("Bank", 1), ("Amount ('000)", 1000), ("金额(千)", 1000),
            ("金额(元)", 1), ("金额(千元以内)", 1), ("百货金额", 1), ("Stock", 1), ("金额", 1),
            (None, 1),
        ):  # fmt: skip
            with self.subTest(title=title):
                self.assertEqual(scale, find_scale(title))

    def test_amounts_in_ten_thousands(self):
        parse = make_parser(
            Layout(), {"ref": 0, "amount": 1}, ("单号", "金额(万元)"), currency="CNY"
        )
        for cell, amount in (
            (Decimal("1.234567"), "12345.67"), ("-0.5", "-5000.00"), ("1.2万", "12000.00"),
            (0.1, "1000.00"),
        ):  # fmt: skip
            row = parse(2, ("D-1", cell))
            self.assertEqual(((), Decimal(amount)), (row.problems, row.amount), cell)
        self.assertIn("too large", problem_of(parse(3, ("D-2", Decimal(10) ** 12))))

    def test_the_title_speaks_for_rows_that_name_no_currency(self):
        columns = {"ref": 0, "amount": 1}
        parse = make_parser(Layout(), columns, ("单号", "金额(USD)"), currency="CNY")
        self.assertEqual([("currency",)], [p[:1] for p in parse(2, ("D-1", Decimal(5))).problems])
        parse = make_parser(Layout(), columns, ("单号", "金额(USD)"), currency="USD")
        self.assertFalse(parse(2, ("D-1", Decimal(5))).problems)
        header = ("单号", "金额(USD)", "币种")
        parse = make_parser(Layout(), {**columns, "currency": 2}, header, currency="CNY")
        self.assertIn("another currency", problem_of(parse(2, ("D-1", Decimal(5), None))))
        self.assertFalse(parse(3, ("D-2", Decimal(5), "CNY")).problems)

    def test_a_row_with_an_error_keeps_what_can_be_read(self):
        parse = make_parser(Layout(), {"ref": 0, "quantity": 1, "amount": 2})
        row = parse(5, ("D-1", CellError("#N/A"), Decimal("7.005")))
        self.assertEqual([("quantity",)], [problem[:1] for problem in row.problems])
        self.assertEqual(Decimal("7.01"), row.amount)
        row = parse(6, ("D-1", Decimal(1), None))
        self.assertIn("missing", problem_of(row))
        row = parse(7, (None, Decimal(1), Decimal(1)))
        self.assertIn("nothing says", problem_of(row))
        row = parse(8, ("合计", None, Decimal(7)))
        self.assertEqual((True, Decimal(7)), (row.is_total, row.amount))
        self.assertFalse(parse(9, ("D-1", None, Decimal(7))).is_total)

    def test_signs_can_be_reversed(self):
        parse = make_parser(Layout(is_reversed=True), {"ref": 0, "quantity": 1, "amount": 2})
        row = parse(5, ("D-1", Decimal(2), Decimal(7)))
        self.assertEqual((Decimal(-2), Decimal(-7)), (row.quantity, row.amount))
