from odoo.tests import tagged

from .race_case import RaceCase


@tagged("post_install", "-at_install")
class TestTouchRace(RaceCase):
    """With two real connections: what commits late is not forgotten."""

    is_production = False

    def setUp(self):
        super().setUp()
        with self._connect() as env:
            self.company_id = env.company.id
            self.customer_id = env["scrm.customer"].create({}).id
            env["scrm.customer.touch"].search([]).sudo().unlink()

    def _take_away(self, env):
        cr = env.cr
        cr.execute("DELETE FROM scrm_customer_touch WHERE customer_id = %s", [self.customer_id])
        cr.execute("DELETE FROM scrm_customer WHERE id = %s", [self.customer_id])

    def _touch(self, env):
        env["scrm.customer.touch"]._touch(
            [self.customer_id], env["res.company"].browse(self.company_id)
        )

    def test_a_touch_that_commits_late_waits_for_the_next_refresh(self):
        with self._connect() as late, self._connect() as reader:
            self._touch(late)  # lower id than the next, not committed yet
            with self._connect() as early:
                self._touch(early)
            taken = reader["scrm.customer.touch"]._take()
            self.assertEqual({self.company_id: [self.customer_id]}, taken)
            late.cr.commit()
            self.assertEqual({}, reader["scrm.customer.touch"]._take())
            reader.cr.commit()
            taken = reader["scrm.customer.touch"]._take()
            self.assertEqual({self.company_id: [self.customer_id]}, taken)

    def test_one_refresh_at_a_time(self):
        with self._connect() as one, self._connect() as two:
            self.assertTrue(one["scrm.customer.touch"]._try_lock())
            self.assertFalse(two["scrm.customer.touch"]._try_lock())
            two.cr.rollback()
            one.cr.commit()
            self.assertTrue(two["scrm.customer.touch"]._try_lock())
