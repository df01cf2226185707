"""A company in full work, and everybody who may try to get at it."""

from datetime import date

from odoo import fields
from odoo.fields import Command

from .allocation_case import AllocationCase
from .common import CHANNEL_MANAGER, MANAGER, PREPARER, REVIEWER
from .credit_case import CREDIT_MANAGER, CreditCase
from .reconciliation_case import ReconciliationCase

ROLES = {
    "internal": "base.group_user",
    "preparer": PREPARER,
    "channel": CHANNEL_MANAGER,
    "reviewer": REVIEWER,
    "credit": CREDIT_MANAGER,
    "manager": MANAGER,
    "salesman": "sales_team.group_sale_salesman",
    "keeper": "stock.group_stock_user",
    "accountant": "account.group_account_invoice",
    "auditor": "account.group_account_readonly",
    "portal": "base.group_portal",
    "portal_upline": "base.group_portal",
    "portal_other": "base.group_portal",
    "public": "base.group_public",
    "foreign_preparer": PREPARER,
    "foreign_reviewer": REVIEWER,
    "foreign_manager": MANAGER,
}


class AccessCase(CreditCase, AllocationCase, ReconciliationCase):
    """One record at least of every model, written by the system in the test company."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.upline = cls._make_partner(
            name="Upline", is_company=True, grade_id=cls.grade_distributor.id
        )
        cls.dealer.scrm_upline_id = cls.upline
        cls.dealer_2.grade_id = cls.grade_store
        cls.users = cls._make_users("access", ROLES)
        for role, dealer in (
            ("portal", cls.dealer),
            ("portal_upline", cls.upline),
            ("portal_other", cls.dealer_2),
        ):
            cls.users[role].partner_id.parent_id = dealer

    def setUp(self):
        super().setUp()
        self.records = {}
        self._set_up_settlement()
        self._set_up_credit()
        self._set_up_allocation()
        self._set_up_wizards()
        self.env.flush_all()

    # === WHO AND WHAT === #

    def _get_own_models(self):
        return [
            model
            for model in self.env.values()
            if model._original_module == "scrm_settlement" and not model._abstract
        ]

    def _as(self, record, role):
        """Return the record as the user sees it from their own company."""
        user = self.users[role]
        return record.with_user(user).with_context(allowed_company_ids=user.company_ids.ids)

    def _find_record(self, name):
        """Return a record of the test company; of a view perhaps none."""
        model = self.env[name].sudo()
        found = self.records.get(name)
        return found or model.search([("company_id", "=", self.company.id)], limit=1)

    # === RECORDS === #

    def _keep(self, *records):
        for record in records:
            self.assertTrue(record, record._name)
            self.records[record._name] = record.sudo()[:1]

    def _set_up_settlement(self):
        self.rule = self._make_rule(
            "With brackets", value=8, target="product", product_id=self.part_2.id
        )
        self.rule.bracket_ids = [Command.create({"min_value": 0, "value": 8})]
        self.library.item_ids.unlink()
        item = self.env["scrm.library.item"].create(
            {"library_id": self.library.id, "product_id": self.part.id}
        )
        own_scenario = self.env["scrm.settlement.scenario"].create(
            {"name": "Own", "code": "own", "company_id": self.company.id}
        )
        lines = self._record({}, {}, {"quantity": 2})
        self.statement = self._generate(self.preparer)
        self.statement.action_submit()
        self.line = lines[0]
        self.adjustment = self.env["scrm.settlement.adjustment"].create(
            {
                "kind": "adjustment",
                "company_id": self.company.id,
                "partner_id": self.dealer_2.id,
                "product_id": self.part.id,
                "date": date(2026, 11, 9),
                "quantity": 1,
                "pricing": "amount",
                "amount": 5,
                "document_mode": "vendor_bill",
                "currency_id": self.cny.id,
                "reason": "x",
            }
        )
        dispute = self.statement.with_user(self.users["portal"])._open_own_disputes(
            [{"kind": "price", "line_id": lines[2].id, "claimed_value": 1, "evidence": "x"}]
        )
        exception = self.env["scrm.settlement.exception"].create(
            self.env["scrm.settlement.line"]._prepare_exception(
                self.company,
                self.env["scrm.settlement.exception"]._fields["reason"].get_values(self.env)[0],
                "res.partner",
                {
                    "name": "x",
                    "partner_id": self.dealer.id,
                    "source_id": self.dealer.id,
                    "quantity": 1,
                    "occurred_at": fields.Datetime.now(),
                    "date": fields.Date.today(),
                },
            )
        )
        run = self.env["scrm.settlement.run"].create(
            {
                "company_id": self.company.id,
                "date_from": date(2026, 12, 1),
                "date_to": date(2026, 12, 31),
                "partner_ids": [Command.set(self.dealer.ids)],
            }
        )
        template = self.env["scrm.settlement.import.template"].create(
            {"name": "T", "company_id": self.company.id}
        )
        comparison = self._compare(self._row("D-1", 130), self._row("D-2", code="x"))
        self._keep(
            *(self.library, self.library.line_ids, item, own_scenario, self.tier, self.rule),
            *(self.rule.bracket_ids, self.line, self.statement, self.adjustment, dispute),
            *(exception, run, template, comparison, comparison.line_ids, comparison.subtotal_ids),
            self.env["scrm.settlement.key"].search([("company_id", "=", self.company.id)]),
        )

    def _set_up_credit(self):
        self.account = self._open_account()
        self.order = self._make_order(150000)
        self.order.with_user(self.salesman).action_confirm()
        pending = self.account.with_user(self.manager)._request_limit({"own_limit": 9e6}, "x")
        self._keep(self.policy, self.account, self.order.scrm_credit_hold_id, pending)

    def _set_up_allocation(self):
        self._stock(10, self.scarce)
        move = self._order(self.store, 6)
        run = self._divide()
        policy = self.env["scrm.allocation.policy"].search([("product_id", "=", self.scarce.id)])
        quota = self.env["scrm.allocation.quota"].create(
            {
                "policy_id": policy.id,
                "partner_id": self.store.id,
                "date_from": date(2026, 11, 1),
                "date_to": date(2026, 11, 30),
                "kind": "quantity",
                "value": 5,
            }
        )
        event = self.env["scrm.shipment.event"]._record_events(
            [
                {
                    "picking_id": move.picking_id.id,
                    "code": "transit",
                    "source": "t",
                    "external_id": "1",
                }
            ]
        )
        self.picking = move.picking_id
        self._keep(
            *(policy, policy.line_ids, quota, run, run.line_ids, event),
            self.env["scrm.allocation.run.product"].search([("run_id", "=", run.id)]),
            self.env["scrm.allocation.state"].search([("company_id", "=", self.company.id)]),
        )

    def _set_up_wizards(self):
        wizards = {
            "scrm.library.import": {
                "library_id": self.library.id,
                "file": b"eA==",
                "line_ids": [Command.create({})],
            },
            "scrm.settlement.import.resolve": {
                "row_id": self.records["scrm.settlement.import.line"].id
            },
            "scrm.settlement.import.waive": {
                "import_id": self.records["scrm.settlement.import"].id,
                "reason": "x",
            },
            "scrm.settlement.generate": {"company_id": self.company.id},
            "scrm.settlement.return": {"statement_id": self.statement.id, "reason": "x"},
            "scrm.settlement.price.tester": {
                "company_id": self.company.id,
                "partner_id": self.dealer.id,
                "product_id": self.part.id,
            },
            "scrm.credit.decision": {"hold_id": self.records["scrm.credit.hold"].id},
            "scrm.credit.limit.change": {"account_id": self.account.id, "reason": "x"},
            "scrm.credit.request": {"order_id": self.order.id},
            "scrm.credit.item": {"account_id": self.account.id},
            "scrm.shipment.report": {"picking_id": self.picking.id},
        }
        self.wizard_vals = wizards
        for name, vals in wizards.items():
            self._keep(self.env[name].create(vals))
        self._keep(
            self.records["scrm.library.import"].line_ids,
            self.records["scrm.settlement.price.tester"].candidate_ids,
        )
