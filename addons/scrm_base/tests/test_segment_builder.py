from odoo.fields import Command, Domain
from odoo.tests import Form, tagged

from .segment_case import SegmentCase


@tagged("post_install", "-at_install")
class TestSegmentBuilder(SegmentCase):
    """Segments in other domains, and what the builder shows."""

    # === ASKING FOR IT === #

    def test_segments_in_any_domain(self):
        partner = self._make_partner(name="陈晓雨")
        partner._scrm_ensure_identity()
        customer = partner.scrm_customer_id
        segment = self._make_segment("Named rain", domain="[('name', 'like', '晓雨')]")
        other = self._make_segment("Named 李", domain="[('name', 'like', '李')]")
        Customer, Partner = self.env["scrm.customer"], self.env["res.partner"]
        ours = Domain("id", "in", (self.everybody | customer).ids)
        for leaf, expected in (
            (("segment_ids", "in", segment.ids), customer),
            (("segment_ids", "=", segment.id), customer),
            (("segment_ids", "not in", segment.ids), self.everybody),
            (("segment_ids", "in", (segment | other).ids), customer | self.li),
            (("segment_ids", "ilike", "rain"), customer),
            (("segment_ids.name", "=", "Named 李"), self.li),
            (("segment_ids", "=", False), self.chen | self.zhou),
            (("segment_ids", "!=", False), customer | self.li),
            (("segment_ids", "any", [("id", "=", segment.id)]), customer),
        ):
            with self.subTest(leaf=leaf):
                self.assertEqual(expected, Customer.search(ours & Domain(*leaf)))
        stranger = self._make_partner(name="Stranger")
        ours = Domain("id", "in", (partner | stranger).ids)
        for leaf, expected in (
            (("scrm_segment_ids", "in", segment.ids), partner),
            (("scrm_segment_ids", "not in", segment.ids), stranger),
            (("scrm_segment_ids", "ilike", "rain"), partner),
            (("scrm_segment_ids", "=", False), stranger),
            (("scrm_segment_ids", "!=", False), partner),
        ):
            with self.subTest(leaf=leaf):
                self.assertEqual(expected, Partner.search(ours & Domain(*leaf)))
        self.assertEqual(segment, partner.scrm_segment_ids)
        self.assertEqual(segment, customer.segment_ids)
        self.assertFalse(customer.with_company(self.company_other).segment_ids)

    # === THE BUILDER === #

    def test_the_form_counts_what_is_not_saved(self):
        self._set_figures(self.chen, order_count=5)
        women = self._make_segment("Women", domain="[('name', '=like', '%女士')]")
        with Form(self.Segment) as form:
            form.name = "Unsaved"
            self.assertEqual(3, form.preview_count)
            form.domain = "[('name', '=like', '%女士')]"
            self.assertEqual(2, form.preview_count)
            with form.condition_ids.new() as line:
                line.metric = "order_count"
                line.value = 5
            self.assertEqual(1, form.preview_count)
            form.exclude_ids.add(women)
            self.assertEqual(0, form.preview_count)
            form.exclude_ids.clear()
            form.domain = "[('no_such', '=', 1)]"
            self.assertIn("no_such", form.preview_error)
            form.domain = "[]"
            form.compare_id = women
            self.assertEqual(1, form.overlap_count)
        segment = form.record
        self.assertEqual(self.chen, self._get_members(segment))
        self.assertIn("陈女士", segment.sample)

    def test_each_number_opens_its_customers(self):
        women = self._make_segment("Women", domain="[('name', '=like', '%女士')]")
        segment = self._make_segment(domain="[('name', 'like', '陈')]", compare_id=women.id)
        Customer = self.env["scrm.customer"]
        for action, count in (
            (segment.action_view_members(), segment.member_count),
            (segment.action_view_preview(), segment.preview_count),
            (segment.action_view_overlap(), segment.overlap_count),
        ):
            self.assertEqual(1, count)
            self.assertEqual(self.chen, Customer.search(action["domain"]))

    def test_why_somebody_is_in(self):
        self._set_figures(self.chen, order_count=5)
        women = self._make_segment("Women", domain="[('name', '=like', '%女士')]")
        segment = self._make_segment(
            "Best",
            [
                {"metric": "order_count", "operator": ">=", "value": 3},
                {"metric": "last_ordered_on", "date_operator": "never"},
            ],
            domain="[('name', 'like', '陈'), ('kind', '=', 'person')]",
            include_ids=[Command.set(women.ids)],
        )
        rows = segment._explain(self.chen)
        self.assertEqual(
            [
                ("Orders at least 3.00", "5.00", True),
                ("Last Order never", "never", True),
                ("In Women", "is in it", True),
            ],
            [tuple(row.values()) for row in rows[2:]],
        )
        self.assertEqual(["陈女士", "person"], [row["actual"] for row in rows[:2]])
        self._set_figures(self.chen, order_count=1)
        self.assertEqual([False], [row["holds"] for row in segment._explain(self.chen)[2:3]])
        self.assertIn("陈女士", segment.member_ids.reasons)
        self.assertEqual("new", segment.member_ids.action_explain()["target"])
        segment.include_ids |= self._make_segment("Li", domain="[('name', 'like', '李')]")
        self.assertEqual(
            [("In one of Li, Women", "Women", True)],
            [tuple(row.values()) for row in segment._explain(self.chen)[4:]],
        )
