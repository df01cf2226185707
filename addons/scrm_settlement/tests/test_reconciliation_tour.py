import base64

from odoo.tests import HttpCase, tagged

from .common import CHANNEL_MANAGER, REVIEWER
from .reconciliation_case import ReconciliationCase


@tagged("post_install", "-at_install")
class TestReconciliationTour(HttpCase, ReconciliationCase):
    def test_upload_match_accept_and_waive(self):
        self.dealer.name = "Tour dealer"
        for number in (1, 2):
            self._entry(f"D-{number}")
        channel = self._make_user("tour.channel", CHANNEL_MANAGER)
        finance = self._make_user("tour.reviewer", REVIEWER)
        (channel | finance).lang = "en_US"
        statement = self._generate(channel)
        record = self._make_import(
            self._row("D-1", 130),
            self._row("Our 2", code="x", day=20),
            self._row("D-3", 100, day=20),
            user=channel,
            statement_id=statement.id,
        )
        self.start_tour(
            f"/odoo/action-scrm_settlement.scrm_settlement_import_action/{record.id}",
            "scrm_settlement_reconcile",
            login=channel.login,
        )
        self.assertEqual({2: "amount", 3: "matched", 4: "matched"}, self._statuses(record))
        self.assertEqual("import", record.line_ids.line_id.sorted("id")[-1].source_type)
        self.start_tour(
            f"/odoo/action-scrm_settlement.scrm_settlement_import_action/{record.id}",
            "scrm_settlement_waive",
            login=finance.login,
        )
        self.assertEqual(("waived", finance), (record.state, record.waiver_id))
        statement.with_user(channel).action_submit()
        self.assertEqual("submitted", statement.state)
        self.assertTrue(base64.b64decode(record.report_file))
