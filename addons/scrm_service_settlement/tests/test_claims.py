from datetime import datetime

from psycopg2.errors import CheckViolation, UniqueViolation

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from odoo.addons.scrm_settlement.tests.common import MANAGER, PREPARER, REVIEWER
from odoo.addons.scrm_settlement.tools.claim_cells import get_key

from ..hooks import uninstall_hook
from .test_ticket_settlement import TicketSettlementCase


@tagged("post_install", "-at_install")
class TestClaims(TicketSettlementCase):
    """Worked example 20: the dealer is settled by us, and the manufacturer by what he accepts."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manufacturer = cls._make_partner(name="Manufacturer", is_company=True)
        cls.clerk = cls._make_user("t_clerk", PREPARER, "scrm_service.group_scrm_service_agent")

    def _close(self):
        ticket = self._work(parts=1, labour=2.5)
        ticket._move_along("done")
        return ticket

    def _claim(self, ticket, accepted=290, **vals):
        return (
            self.env["scrm.service.claim"]
            .with_user(self.clerk)
            .create(
                {
                    "ticket_id": ticket.id,
                    "partner_id": self.manufacturer.id,
                    "amount_accepted": accepted,
                    **vals,
                }
            )
        )

    def _sum(self, claim, partner):
        lines = claim.line_ids.filtered(lambda line: line.partner_id == partner)
        return self.company.currency_id.round(sum(lines.mapped("amount")))

    def test_we_bear_what_is_not_accepted(self):
        claim = self._claim(self._close())
        self.assertEqual((317.76, 27.76), (claim.amount_claimed, claim.amount_difference))
        self.assertEqual(317.76, self._sum(claim, self.dealer))
        self.assertEqual(290, self._sum(claim, self.manufacturer))
        owed = claim.line_ids.filtered(lambda line: line.partner_id == self.manufacturer)
        self.assertEqual({"customer_invoice"}, set(owed.mapped("document_mode")))
        self.assertEqual(2, len(owed.origin_line_id))

    def test_the_dealer_bears_what_is_not_accepted(self):
        claim = self._claim(self._close(), policy="postcredit")
        self.assertEqual(290, self._sum(claim, self.dealer))
        self.assertEqual(290, self._sum(claim, self.manufacturer))

    def test_what_came_back_is_not_claimed(self):
        ticket = self._close()
        Line = self.env["scrm.settlement.line"]
        part = Line.search([("source_type", "=", "part"), ("source_id", "in", ticket.part_ids.ids)])
        part.sudo()._record_return(1, source_model="res.partner", source_id=self.dealer.id)
        claim = self._claim(ticket, accepted=150, policy="postcredit")
        self.assertEqual((200, 50), (claim.amount_claimed, claim.amount_difference))
        kept = Line.search([("partner_id", "=", self.dealer.id)])
        self.assertAlmostEqual(150, sum(kept.mapped("amount")), 2)
        self.assertEqual(150, self._sum(claim, self.manufacturer))

    def test_what_a_dispute_took_away_is_not_claimed(self):
        """2 × 117.76, agreed to 100.00 each: the manufacturer is asked for 200.00."""
        ticket = self._settle_two()
        line = self._get_lines(ticket)
        self._accept_dispute(line, "price", 100)
        claim = self._claim(ticket, accepted=150, policy="postcredit")
        self.assertEqual((200, 50), (claim.amount_claimed, claim.amount_difference))
        self.assertEqual(150, self._get_kept())
        self.assertEqual([-75, -75], [self._return(line, 1) for _part in range(2)])
        self.assertEqual(0, self._get_kept())

    def test_what_the_dealer_bore_is_not_taken_back_again(self):
        """2 × 117.76, accepted 200.00: by each part that comes back he gives back 100.00."""
        ticket = self._work(parts=2, labour=0)
        ticket._move_along("done")
        line = self._get_lines(ticket)
        claim = self._claim(ticket, accepted=200, policy="postcredit")
        self.assertEqual(-100, self._return(line, 1))
        self.assertEqual(100, self._get_kept())
        self.assertEqual(-100, self._return(line, 1))
        self.assertEqual(0, self._get_kept())
        self.assertEqual(200, self._sum(claim, self.manufacturer))

    def test_what_the_dealer_bore_of_the_rest(self):
        """The share of a part that came back before the claim is none of the others'."""
        ticket = self._work(parts=3, labour=0)
        ticket._move_along("done")
        line = self._get_lines(ticket)
        self.assertEqual(-117.76, self._return(line, 1))
        claim = self._claim(ticket, accepted=200.01, policy="postcredit")
        self.assertEqual(35.51, claim.amount_difference)
        # 35.51 / 2, to the cent: 17.76 and 17.75
        self.assertEqual([-100, -100.01], [self._return(line, 1) for _part in range(2)])
        self.assertEqual(0, self._get_kept())

    def test_we_bear_it_so_all_of_the_price_comes_back(self):
        ticket = self._work(parts=2, labour=0)
        ticket._move_along("done")
        line = self._get_lines(ticket)
        self._claim(ticket, accepted=200)
        self.assertEqual(-235.52, self._return(line, 2))
        self.assertEqual(0, self._get_kept())

    def _close_claimed(self):
        """Return a ticket whose two parts the dealer's own list had claimed, and its line."""
        self._record(
            {
                "source_type": "import",
                "source_model": "scrm.settlement.import.line",
                "product_id": self.filter.id,
                "quantity": 2,
                "occurred_at": datetime.now(),
            }
        )
        ticket = self._work(parts=2, labour=0)
        ticket._move_along("done")
        line = self._get_lines(ticket)
        line._hold_twins(self.company)
        line._decide_twin(True)
        self.assertEqual("covered", line.state)
        return ticket, line

    def _take_back(self, line, quantity):
        """Take back used parts by transfer; return what that amounts to."""
        part = self.env["scrm.service.part"].browse(line.source_id)
        places = ("location_dest_id", "location_id")
        back = part.move_id.copy(
            {
                **dict(zip(places, (part.move_id[name].id for name in places[::-1]), strict=True)),
                "origin_returned_move_id": part.move_id.id,
                "picking_id": False,
                "product_uom_qty": quantity,
            }
        )
        back._action_confirm()
        back.write({"quantity": quantity, "picked": True})
        back._action_done()
        line._pull(self.company)
        return line.search([("source_type", "=", "return"), ("source_id", "=", back.id)]).amount

    def test_what_the_dealer_bore_of_work_that_he_claimed_himself(self):
        """His own claim was paid in the ticket's stead: it comes back less what he bore."""
        ticket, line = self._close_claimed()
        claim = self._claim(ticket, accepted=200, policy="postcredit")
        self.assertEqual((235.52, 35.52), (claim.amount_claimed, claim.amount_difference))
        self.assertEqual([-100, -100], [self._take_back(line, 1) for _part in range(2)])
        kept = line.search([("partner_id", "=", self.dealer.id), ("state", "!=", "covered")])
        self.assertEqual(0, self.company.currency_id.round(sum(kept.mapped("amount"))))

    def test_what_came_back_of_work_that_he_claimed_himself(self):
        ticket, line = self._close_claimed()
        self.assertEqual(-117.76, self._take_back(line, 1))
        self.assertEqual(117.76, self._claim(ticket, accepted=100).amount_claimed)

    def test_the_policy_of_the_company_is_proposed(self):
        self.company.scrm_claim_policy = "postcredit"
        action = self._close().with_user(self.clerk).action_claim()
        claims = self.env["scrm.service.claim"].with_user(self.clerk)
        with Form(claims.with_context(**action["context"])) as form:
            self.assertEqual(317.76, form.amount_claimed)
            form.partner_id = self.manufacturer
            form.amount_accepted = 317.76
        self.assertEqual("postcredit", form.record.policy)
        self.assertEqual(317.76, self._sum(form.record, self.dealer))

    def test_nothing_accepted(self):
        claim = self._claim(self._close(), accepted=0)
        self.assertEqual((317.76, 0), (self._sum(claim, self.dealer), claim.amount_accepted))
        self.assertEqual(2, len(claim.line_ids))

    @mute_logger("odoo.sql_db")
    def test_an_answer_is_recorded_once(self):
        ticket = self._close()
        claim = self._claim(ticket)
        with self.assertRaises(UniqueViolation), self.cr.savepoint():
            self._claim(ticket)
        with self.assertRaises(UserError):
            claim.sudo().write({"amount_accepted": 1})
        with self.assertRaises(CheckViolation), self.cr.savepoint():
            self._claim(self._close(), accepted=317.77)

    def test_an_answer_is_recorded_once_though_the_addon_was_removed_meanwhile(self):
        ticket = self._close()
        lines = self._claim(ticket).line_ids
        uninstall_hook(self.env)
        with self.assertRaisesRegex(UserError, "recorded already"):
            self._claim(ticket, accepted=100)
        self.assertEqual(lines, lines.search(ticket._get_settlement_domain()))

    def test_work_that_is_not_settled_cannot_be_claimed(self):
        with self.assertRaisesRegex(UserError, "no settled work"):
            self._claim(self._work(), accepted=0)

    def test_a_dealers_claim_by_a_ticket_is_about_that_ticket(self):
        ticket = self._work()
        claim = {"partner_id": self.dealer.id, "marks": [ticket.number.lower(), None]}
        stranger = {**claim, "partner_id": self.manufacturer.id}
        own = self.env["scrm.settlement.line"]._find_own_numbers(self.company, [claim, stranger])
        self.assertEqual({(self.dealer.id, get_key(ticket.number))}, own)

    def test_who_may(self):
        claim = self._claim(self._close())
        claim.with_user(self._make_user("t_reviewer_2", REVIEWER)).read(["note"])
        stranger = self._make_user("t_stranger", MANAGER, company=self.company_other)
        for user in (stranger, self.technician):
            with self.assertRaises(AccessError):
                claim.with_user(user).read(["note"])

    def test_a_part_that_came_back(self):
        """A used part returns to the outlet: the dealer gives back what he earned by it."""
        ticket = self._work(parts=2, labour=0)
        ticket._move_along("done")
        line = self._get_lines(ticket)
        move = ticket.part_ids.sudo().move_id
        back = move.copy(
            {
                "location_id": move.location_dest_id.id,
                "location_dest_id": move.location_id.id,
                "origin_returned_move_id": move.id,
                "picking_id": False,
                "product_uom_qty": 1,
            }
        )
        back._action_confirm()
        back.write({"quantity": 1, "picked": True})
        back._action_done()
        self.env["scrm.settlement.line"]._pull(self.company)
        self.assertRecordValues(
            line.correction_ids,
            [{"source_type": "return", "source_id": back.id, "quantity": -1, "amount": -117.76}],
        )
        taken, _more = self.env["scrm.settlement.line"]._pull(self.company, datetime(2020, 1, 1))
        self.assertEqual(0, taken)
