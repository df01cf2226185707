from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.scrm_settlement.tests.concurrency_case import CODE, ConcurrencyCase


@tagged("post_install", "-at_install")
class TestClaimRace(ConcurrencyCase):
    """A part comes back while the manufacturer's answer about it is recorded."""

    def _prepare(self, env):
        result = super()._prepare(env)
        self.line_id = self._record(env).sorted("source_id")[2].id  # 3 at 10.00
        return result

    def _get_line(self, env):
        return env["scrm.settlement.line"].browse(self.line_id)

    def _claim(self, env):
        """Record that 15.00 of 30.00 are accepted, for a ticket with this line."""
        Claim = env["scrm.service.claim"]
        vals = {
            "company_id": self.company_id,
            "partner_id": env.ref("base.partner_admin").id,
            "amount_claimed": sum(self._get_line(env).mapped("amount")),
            "amount_accepted": 15,
            "policy": "postcredit",
            "note": CODE,
        }
        with patch.object(type(Claim), "_get_dealer_lines", lambda claim: self._get_line(env)):
            Claim.new(vals)._record()

    def _take_back(self, env):
        line = self._get_line(env)
        return line._record_return(3, source_model=CODE, source_id=2_000_000_101).amount

    @mute_logger("odoo.sql_db", "odoo.service.model")
    def test_what_the_dealer_bears_is_not_taken_back_again(self):
        outcome = self._race(self._claim, self._take_back)
        self.assertEqual((None, -15, 2), outcome)
