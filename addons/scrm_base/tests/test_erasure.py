from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.scrm_base.tools.handles import Handle

from .erasure_case import TRACES, ErasureCase


@tagged("post_install", "-at_install")
class TestErasure(ErasureCase):
    def test_nothing_stays(self):
        tables = {name for name, _column, _trace in self._find_traces(*TRACES)}
        self.assertLessEqual(
            {
                "scrm.customer",
                "scrm.identity",
                "scrm.identity.link",
                "scrm.interaction",
                "scrm.lifecycle.history",
                "scrm.consent",
                "scrm.outbox",
                "scrm.customer.import.line",
                "scrm.customer.import.column",
                "scrm.match.candidate",
                "scrm.identity.block",
                "scrm.tag.assign",
                "scrm.circle",
                "scrm.circle.member",
                "scrm.segment",
                "scrm.quality.issue",
            },
            tables,
        )
        request = self._make_request()
        counts = {
            model: self.env[model].search_count([])
            for model in ("scrm.interaction", "scrm.consent")
        }
        self._confirm(request)
        self.assertEqual([], self._find_traces(*TRACES))
        self.assertEqual("done", request.state)
        self.assertIn("Outgoing Notice: 1", request.result)
        for model, count in counts.items():
            self.assertEqual(count, self.env[model].search_count([]))
        self.assertTrue(self.customer.erased_at)
        self.assertEqual("***", self.customer.name)
        self.assertFalse(self.imported.file)
        row = self.env["scrm.outbox"].search([("idem_key", "=like", "erased:%")])
        self.assertEqual("failed", row.state)
        # a rebuild gives nothing back
        self.env["scrm.identity"]._rebuild()
        self.customer.modified(["name_manual"])
        self.assertEqual([], self._find_traces(*TRACES))

    def test_nobody_writes_to_them_or_makes_a_contact_of_hashes(self):
        self._confirm(self._make_request())
        [row] = self.env["scrm.outbox"]._post(
            [
                {
                    "medium": "email",
                    "idem_key": "test:erased",
                    "identity_id": self.customer._get_identity("email").id,
                    "body": "Hello",
                }
            ]
        )
        self._run_outbox()
        self.assertEqual("failed", row.state)
        with self.assertRaises(UserError):
            self.customer._ensure_partner()
        with self.assertRaises(UserError):
            self.customer.erased_at = False

    def test_contact_and_lead_are_anonymised(self):
        self._confirm(self._make_request())
        self.assertRecordValues(self.partner, [{"name": "***", "phone": False, "email": False}])
        self.assertEqual("***", self.lead.name)
        self.assertFalse(self.lead.phone)

    def test_the_neighbour_stays(self):
        self._confirm(self._make_request())
        self.assertEqual("Neighbour", self.neighbour.name)
        self.assertEqual("+86139****6644", self.neighbour.phone_display)
        note = self.neighbour.interaction_ids.filtered(lambda row: row.kind == "note")
        self.assertEqual("Call Ms Z. back: ***, not ...6644", note.summary)
        line = self.imported.line_ids.filtered(lambda line: line.name == "Neighbour")
        self.assertEqual("+8613988776644", line.phone)

    def test_groups_and_comparisons_let_go(self):
        self._confirm(self._make_request())
        self.assertRecordValues(
            self.household | self.club,
            [{"name": "***", "note": False}, {"name": "Running club", "note": "Ask ***"}],
        )
        for circle in self.household | self.club:
            self.assertEqual(self.neighbour, circle.member_ids.customer_id)
        given = self.env["scrm.tag.assign"].search([("tag_id", "=", self.tag.id)])
        self.assertEqual(self.neighbour, given.customer_id)
        self.assertEqual("[('handle_search', 'ilike', '***')]", self.segment.domain)
        candidate = self.env["scrm.match.candidate"].search([("pool_id", "=", self.pool.id)])
        self.assertEqual(["stale"], candidate.mapped("state"))
        blocked, _patterns = self.env["scrm.identity.block"]._get_blocked(self.pool.id)
        self.assertNotIn(("phone", "+8613988776655"), blocked)

    def test_another_pool_is_another_controller(self):
        other = self._make_identity("phone", "+8613988776655", name="Zhao", pool=self.pool_other)
        self._confirm(self._make_request())
        self.assertEqual("+8613988776655", other.value)
        self.assertEqual("Zhao", other.name)

    def test_the_handle_met_again_is_somebody_new(self):
        pool = self.pool
        self._confirm(self._make_request())
        again = self._make_identity("openid", "oZhao-Xiaolan_0001", scope="oa:test")
        self.assertNotEqual(self.customer, again.customer_id)
        self.assertTrue(again.is_suppressed)
        self.assertTrue(again.customer_id.is_suppressed)
        handle = Handle("partner", pool._get_scope(), str(self.partner.id))
        self.assertFalse(self.env["scrm.identity"]._find_handles([handle.key]))
        self.env["scrm.consent"]._give(again, "marketing")
        again.invalidate_recordset()
        self.assertFalse(again.is_suppressed)

    def test_who_came_back_is_erased_again(self):
        self._confirm(self._make_request())
        again = self._make_identity("openid", "oZhao-Xiaolan_0001", scope="oa:test", name="Zhao")
        self.customer = again.customer_id
        self._confirm(self._make_request())
        self.assertEqual([], self._find_traces(*TRACES))

    def test_a_posted_invoice_keeps_its_contact(self):
        account = self.env["account.account"].create(
            {
                "code": "test1",
                "name": "Sales",
                "account_type": "income",
                "company_ids": [Command.set(self.company.ids)],
            }
        )
        receivable = self.env["account.account"].create(
            {
                "code": "test2",
                "name": "Receivable",
                "account_type": "asset_receivable",
                "company_ids": [Command.set(self.company.ids)],
            }
        )
        journal = self.env["account.journal"].create(
            {"name": "Sales", "code": "TST", "type": "sale", "company_id": self.company.id}
        )
        self.partner.with_company(self.company).property_account_receivable_id = receivable
        move = (
            self.env["account.move"]
            .with_company(self.company)
            .create(
                {
                    "move_type": "out_invoice",
                    "partner_id": self.partner.id,
                    "journal_id": journal.id,
                    "invoice_line_ids": [
                        Command.create(
                            {"name": "Filter", "price_unit": 10, "account_id": account.id}
                        )
                    ],
                }
            )
        )
        move.action_post()
        request = self._make_request()
        self._confirm(request)
        self.assertIn("accounting law", request.result)
        self.assertEqual("Zhao Xiaolan", self.partner.name)
        self.assertEqual([], self._find_traces(*TRACES))
        # and it is not taken up again by the nightly backfill, nor by new business
        self.env["res.partner"].with_company(self.company)._scrm_backfill_customers()
        self.assertFalse(self.partner.with_company(self.company)._scrm_ensure_identity())
        self.assertEqual([], self._find_traces(*TRACES))

    def test_preview_counts_and_changes_nothing(self):
        preview = self.env["scrm.privacy"]._preview_erasure(self.customer)
        counts = {name: (own, mentions) for name, _label, own, mentions in preview["tables"]}
        self.assertEqual((1, 0), counts["scrm.consent"])
        self.assertEqual(1, counts["scrm.interaction"][1])
        self.assertTrue(self._find_traces("13988776655"))
