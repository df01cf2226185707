"""A member's tier follows from the ledger, and says why."""

from datetime import timedelta

from odoo import fields
from odoo.exceptions import ValidationError
from odoo.tests import freeze_time, tagged
from odoo.tools import SQL

from .common import LoyaltyCase

CACHES = ["active", "tier_id", "qualifying", "window_from", "valid_until", "review_on"]


@tagged("post_install", "-at_install")
class TestTier(LoyaltyCase):
    def _read_caches(self, memberships):
        return {m.id: [m[name] for name in CACHES] for m in memberships}

    def _review(self):
        """Run the nightly job, as the scheduler does."""
        with self.enter_registry_test_mode():
            self.env.ref("scrm_loyalty.ir_cron_review_memberships").method_direct_trigger()

    # === JOINING === #

    def test_a_card_makes_a_member(self):
        self._make_card()
        membership = self._get_membership()
        self.assertEqual((self.group, self.basic), (membership.tier_group_id, membership.tier_id))
        self.assertEqual("member", self.partner.scrm_customer_id.stage_id.code)
        move = membership.move_ids
        self.assertEqual(("initial", self.basic), (move.kind, move.to_tier_id))

    def test_the_first_order_makes_a_member(self):
        self._make_order(10)
        self.assertEqual(self.basic, self._get_membership().tier_id)
        self.assertEqual("member", self.partner.scrm_customer_id.stage_id.code)

    def test_a_fan_does_not_fall_back_to_member(self):
        self.partner._scrm_ensure_identity().customer_id._set_stage("fan", "Brings others")
        self._make_card()
        self.assertEqual("fan", self.partner.scrm_customer_id.stage_id.code)

    def test_a_programme_without_tiers_has_members_too(self):
        self.group.active = False
        self._make_card()
        self.assertEqual("member", self.partner.scrm_customer_id.stage_id.code)
        self.assertFalse(self._get_membership())

    def test_our_own_staff_and_visitors_collect_but_do_not_join(self):
        staff = self._make_user("staff").partner_id
        for partner in (staff, self.env.ref("base.public_partner")):
            card = self._make_card(partner, points=5)
            self.assertFalse(card.scrm_identity_id)
            self.assertEqual(5, card.scrm_entry_ids.points)

    def test_a_delivery_address_collects_for_its_company(self):
        firm = self._make_partner(name="Firm", is_company=True)
        address = self._make_partner(name="Store", type="delivery", parent_id=firm.id)
        self._make_order(2500, firm)
        self._make_order(500, address)
        membership = self._get_membership(firm)
        self.assertEqual(3000, membership.qualifying_points)
        self.assertEqual(600, self._get_card(address).points, "500 at Silver's 1.2")

    def test_a_card_that_changes_hands_takes_its_points_along(self):
        self._make_order(2500)
        other = self._make_partner(name="Wang")
        self._get_card().partner_id = other
        self.assertEqual(self.silver, self._get_membership(other).tier_id)
        self.assertEqual(
            (self.basic, 0), (self._get_membership().tier_id, self._get_membership().qualifying)
        )

    # === UPGRADE === #

    @freeze_time("2026-11-22 04:00:00")
    def test_upgrade_with_its_reason(self):
        self._make_order(1438)
        self.assertEqual(self.basic, self._get_membership().tier_id)
        order = self._make_order(655)
        membership = self._get_membership()
        self.assertEqual(self.silver, membership.tier_id)
        self.assertEqual(2093, membership.qualifying_points)
        self.assertEqual(self.gold, membership.next_tier_id)
        self.assertEqual(5907, membership.points_to_next)
        move = membership.move_ids[:1]
        self.assertEqual(
            ("upgrade", self.basic, self.silver), (move.kind, move.from_tier_id, move.to_tier_id)
        )
        self.assertEqual(
            "2,093 qualifying points from 11/22/2025 to 11/22/2026 reach the 2,000 of Silver. "
            f"Decided by {order.name}.",
            move.reason,
        )
        told = self.partner.scrm_customer_id.interaction_ids.filtered(lambda i: i.kind == "tier")
        self.assertIn(f"Basic → Silver. {move.reason}", told.mapped("summary"))
        self.assertEqual("sale.order", move.action_open_source()["res_model"])

    def test_the_customer_is_told_once(self):
        rule = self.env.ref("scrm_loyalty.notice_rule_tier_upgrade")
        self._make_order(2500)
        self._make_order(10)
        rows = self.env["scrm.outbox"].search([("rule_id", "=", rule.id)])
        self.assertEqual(["Welcome to Silver"], rows.mapped("subject"))
        self.assertEqual(self.partner.scrm_customer_id, rows.customer_id)
        self.assertIn("2,500 qualifying points", rows.body)
        self.assertEqual("queued", rows.state)

    def test_the_tier_multiplies_the_next_order_not_this_one(self):
        lifting = self._make_order(2000)
        self.assertFalse(lifting.coupon_point_ids.scrm_tier_id)
        order = self._make_order(299.9, confirm=False)
        self.assertEqual(self.silver, order.scrm_tier_id)
        order._update_programs_and_rewards()
        self.assertEqual(
            f"359.88 {self.program.portal_point_name} = 299.90 × 1.2 (Silver)",
            order.scrm_points_reason,
        )
        order.action_confirm()
        self.assertEqual(2359.88, self._get_card().points)
        self.assertEqual(
            [("earn", 299.9), ("tier_bonus", 59.98)],
            self._get_entries(res_id=order.id, currency="redeemable"),
        )
        self.assertEqual(
            [("earn", 299.9)], self._get_entries(res_id=order.id, currency="qualifying")
        )
        self.assertEqual(2299.9, self._get_membership().qualifying_points)

    def test_the_bonus_goes_with_the_cancelled_order(self):
        self._make_order(2000)
        order = self._make_order(299.9)
        order._action_cancel()
        self.assertEqual(2000, self._get_card().points)
        self.assertEqual(2000, self._get_membership().qualifying_points)
        self.assertLedgerEqualsBalances()

    def test_a_cancelled_order_takes_its_tier_back(self):
        order = self._make_order(2500)
        order._action_cancel()
        membership = self._get_membership()
        self.assertEqual((self.basic, 0), (membership.tier_id, membership.qualifying))
        self.assertEqual("downgrade", membership.move_ids[:1].kind)
        self.assertIn("below the 2,000 of Silver", membership.move_ids[:1].reason)

    def test_spending_demotes_nobody(self):
        card = self._make_card()
        self._make_order(2500)
        card.points = 0
        self.assertEqual(self.silver, self._get_membership().tier_id)

    # === THE WINDOW === #

    def test_the_window_moves_on(self):
        with freeze_time("2025-11-10 04:00:00"):
            self._make_order(2500)
        membership = self._get_membership()
        self.assertEqual(fields.Date.to_date("2026-11-30"), membership.valid_until)
        self.assertEqual(fields.Date.to_date("2026-11-11"), membership.review_on)
        with freeze_time("2026-11-10 15:59:00"):
            self._review()
        self.assertEqual((self.silver, 2500_00), (membership.tier_id, membership.qualifying))
        # 16:00 UTC is midnight in Shanghai: the points are gone, the tier is kept
        with freeze_time("2026-11-10 16:00:00"):
            self._review()
        self.assertEqual((self.silver, 0), (membership.tier_id, membership.qualifying))
        with freeze_time("2026-11-30 16:00:00"):
            self._review()
        self.assertEqual(self.basic, membership.tier_id)
        self.assertEqual("downgrade", membership.move_ids[:1].kind)
        self.assertFalse(membership.review_on)

    def test_a_tier_that_has_run_out_gives_nothing_before_the_nightly_look(self):
        with freeze_time("2025-11-10 04:00:00"):
            self._make_order(2500)
        with freeze_time("2026-12-01 04:00:00"):
            order = self._make_order(100)
            self.assertEqual(
                [("earn", 100.0)], self._get_entries(res_id=order.id, currency="redeemable")
            )
            self.assertEqual(self.basic, self._get_membership().tier_id)

    def test_a_new_ladder_reaches_all_members(self):
        self._make_order(1500)
        membership = self._get_membership()
        self.silver.threshold = 1000
        self.assertTrue(membership.dirty)
        self._review()
        self.assertEqual((self.silver, False), (membership.tier_id, membership.dirty))
        self.assertIn("reach the 1,000 of Silver", membership.move_ids[:1].reason)

    # === CACHES === #

    def test_a_rebuild_makes_the_same_caches(self):
        with freeze_time(fields.Datetime.now() - timedelta(days=200)):
            self._make_order(3000)
        self._make_order(700)._action_cancel()
        self._make_order(6000)
        self._make_order(100, self._make_partner(name="Wang"))
        memberships = self.group._get_memberships()
        self.assertEqual(2, len(memberships))
        before, moves = self._read_caches(memberships), len(memberships.move_ids)
        self.env.flush_all()
        self.env.execute_query(
            SQL(
                "UPDATE scrm_loyalty_membership SET tier_id = NULL, qualifying = 7,"
                " window_from = NULL, valid_until = NULL, review_on = NULL"
                " WHERE id IN %s RETURNING id",
                tuple(memberships.ids),
            )
        )
        memberships.invalidate_recordset()
        memberships._evaluate()
        self.assertEqual(before, self._read_caches(memberships))
        self.assertEqual(moves, len(memberships.move_ids), "a rebuild is no step")

    def test_many_members_cost_as_few_queries_as_one(self):
        partners = [self._make_partner(name=f"Member {n}") for n in range(12)]
        for partner in partners:
            self._make_card(partner)
        memberships = self.group._get_memberships()
        self.env.flush_all()

        def count(records):
            self.env.invalidate_all()
            start = self.cr.sql_log_count
            records._evaluate()
            self.env.flush_all()
            return self.cr.sql_log_count - start

        count(memberships[:1])
        self.assertEqual(count(memberships[:2]), count(memberships[2:]))

    # === ONE CUSTOMER OR TWO === #

    def test_two_customers_who_are_one_have_one_tier(self):
        wang = self._make_partner(name="Wang")
        self._make_order(1500)
        self._make_order(900, wang)
        first, second = self._get_membership(), self._get_membership(wang)
        link = self.partner._scrm_ensure_identity()._attach(
            wang._scrm_ensure_identity(), rule="stated_in_chat"
        )
        self.assertEqual([True, False], [first.active, second.active])
        self.assertEqual((self.silver, 2400), (first.tier_id, first.qualifying_points))
        self.assertEqual(1500, self._get_card().points, "points stay on their cards")
        link.action_undo()
        self.assertEqual([True, True], [first.active, second.active])
        self.assertEqual((self.basic, 1500), (first.tier_id, first.qualifying_points))
        self.assertEqual((self.basic, 900), (second.tier_id, second.qualifying_points))

    def test_cores_merge_of_contacts_keeps_the_sums(self):
        wang = self._make_partner(name="Wang")
        self._make_order(1500)
        self._make_order(900, wang)
        cards = self._get_card() | self._get_card(wang)
        self.env["base.partner.merge.automatic.wizard"]._merge(
            (self.partner | wang).ids, self.partner
        )
        self.assertEqual(2400, sum(cards.mapped("points")))
        self.assertEqual(2400, self._get_card().points)
        self.assertLedgerEqualsBalances()
        self.assertEqual(
            (self.silver, 2400),
            (self._get_membership().tier_id, self._get_membership().qualifying_points),
        )

    # === CONFIGURATION === #

    def test_a_ladder_stands_on_a_members_programme_of_a_company(self):
        coupons = self.env["loyalty.program"].create(
            {"name": "Coupons", "program_type": "coupons", "company_id": self.company.id}
        )
        everywhere = self._make_program("Everywhere", self.company)
        everywhere.company_id = False
        for program in (coupons, everywhere):
            with self.assertRaises(ValidationError):
                self.env["scrm.loyalty.tier.group"].create({"name": "X", "program_id": program.id})

    def test_existing_cards_are_enrolled(self):
        program = self._make_program("Second", self.company)
        card = self.env["loyalty.card"].create(
            {"program_id": program.id, "partner_id": self.partner.id, "points": 77}
        )
        group = self.env["scrm.loyalty.tier.group"].create(
            {"name": "Second", "program_id": program.id, "tier_ids": [(0, 0, {"name": "One"})]}
        )
        self.assertFalse(card.scrm_membership_id)
        group.action_enroll()
        self.assertEqual(group.tier_ids, card.scrm_membership_id.tier_id)

    def test_a_card_without_an_owner_is_nobodys(self):
        self._make_order(2500)
        card = self._get_card()
        card.partner_id = False
        self.assertFalse(card.scrm_customer_id)
        self.assertEqual(0, self._get_membership().qualifying)
