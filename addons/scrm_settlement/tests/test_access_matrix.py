"""What every role may do with a record of every model, rights and record rules together."""

from odoo.exceptions import AccessError
from odoo.tests import tagged

from .access_case import ROLES, AccessCase

OPERATIONS = {"r": "read", "w": "write", "c": "create", "u": "unlink"}
# Whoever is not named may do nothing; of a wizard one may do everything with one's own.
PREPARING = "preparer:r channel:r reviewer:r manager:r"
KEPT_BY_CHANNEL = "preparer:r channel:rwc reviewer:r manager:rwcu"
BOOKS = " accountant:r auditor:r"
PORTAL = " portal:r"
CREDIT = "preparer:r channel:r reviewer:r credit:rwcu manager:rwcu salesman:r"
ALLOCATION = "preparer:r channel:r manager:r keeper:r"
ALLOCATION_RULES = "preparer:r channel:rwcu manager:rwcu keeper:r"
EXPECTED = {
    "scrm.settlement.tier": KEPT_BY_CHANNEL + BOOKS,
    "scrm.settlement.scenario": KEPT_BY_CHANNEL
    + BOOKS
    + " internal:r credit:r salesman:r keeper:r",
    "scrm.library": KEPT_BY_CHANNEL,
    "scrm.library.item": "preparer:r channel:rwcu reviewer:r manager:rwcu",
    "scrm.library.line": "preparer:r channel:rwcu reviewer:r manager:rwcu",
    "scrm.settlement.rule": KEPT_BY_CHANNEL + BOOKS,
    "scrm.settlement.bracket": "preparer:r channel:rwcu reviewer:r manager:rwcu" + BOOKS,
    "scrm.settlement.key": "manager:r",
    "scrm.settlement.conflict": "channel:r manager:r",
    "scrm.settlement.line": PREPARING + BOOKS + PORTAL,
    "scrm.settlement.adjustment": "preparer:rc channel:rc reviewer:r manager:rc" + BOOKS,
    "scrm.settlement.exception": "preparer:rw channel:rw reviewer:r manager:rw auditor:r",
    "scrm.settlement.statement": (
        "preparer:rwc channel:rwc reviewer:rw manager:rwc" + BOOKS + PORTAL
    ),
    "scrm.settlement.run": "preparer:rw channel:rw reviewer:r manager:rw",
    "scrm.settlement.dispute": (
        "preparer:rwc channel:rwc reviewer:rwc manager:rwc" + BOOKS + PORTAL
    ),
    "scrm.settlement.import": "preparer:rwc channel:rwc reviewer:rw manager:rwc",
    "scrm.settlement.import.line": PREPARING,
    "scrm.settlement.import.subtotal": PREPARING,
    "scrm.settlement.import.template": "preparer:rwcu channel:rwcu reviewer:r manager:rwcu",
    "scrm.credit.policy": CREDIT,
    "scrm.credit.account": CREDIT,
    "scrm.credit.report": "preparer:r channel:r reviewer:r credit:r manager:r",
    "scrm.credit.review": "preparer:r channel:r reviewer:r credit:rw manager:rw",
    "scrm.credit.hold": "preparer:r channel:r reviewer:r credit:rw manager:rw salesman:r",
    "scrm.allocation.policy": ALLOCATION_RULES,
    "scrm.allocation.policy.line": ALLOCATION_RULES,
    "scrm.allocation.quota": ALLOCATION_RULES,
    "scrm.allocation.run": ALLOCATION_RULES,
    "scrm.allocation.run.product": ALLOCATION,
    "scrm.allocation.run.line": "preparer:r channel:rw manager:rw keeper:r",
    "scrm.allocation.state": ALLOCATION,
    "scrm.shipment.event": ALLOCATION + " salesman:r",
    "scrm.settlement.report": PREPARING,
    "scrm.settlement.dispute.report": PREPARING,
    "scrm.allocation.report": "preparer:r channel:r manager:r",
}
# By whom a wizard is used, and by nobody else.
WIZARDS = {
    "scrm.library.import": {"channel", "manager"},
    "scrm.library.import.line": {"channel", "manager"},
    "scrm.settlement.import.resolve": {"preparer", "channel", "manager"},
    "scrm.settlement.import.waive": {"reviewer", "manager"},
    "scrm.settlement.generate": {"preparer", "channel", "manager"},
    "scrm.settlement.return": {"reviewer", "manager"},
    "scrm.settlement.price.tester": {"preparer", "channel", "reviewer", "manager"},
    "scrm.settlement.price.candidate": {"preparer", "channel", "reviewer", "manager"},
    "scrm.credit.decision": {"credit", "manager"},
    "scrm.credit.item": {"preparer", "channel", "reviewer", "credit", "manager", "salesman"},
    "scrm.credit.limit.change": {"credit", "manager"},
    "scrm.credit.request": {"salesman"},
    "scrm.shipment.report": {"keeper"},
}


@tagged("post_install", "-at_install")
class TestAccessMatrix(AccessCase):
    def test_records(self):
        """A model that is added has to say here who may do what."""
        models = {model._name for model in self._get_own_models() if not model._transient}
        self.assertEqual(models, EXPECTED.keys())
        for name, expected in EXPECTED.items():
            may = dict(entry.split(":") for entry in expected.split())
            record = self._find_record(name)
            for role in ROLES:
                with self.subTest(model=name, role=role):
                    self.assertEqual(may.get(role, ""), self._get_operations(record, role))

    def _get_operations(self, record, role):
        seen = self._as(record, role)
        if not record and role.startswith("foreign"):  # a view without rows, asked for its rights
            return ""
        return "".join(key for key, name in OPERATIONS.items() if seen.has_access(name))

    def test_wizards_are_their_askers_own(self):
        models = {model._name for model in self._get_own_models() if model._transient}
        self.assertEqual(models, WIZARDS.keys())
        for name, users in WIZARDS.items():
            for role in ROLES:
                with self.subTest(model=name, role=role):
                    self.assertFalse(self._get_operations(self.records[name], role))
                    is_user = role.removeprefix("foreign_") in users
                    model = self._as(self.env[name], role)
                    self.assertEqual(is_user, model.has_access("create"))

    def test_wizards_ask_about_records_of_ones_own_company(self):
        for name, vals in self.wizard_vals.items():
            if name == "scrm.credit.item":  # what it says was written by the system
                continue
            for role in ROLES:
                model = self._as(self.env[name], role)
                if not role.startswith("foreign") or not model.has_access("create"):
                    continue
                # More companies than one's own, as a forged request would claim them
                for companies in (self.company_other, self.company + self.company_other):
                    with (
                        self.subTest(model=name, role=role),
                        self.assertRaises(AccessError),
                        self.env.cr.savepoint(),
                    ):
                        model.with_context(allowed_company_ids=companies.ids).create(vals)
