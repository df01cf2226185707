from odoo.tests import HttpCase, tagged

from .reconciliation_case import ReconciliationCase


@tagged("post_install", "-at_install")
class TestTourUpload(HttpCase, ReconciliationCase):
    def test_a_dealer_compares_a_statement_with_his_list(self):
        for number in (1, 2):
            self._entry(f"D-{number}")
        statement = self._generate(self.preparer)
        statement.with_user(self.preparer).action_submit()
        portal = self._make_user("tour.dealer", "base.group_portal")
        portal.partner_id.parent_id = self.dealer
        portal.lang = "en_US"
        self.start_tour("/my", "scrm_settlement_upload", login=portal.login)
        record = statement.import_ids
        self.assertEqual({2: "amount", 3: "matched", 4: "only_theirs"}, self._statuses(record))
        self.assertEqual((portal, 85), (record.uploader_id, record.amount_difference))
