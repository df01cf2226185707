from odoo.exceptions import UserError
from odoo.modules.neutralize import get_neutralization_queries
from odoo.tests import tagged

from odoo.addons.scrm_base.tests.common import ScrmCase

from .common import SocialMixin


@tagged("post_install", "-at_install")
class TestNeutralize(SocialMixin, ScrmCase):
    """A restored copy cannot speak for the company's account."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._set_up_social()

    def test_the_copy_has_no_key_and_no_address(self):
        self.env.flush_all()
        [query] = get_neutralization_queries(["scrm_social"])
        self.cr.execute(query)
        self.env.invalidate_all()
        self.assertEqual((False, False), (self.channel.secret, self.channel.token))
        with self.assertRaisesRegex(UserError, "cannot be reached"):
            self.channel.action_test_connection()
