from odoo.modules.neutralize import get_neutralization_queries
from odoo.tests import tagged

from .common import ScrmCase


@tagged("post_install", "-at_install")
class TestNeutralize(ScrmCase):
    """A restored copy tells nobody what the original tells."""

    def _post(self, medium, **vals):
        return self.env["scrm.outbox"]._post(
            [{"medium": medium, "idem_key": f"neutralize:{medium}", "body": "x", **vals}]
        )

    def test_what_waits_does_not_leave_the_copy(self):
        customer = self._make_customer("Ms Chen", email="chen@example.com")
        mail = self._post("email", identity_id=customer._get_identity("email").id)
        bell = self._post("inapp", user_id=self.env.user.id)
        self.env.flush_all()
        [query] = get_neutralization_queries(["scrm_base"])
        self.cr.execute(query)
        self.env.invalidate_all()
        self.assertEqual(("dead", "queued"), (mail.state, bell.state))
        self._run_outbox()
        self.assertEqual(("dead", "sent"), (mail.state, bell.state))
        self.assertIn("copy", mail.error)
