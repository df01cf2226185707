from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..tools.content import digest, document_type

numbers = st.decimals(-(10**9), 10**9, places=6)
rows = st.lists(
    st.fixed_dictionaries({"id": st.integers(1, 10**6), "quantity": numbers, "price": numbers}),
    unique_by=lambda row: row["id"],
    min_size=1,
    max_size=8,
)
# A busy machine is no fault of the function
patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@tagged("post_install", "-at_install")
class TestContent(BaseCase):
    def test_documents(self):
        self.assertEqual("in_invoice", document_type("vendor_bill", False))
        self.assertEqual("in_refund", document_type("vendor_bill", True))
        self.assertEqual("out_refund", document_type("customer_credit_note", False))
        self.assertEqual("out_invoice", document_type("customer_credit_note", True))
        self.assertEqual("out_invoice", document_type("customer_invoice", False))
        self.assertEqual("out_refund", document_type("customer_invoice", True))

    @patient
    @given(rows, st.randoms())
    def test_order_and_trailing_zeros_do_not_matter(self, lines, random):
        shuffled = [{**line, "price": line["price"] + Decimal("0.000000000")} for line in lines]
        random.shuffle(shuffled)
        self.assertEqual(digest({"company": 1}, lines), digest({"company": 1}, shuffled))

    @patient
    @given(rows, st.integers(0, 7), st.sampled_from(("id", "quantity", "price")))
    def test_every_change_is_seen(self, lines, position, name):
        position %= len(lines)
        changed = [dict(line) for line in lines]
        changed[position][name] += Decimal("0.000001") if name != "id" else 10**7
        self.assertNotEqual(digest({}, lines), digest({}, changed))
        self.assertNotEqual(digest({}, lines), digest({}, lines[1:]))
        self.assertNotEqual(digest({"company": 1}, lines), digest({"company": 2}, lines))
