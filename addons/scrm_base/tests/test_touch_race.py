from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry
from odoo.tests import BaseCase, get_db_name, tagged


@tagged("post_install", "-at_install")
class TestTouchRace(BaseCase):
    """With two real connections: what commits late is not forgotten."""

    def setUp(self):
        super().setUp()
        self.registry = Registry(get_db_name())
        with self.registry.cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            self.company_id = env.company.id
            self.customer_id = env["scrm.customer"].create({}).id
            env["scrm.customer.touch"].search([]).sudo().unlink()
        self.addCleanup(self._clean)

    def _clean(self):
        with self.registry.cursor() as cr:
            cr.execute("DELETE FROM scrm_customer_touch WHERE customer_id = %s", [self.customer_id])
            cr.execute("DELETE FROM scrm_customer WHERE id = %s", [self.customer_id])

    def _env(self, cr):
        return api.Environment(cr, SUPERUSER_ID, {})

    def _touch(self, env):
        env["scrm.customer.touch"]._touch(
            [self.customer_id], env["res.company"].browse(self.company_id)
        )

    def test_a_touch_that_commits_late_waits_for_the_next_refresh(self):
        with self.registry.cursor() as late, self.registry.cursor() as reader:
            self._touch(self._env(late))  # lower id than the next, not committed yet
            with self.registry.cursor() as early:
                self._touch(self._env(early))
            taken = self._env(reader)["scrm.customer.touch"]._take()
            self.assertEqual({self.company_id: [self.customer_id]}, taken)
            late.commit()
            self.assertEqual({}, self._env(reader)["scrm.customer.touch"]._take())
            reader.commit()
            taken = self._env(reader)["scrm.customer.touch"]._take()
            self.assertEqual({self.company_id: [self.customer_id]}, taken)

    def test_one_refresh_at_a_time(self):
        with self.registry.cursor() as one, self.registry.cursor() as two:
            self.assertTrue(self._env(one)["scrm.customer.touch"]._try_lock())
            self.assertFalse(self._env(two)["scrm.customer.touch"]._try_lock())
            two.rollback()
            one.commit()
            self.assertTrue(self._env(two)["scrm.customer.touch"]._try_lock())
