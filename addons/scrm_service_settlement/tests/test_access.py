from odoo.exceptions import AccessError, UserError
from odoo.models import BaseModel
from odoo.service.model import call_kw
from odoo.tests import tagged

from odoo.addons.scrm_settlement.tests.access_case import ROLES

from .test_ticket_settlement import TicketSettlementCase

# Of a claim; whoever is not named may do nothing.
EXPECTED = {"preparer": "rc", "channel": "rc", "manager": "rc", "reviewer": "r"}
OPERATIONS = {"r": "read", "w": "write", "c": "create", "u": "unlink"}
# They only show what the caller's own rights let him see.
SHOWING = {"action_claim", "action_open_settlement_lines"}


@tagged("post_install", "-at_install")
class TestAccess(TicketSettlementCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.users = cls._make_users("bridge", ROLES)

    def setUp(self):
        super().setUp()
        self.ticket = self._work(parts=1, labour=1)
        self.ticket._move_along("done")
        self.vals = {
            "ticket_id": self.ticket.id,
            "partner_id": self._make_partner(name="Manufacturer", is_company=True).id,
            "amount_accepted": 1,
        }

    def _call(self, name, method, role, *args):
        user = self.users[role]
        context = {"allowed_company_ids": user.company_ids.ids}
        try:
            with self.env.cr.savepoint():
                return call_kw(
                    self.env[name].with_user(user), method, list(args), {"context": context}
                )
        finally:
            self.env.invalidate_all()

    def test_every_model_and_method_is_looked_at(self):
        own = "scrm_service_settlement"
        models = {m._name for m in self.env.values() if m._original_module == own}
        self.assertEqual({"scrm.service.claim"}, models)
        methods = {
            key
            for model in self.env.values()
            for parent in type(model).__mro__
            if parent.__module__.startswith(f"odoo.addons.{own}.")
            for key, value in vars(parent).items()
            if callable(value) and key[0] != "_" and not isinstance(value, type)
        }
        public = {key for key in methods if not hasattr(BaseModel, key)}
        self.assertEqual({"action_settle", *SHOWING}, public)

    def test_claims(self):
        claim = self.env["scrm.service.claim"].create(self.vals)
        for role, user in self.users.items():
            seen = claim.with_user(user).with_context(allowed_company_ids=user.company_ids.ids)
            may = "".join(key for key, name in OPERATIONS.items() if seen.has_access(name))
            with self.subTest(role=role):
                self.assertEqual(EXPECTED.get(role, ""), may)

    def test_what_is_claimed_is_added_up_and_not_written(self):
        with self.assertRaises(UserError):
            vals = {**self.vals, "amount_accepted": 0}
            self._call("scrm.service.claim", "create", "foreign_preparer", [vals])
        forged = {"amount_claimed": 9e9, "company_id": self.company_other.id}
        created = self._call("scrm.service.claim", "create", "preparer", [{**self.vals, **forged}])
        claim = self.env["scrm.service.claim"].browse(created)
        self.assertEqual(
            (sum(claim._get_earned().values()), self.company),
            (claim.amount_claimed, claim.company_id),
        )

    def test_forms_show_nothing_of_a_foreign_ticket(self):
        vals = {"ticket_id": self.ticket.id}
        spec = {"ticket_id": {}, "amount_claimed": {}}
        for role, is_shown in (("preparer", True), ("foreign_preparer", False)):
            answer = self._call(
                "scrm.service.claim", "onchange", role, [], vals, ["ticket_id"], spec
            )
            self.assertEqual(is_shown, bool(answer["value"].get("amount_claimed")))

    def test_tickets_are_settled_by_those_who_prepare(self):
        for role in ROLES.keys() - {"preparer", "channel", "reviewer", "manager"}:
            with self.subTest(role=role), self.assertRaises(AccessError):
                self._call("scrm.service.ticket", "action_settle", role, self.ticket.ids)
