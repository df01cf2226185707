from datetime import date, datetime

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import PREPARER
from .twins_case import OCTOBER, TwinsCase


@tagged("post_install", "-at_install")
class TestTwins(TwinsCase):
    """A dealer's claim that was settled without its source, and the source that arrives later."""

    # === THE SOURCE COMES SECOND === #

    def test_claimed_in_october_and_delivered_in_november_is_not_paid_twice(self):
        move = self._deliver()
        claim = self._settled_claim(move)
        line = self._pull()
        self.assertEqual("held", line.state)
        exception = self._get_open()
        self.assertRecordValues(
            exception,
            [
                {
                    "name": line.name,
                    "source_model": line._name,
                    "source_id": line.id,
                    "origin_line_id": claim.id,
                    "quantity": 10,
                    "origin_quantity": 10,
                    "origin_amount": 1000,
                    "partner_id": self.dealer.id,
                }
            ],
        )
        with self.assertRaisesRegex(UserError, "1 sources wait in the list of exceptions"):
            self._generate_month()
        exception.action_same()
        self.assertEqual(("covered", claim), (line.state, line.twin_line_id))
        with self.assertRaisesRegex(UserError, "settle"):
            self._generate_month()
        self.assertFalse(self._pull())

    def test_what_another_line_settles_counts_once(self):
        claim = self._settled_claim(self._deliver())
        line = self._pull()
        self._get_open().action_same()
        self.env.flush_all()
        report = self.env["scrm.settlement.report"].with_user(self.reviewer)
        [(amount, quantity)] = report._read_group(
            [("line_id", "in", (claim + line).ids)], [], ["amount:sum", "quantity:sum"]
        )
        self.assertEqual((1000, 10), (amount, quantity))

    def test_another_delivery_is_paid(self):
        claim = self._settled_claim(self._deliver())
        line = self._pull()
        self._get_open().action_another()
        self.assertEqual("pending", line.state)
        self.assertEqual(line, self._generate_month().line_ids)
        line.statement_id.with_user(self.preparer).action_cancel()
        self.assertEqual(line, self._generate_month().line_ids, "the decision stays")
        self.assertEqual("claimed", claim.state)

    def test_the_same_two_are_asked_about_once(self):
        claim = self._settled_claim(self._deliver())
        line = self._pull()
        self._get_open().action_another()
        self._generate_month()
        claim.statement_id.with_user(self.preparer).action_cancel()
        self.assertEqual(claim, self._generate_month(10).line_ids)
        self.assertEqual("claimed", line.state)

    def test_the_number_of_another_document_of_ours_is_another_delivery(self):
        other = self._order(3).picking_ids
        claim = self._claim(f" {other.name.lower()}")
        self._deliver()
        self.assertEqual("pending", self._pull().state)
        self._complete(other.move_ids, 3, datetime(2027, 3, 5, 4))
        line = self._pull()
        self.assertEqual(("held", claim), (line.state, line.twin_line_id), "far, but named")

    def test_a_number_of_the_dealers_own_holds_what_is_near(self):
        claim = self._claim("XX/404")
        self._generate_month(10)
        line = self._fetch(10, 5)
        self.assertEqual(("held", claim), (line.state, line.twin_line_id))

    def test_the_number_of_another_dealers_document_is_the_dealers_own(self):
        theirs = self._order(3, partner=self._make_partner(name="Somebody", is_company=True))
        self._claim(theirs.picking_ids.name)
        self.assertEqual("held", self._fetch(10, 5).state)

    def test_the_number_that_an_order_names_is_known(self):
        self._order(3, client_order_ref="PO-8")
        self._claim("PO-8")
        self.assertEqual("pending", self._fetch(10, 5).state)

    def test_references_are_compared_as_people_write_them(self):
        move = self._deliver()
        spelled = " " + move.picking_id.name.lower().replace("/", "／")
        self._claim(spelled)
        self.assertEqual("held", self._pull().state)

    def test_lines_that_no_row_or_dispute_made_are_no_claims(self):
        move = self._deliver()
        self._record(
            {
                "source_type": "import",
                "source_id": move.id,
                "product_id": self.goods.id,
                "quantity": 10,
            }
        )
        self.assertEqual("pending", self._pull().state)

    def test_another_product_of_the_same_delivery_is_paid(self):
        move = self._deliver()
        record = self._compare([move.picking_id.name, "B-7", date(2026, 10, 20), 1, 100], **OCTOBER)
        record.line_ids._accept(self.part_2, 1)
        self.assertEqual("pending", self._pull().state)

    def test_a_claim_without_a_reference_holds_what_is_near_until_it_is_answered(self):
        self._claim("")
        self._generate_month(10)
        first = self._fetch(6, 5)
        late = self._fetch(5, 28, 12)
        self.assertEqual(("held", "pending"), (first.state, late.state), "60 days and no more")
        self._get_open().action_same()
        second = self._fetch(4, 9)
        self.assertEqual("held", second.state, "four of ten are not delivered yet")
        self._get_open().action_same()
        third = self._fetch(1, 10)
        self.assertEqual("pending", third.state, "the claim is answered in full")

    def test_a_claim_without_a_reference_holds_the_nearest_up_to_its_quantity(self):
        self._claim("")
        moves = [
            self._deliver(quantity, datetime(2026, month, day, 4))
            for quantity, month, day in ((4, 11, 9), (6, 10, 18), (5, 11, 2), (5, 10, 1))
        ]
        lines = {line.source_id: line for line in self._pull()}
        far, near, next_one, farther = (lines[move.id] for move in moves)
        self.assertEqual(
            ["held", "held", "pending", "pending"],
            [line.state for line in (near, next_one, far, farther)],
        )
        exceptions = {exception.source_id: exception for exception in self._get_open()}
        exceptions[near.id].action_another()
        self.assertEqual(
            ["pending", "held", "pending", "held"],
            [line.state for line in (near, next_one, far, farther)],
            "the next one is asked about before it is settled",
        )

    def test_one_delivery_holds_claims_up_to_its_quantity(self):
        self._fetch(10, 5)
        first, second, third = (self._claim("", quantity) for quantity in (5, 6, 7))
        self.assertEqual(["held", "held"], [first.state, second.state])
        self.assertEqual("pending", third.state)

    def test_a_line_without_a_price_waits_and_finds_its_price_afterwards(self):
        rule = self.shipping_tier.rule_ids
        rule.write({"target": "product", "product_id": self.part.id})
        self._settled_claim(self._deliver())
        line = self._pull()
        self.assertEqual("held", line.state)
        line.action_find_price()
        self.assertEqual("held", line.state)
        self._get_open().action_another()
        self.assertEqual(("no_price", 0), (line.state, line.amount))
        rule.write({"target": "all", "product_id": False})
        line.with_user(self.preparer).action_find_price()
        self.assertEqual(("pending", 1000), (line.state, line.amount))

    def test_volume_of_a_period_is_not_counted_twice(self):
        self.shipping_tier.rule_ids.write({"accumulation": "period", "basis": "quantity"})
        self._settled_claim(self._deliver())
        line = self._pull()
        self.assertEqual("held", line.state)
        self.assertFalse(
            self.Line._record_trueups(self.company, date(2026, 11, 1), date(2026, 11, 30))
        )
        self._get_open().action_another()
        self.assertEqual("counted", line.state)

    def _settle_volume(self):
        """Return a line whose volume was paid before somebody told a claim apart from it."""
        self.shipping_tier.rule_ids.write({"accumulation": "period", "basis": "quantity"})
        line = self._fetch(10, 15, 10)
        self.assertEqual(1000, self._generate_month(10).amount_total)
        claim = self._claim("XX/404")
        self.assertEqual(("held", line), (claim.state, claim.twin_line_id))
        self._get_open().action_another()
        self.assertEqual(claim, self._generate_month(10).line_ids)
        return line

    def test_volume_is_asked_about_once(self):
        line = self._settle_volume()
        with self.assertRaisesRegex(UserError, "nothing left"):
            self._generate_month()
        self.assertEqual("counted", line.state)

    def test_volume_that_a_claim_settles_is_taken_back(self):
        line = self._settle_volume()
        line.write({"state": "covered"})
        self.assertEqual(-1000, self._generate_month().amount_total)
        with self.assertRaisesRegex(UserError, "nothing left"):
            self._generate_month()

    def test_parts_of_tickets_too(self):
        """Written at once when a ticket closes: looked at before a statement takes them."""
        document = self._make_partner(name="T-77")
        record = self._compare(["T-77", "00123", date(2026, 10, 20), 1, 100], **OCTOBER)
        record.line_ids._accept(self.part, 1)
        line = self._record({"source_model": "res.partner", "source_id": document.id})
        statement = self._generate(
            self.preparer, date_from=date(2026, 10, 1), date_to=date(2026, 11, 30)
        )
        self.assertNotIn(line, statement.line_ids)
        self.assertEqual("held", line.state)

    # === THE CLAIM COMES SECOND === #

    def test_a_claim_for_what_another_month_settles_is_held(self):
        move = self._deliver()
        line = self._pull()
        self.assertEqual(line, self._generate_month().line_ids)
        claim = self._claim(move.picking_id.name)
        self.assertEqual(("held", line), (claim.state, claim.twin_line_id))
        self._get_open().action_same()
        self.assertEqual("covered", claim.state)
        again = self._claim(f"{move.picking_id.name} ")
        self.assertEqual("held", again.state, "nor for the same a third time")

    def test_a_claim_without_a_number_asks_about_what_is_settled_and_not_listed(self):
        line = self._fetch(10, 5)
        self._generate_month()
        claim = self._claim("", 7)
        self.assertEqual(("held", line), (claim.state, claim.twin_line_id))

    def test_what_the_dealer_has_listed_is_not_what_he_claims_now(self):
        move = self._deliver()
        line = self._pull()
        self._generate_month()
        listed = self._compare([move.picking_id.name, "G-1", date(2026, 11, 5), 10, 1000])
        self.assertEqual(line, listed.line_ids.line_id)
        self.assertEqual("pending", self._claim("", 7).state)
        listed.action_discard()
        self.assertEqual("held", self._claim("", 6).state, "the list does not count")

    # === MISSING ON A STATEMENT === #

    def _miss(self, **vals):
        """Accept that something is missing on a statement; return its line."""
        self._record({"occurred_at": datetime(2026, 10, 9, 4)})
        statement = self._generate_month(10)
        dispute = (
            self.env["scrm.settlement.dispute"]
            .with_user(self.reviewer)
            .create(
                {
                    "statement_id": statement.id,
                    "kind": "missing",
                    "claimed_value": 1000,
                    "item": "Ten purifiers",
                    "item_date": date(2026, 10, 12),
                    "evidence": "Signed note",
                    **vals,
                }
            )
        )
        dispute = dispute.with_user(self.reviewer_2)
        dispute.write({"resolution": "We forgot it", "product_id": self.goods.id})
        dispute.action_accept()
        return dispute.adjustment_line_id

    def test_a_missing_delivery_that_was_accepted_is_not_paid_twice(self):
        move = self._deliver()
        adjustment = self._miss(item_ref=move.picking_id.name)
        self.assertEqual("pending", adjustment.state)
        line = self._pull()
        self.assertEqual(("held", adjustment), (line.state, line.twin_line_id))
        self._get_open().action_same()
        self.assertEqual(["covered", "pending"], [line.state, adjustment.state])

    def test_missing_without_a_number_is_compared_by_day(self):
        self._miss()
        self._deliver(4)
        first = self._pull()
        self.assertEqual("held", first.state)
        self._get_open().action_same()
        self._deliver(6)
        second = self._pull()
        self.assertEqual("held", second.state, "600 of 1,000 are not delivered yet")

    def test_missing_without_a_number_holds_up_to_its_money(self):
        self._miss()
        for quantity in (7, 4, 2):
            self._deliver(quantity, datetime(2026, 11, 12 - quantity, 4))
        states = {line.quantity: line.state for line in self._pull()}
        self.assertEqual({7: "held", 4: "held", 2: "pending"}, states)

    # === AFTERWARDS === #

    def test_what_comes_back_is_taken_back_from_what_was_paid(self):
        move = self._deliver()
        claim = self._settled_claim(move)
        line = self._pull()
        self._get_open().action_same()
        self._bring_back(move, 3)
        back = self._pull()
        self.assertRecordValues(
            back, [{"origin_line_id": claim.id, "amount": -300, "state": "pending"}]
        )
        with self.assertRaisesRegex(UserError, "was never paid"):
            line._record_return(1, source_model="res.partner", source_id=1)

    def test_what_comes_back_before_the_decision_waits_for_it(self):
        move = self._deliver()
        claim = self._settled_claim(move)
        self._pull()
        self._bring_back(move, 3)
        self.assertFalse(self._pull())
        returned = self.env["scrm.settlement.exception"].search(
            [("company_id", "=", self.company.id), ("reason", "=", "too_much")]
        )
        with self.assertRaises(UserError) as caught:
            returned.with_user(self.preparer).action_settle()
        self.assertIn("may be settled already", str(caught.exception))
        self._get_open().action_same()
        returned.with_user(self.preparer).action_settle()
        self.assertEqual([-300], claim.correction_ids.mapped("amount"))

    def test_a_claim_that_was_taken_back_no_longer_holds(self):
        move = self._deliver()
        claim = self._settled_claim(move)
        claim._record_return(10, source_model="res.partner", source_id=1)
        line = self._pull().filtered(lambda one: one.source_type == "shipment")
        self.assertEqual("pending", line.state)

    def test_a_decision_is_made_once_and_logged(self):
        self._settled_claim(self._deliver())
        line = self._pull()
        exception = self._get_open()
        exception.note = "Same note, delivered late"
        exception.action_same()
        for decide in (exception.action_same, exception.action_another):
            with self.assertRaisesRegex(UserError, "load the page again"):
                decide()
        self.assertEqual("covered", line.state)
        log = self.env["scrm.flow.log"].search(
            [("res_model", "=", exception._name), ("res_id", "=", exception.id)]
        )
        self.assertRecordValues(
            log,
            [
                {
                    "transition": "same",
                    "note": "Same note, delivered late",
                    "user_id": self.preparer.id,
                }
            ],
        )

    def test_the_question_is_answered_and_not_dismissed(self):
        self._settled_claim(self._deliver())
        self._pull()
        exception = self._get_open()
        exception.note = "No matter"
        for decide in (exception.action_dismiss, exception.action_settle):
            with self.assertRaisesRegex(UserError, "whether it is the same"):
                decide()

    # === ACCESS === #

    def test_preparers_decide_and_nobody_else(self):
        self._settled_claim(self._deliver())
        self._pull()
        exception = self._get_open()
        for user in (self.reviewer, self._make_user("twins.salesman", "base.group_user")):
            with self.assertRaises(AccessError):
                exception.with_user(user).action_same()
            with self.assertRaises(AccessError):
                exception.with_user(user).action_another()
        with self.assertRaises(UserError):
            exception.with_user(self.preparer).write({"state": "same"})

    def test_another_company_neither_holds_nor_decides(self):
        other = self.env["res.company"].create({"name": "Twins abroad"})
        foreign = self._make_user("twins.foreign", PREPARER, company=other)
        self._settled_claim(self._deliver())
        line = self._pull()
        exception = self._get_open()
        self.assertFalse(self._get_open(foreign))
        with self.assertRaises(AccessError):
            exception.with_user(foreign).action_another()
        self.assertEqual("held", line.state)
        self.assertFalse(self.Line._find_twins(other))
