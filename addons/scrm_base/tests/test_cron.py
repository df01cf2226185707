from odoo.tests import tagged
from odoo.tools import SQL

from .common import ScrmCase


@tagged("post_install", "-at_install")
class TestCron(ScrmCase):
    def _write_unseen(self, leads, partners):
        """Give leads their contacts as another program would, past every hook."""
        self.env.flush_all()
        for lead, partner in zip(leads, partners, strict=True):
            self.env.cr.execute(
                SQL("UPDATE crm_lead SET partner_id = %s WHERE id = %s", partner.id, lead.id)
            )
        self.env.invalidate_all()

    def test_who_did_business_unnoticed_is_known_in_the_morning(self):
        partner = self._make_partner(name="陈女士", phone="13826001001")
        address = self._make_partner(name="仓库", parent_id=partner.id, type="delivery")
        lead = self.env["crm.lead"].create({"name": "Filter"})
        self._write_unseen(lead, address)
        self.assertFalse(partner.scrm_customer_id)
        with self.enter_registry_test_mode():
            self.env.ref("scrm_base.ir_cron_backfill_customers").method_direct_trigger()
        self.env.invalidate_all()
        self.assertEqual("陈女士", partner.scrm_customer_id.name)
        self.assertEqual(partner.scrm_customer_id, address.scrm_customer_id)

    def test_the_backfill_looks_at_everybody_at_once(self):
        partners = self.env["res.partner"].create([{"name": f"P{i}"} for i in range(60)])
        leads = self.env["crm.lead"].create([{"name": partner.name} for partner in partners])
        self._write_unseen(leads, partners)
        self.assertLessEqual(
            set(partners.ids), set(self.env["res.partner"]._scrm_get_backfill_ids(self.company))
        )
        companies = self.env["res.company"].search_count([])
        with self.assertQueryCount(40 + 25 * companies):
            self.env["res.partner"]._scrm_backfill_customers()
            self.env.flush_all()
        self.assertEqual(60, len(partners.scrm_customer_id))
        self.assertFalse(self.env["res.partner"]._scrm_get_backfill_ids(self.company))

    def test_the_nightly_rebuild_runs(self):
        with self.enter_registry_test_mode():
            self.env.ref("scrm_base.ir_cron_rebuild_customers").method_direct_trigger()
