from datetime import date
from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import freeze_time, tagged

from odoo.addons.scrm_service.tests.common import ServiceCase
from odoo.addons.scrm_settlement.tests.common import PREPARER, REVIEWER, SettlementCase


class TicketSettlementCase(ServiceCase, SettlementCase):
    """Tickets of an outlet that a dealer runs, and prices of their parts and labour."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.preparer = cls._make_user("t_preparer", PREPARER)
        cls.reviewer = cls._make_user("t_reviewer", REVIEWER)
        cls.dealer.write(
            {
                "country_id": cls.china.id,
                "state_id": cls.guangdong_state.id,
                "city": "Testzhen",
                "scrm_scenario_id": cls.strategic.id,
            }
        )
        cls.filter.supplier_taxes_id = [Command.clear()]
        cls.visit.supplier_taxes_id = [Command.clear()]
        cls.visit.list_price = 80
        cls.library.line_ids.create(
            {
                "library_id": cls.library.id,
                "product_id": cls.filter.id,
                "price": 128,
                "valid_from": date(2026, 1, 1),
            }
        )
        # The preferential tier: key cities and strategic partners.
        cls.preferential = cls._make_rule(
            "Preferential",
            value=8,
            region_ids=[Command.set(cls.key_cities.ids)],
            scenario_ids=[Command.set(cls.strategic.ids)],
            target="library",
            library_id=cls.library.id,
        )
        cls.of_labour = cls._make_rule(
            "Labour",
            method="fixed",
            value=80,
            target="product",
            product_id=cls.visit.id,
        )
        cls._stock(cls.filter, 10)

    def _work(self, parts=2, labour=2.5):
        """Return a ticket on site with used parts and labour, as the technician."""
        ticket = self._make_ticket_on_site()
        if parts:
            self._make_part(ticket, self.filter, parts).action_use()
        if labour:
            self.env["scrm.service.labour"].with_user(self.technician).create(
                {"ticket_id": ticket.id, "product_id": self.visit.id, "quantity": labour}
            )
        ticket.resolution = "Replaced"
        return ticket

    def _get_lines(self, ticket):
        return self.env["scrm.settlement.line"].search(
            ticket._get_settlement_domain(), order="source_type desc"
        )

    def _settle_two(self):
        """Return a ticket of two parts, 117.76 each, whose statement is reviewed."""
        ticket = self._work(parts=2, labour=0)
        ticket._move_along("done")
        statement = self._generate(user=self.preparer)
        statement.with_user(self.preparer).action_submit()
        statement.with_user(self.reviewer).action_review()
        return ticket

    def _accept_dispute(self, line, kind, value=0.0):
        """Dispute a reviewed line and agree to the dealer's value."""
        dispute = (
            self.env["scrm.settlement.dispute"]
            .with_user(self.preparer)
            .create(
                {
                    "statement_id": line.statement_id.id,
                    "line_id": line.id,
                    "kind": kind,
                    "claimed_value": value,
                    "evidence": "Delivery note",
                }
            )
        )
        dispute.resolution = "Checked"
        dispute.with_user(self.reviewer).action_accept()

    def _return(self, line, quantity, **vals):
        """Return the amount that is taken back for a part of the line."""
        back = line.sudo()._record_return(
            quantity, source_model="res.partner", source_id=self._make_partner().id, **vals
        )
        return back.amount

    def _get_kept(self):
        """Return what the dealer has by all his lines."""
        lines = self.env["scrm.settlement.line"].search([("partner_id", "=", self.dealer.id)])
        return self.company.currency_id.round(sum(lines.mapped("amount")))


@tagged("post_install", "-at_install")
class TestTicketSettlement(TicketSettlementCase):
    def test_the_technicians_closing_settles_parts_and_labour(self):
        ticket = self._work()
        self.assertFalse(self._get_lines(ticket))
        ticket._move_along("done")
        self.assertRecordValues(
            self._get_lines(ticket),
            [
                {
                    "source_type": "part",
                    "source_id": ticket.part_ids.id,
                    "partner_id": self.dealer.id,
                    "rule_id": self.preferential.id,
                    "quantity": 2,
                    "price_unit": 117.76,
                    "amount": 235.52,
                    "state": "pending",
                    "occurred_at": ticket.closed_at,
                },
                {
                    "source_type": "labour",
                    "source_id": ticket.labour_ids.id,
                    "partner_id": self.dealer.id,
                    "rule_id": self.of_labour.id,
                    "quantity": 2.5,
                    "price_unit": 80,
                    "amount": 200,
                    "state": "pending",
                    "occurred_at": ticket.closed_at,
                },
            ],
        )

    def test_a_part_is_no_delivery_without_an_order(self):
        """Even where the ticket's customer is a dealer himself: the ticket settles it."""
        shipping = self.env["scrm.settlement.tier"].create(
            {"name": "Shipments", "company_id": self.company.id, "scope": "shipment"}
        )
        self._make_rule(
            "Shipped", tier_id=shipping.id, method="fixed", value=1, date_from=date(2020, 1, 1)
        )
        ticket = self._work()
        grade = self.env["res.partner.grade"].create({"name": "Shop"})
        ticket.sudo().partner_id.grade_id = grade
        move = ticket.part_ids.sudo().move_id
        self.assertEqual("done", move.state)
        taken, _more = self.env["scrm.settlement.line"]._pull(self.company)
        self.assertEqual(0, taken)
        move.picking_id.scrm_ticket_id = False
        taken, _more = self.env["scrm.settlement.line"]._pull(self.company)
        self.assertEqual(1, taken, "but for the ticket it would be one")

    def test_work_is_settled_exactly_once(self):
        ticket = self._work()
        ticket._move_along("done")
        self.assertFalse(ticket._settle_work())
        ticket.sudo()._after_close()
        self.assertEqual(2, len(self._get_lines(ticket)))

    def test_the_day_is_that_of_closing_where_the_company_lives(self):
        """Worked example 9: closed on 31 October 16:30 UTC, settled in November."""
        ticket = self._work()
        with freeze_time("2026-10-31 16:30:00"):
            ticket._move_along("done")
        self.assertEqual({date(2026, 11, 1)}, set(self._get_lines(ticket).mapped("date")))

    def test_own_outlets_settle_nothing(self):
        self.site.partner_id = False
        ticket = self._work()
        ticket._move_along("done")
        self.assertFalse(self._get_lines(ticket))

    def test_an_outlet_that_got_its_dealer_later(self):
        self.site.partner_id = False
        ticket = self._work()
        ticket._move_along("done")
        self.site.partner_id = self.dealer
        with self.assertRaises(AccessError):
            ticket.action_settle()
        clerk = self._make_user("t_clerk", PREPARER, "scrm_service.group_scrm_service_agent")
        ticket.with_user(clerk).action_settle()
        self.assertEqual(2, len(self._get_lines(ticket)))
        self.assertEqual(2, ticket.with_user(clerk).settlement_line_count)

    def test_a_dealer_who_went_to_another_company_keeps_no_ticket_open(self):
        ticket = self._work()
        self.dealer.company_id = self.company_other
        ticket._move_along("done")
        self.assertEqual(["pending"] * 2, self._get_lines(ticket).mapped("state"))

    def test_cancelled_tickets_settle_nothing(self):
        ticket = self._make_ticket_on_site()
        ticket._move_along("cancel", note="Customer moved")
        self.assertFalse(ticket._settle_work())

    def test_work_without_a_rule_waits_for_its_price(self):
        self.of_labour.active = False
        ticket = self._work()
        ticket._move_along("done")
        self.assertEqual(["pending", "no_price"], self._get_lines(ticket).mapped("state"))

    def test_from_the_ticket_to_the_reviewed_statement(self):
        ticket = self._work()
        ticket._move_along("done")
        day = self._get_lines(ticket)[0].date
        statement = self._generate(self.preparer, date_from=day, date_to=day)
        statement.action_submit()
        self.assertEqual(435.52, statement.amount_total)
        statement.with_user(self.reviewer).action_review()
        bill = statement.sudo().move_id.with_user(self.reviewer)
        bill.action_post()
        self.assertEqual((435.52, "invoiced"), (bill.amount_total, statement.state))

    def test_ticket_and_lines_find_each_other(self):
        ticket = self._work()
        ticket._move_along("done")
        lines = self._get_lines(ticket)
        action = lines[0].action_open_source()
        self.assertEqual((ticket._name, ticket.id), (action["res_model"], action["res_id"]))
        self.assertEqual({ticket.display_name}, set(lines.mapped("source_label")))
        domain = ticket.sudo().action_open_settlement_lines()["domain"]
        self.assertEqual(lines, lines.search(domain, order="source_type desc"))

    def test_work_of_an_app_that_was_removed_is_another_tickets(self):
        """Installed again, it counts its work from one; the journal keeps what was before."""
        ticket = self._work(parts=0)
        models = self.env.registry["ir.model"]
        number = self.env["ir.model"]._get_id("scrm.service.labour")
        with patch.object(models, "_get_id", lambda _models, _name: number + 1_000_000):
            old = self._record(
                {
                    "source_type": "labour",
                    "source_model": "scrm.service.labour",
                    "source_id": ticket.labour_ids.id,
                    "product_id": self.visit.id,
                }
            )
        ticket._move_along("done")
        self.assertEqual([2.5], self._get_lines(ticket).mapped("quantity"))
        self.assertEqual(
            200, self.env["scrm.service.claim"].new({"ticket_id": ticket.id}).amount_claimed
        )
        self.assertEqual((old.name, {}), (old.source_label, old._get_claim_names()))

    def test_a_part_whose_transfer_was_corrected_waits_for_a_person(self):
        ticket = self._work(labour=0)
        ticket._move_along("done")
        line, move = self._get_lines(ticket), ticket.part_ids.sudo().move_id
        Line = self.env["scrm.settlement.line"]
        self.assertEqual(0, Line._pull(self.company)[0])
        move.picking_id.is_locked = False
        move.quantity = 1
        self.env.flush_all()
        self.assertEqual(1, Line._pull(self.company, since=move.write_date)[0])
        exception = self.env["scrm.settlement.exception"].search([("origin_line_id", "=", line.id)])
        self.assertRecordValues(
            exception,
            [
                {
                    "reason": "changed",
                    "partner_id": self.dealer.id,
                    "before_quantity": 2,
                    "quantity": 1,
                    "state": "open",
                }
            ],
        )
        self.assertEqual(ticket.id, exception.action_open_source()["res_id"])
        self.assertEqual(0, Line._pull(self.company)[0])

    def test_technicians_do_not_see_what_dealers_earn(self):
        ticket = self._work()
        ticket._move_along("done")
        with self.assertRaises(AccessError):
            self._get_lines(ticket).with_user(self.technician).read(["amount"])
        self.assertNotIn("settlement_line_count", ticket.fields_get())
