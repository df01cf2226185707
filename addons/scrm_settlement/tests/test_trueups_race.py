from datetime import date, datetime

from odoo.tests import tagged
from odoo.tools import mute_logger

from .concurrency_case import CODE, ConcurrencyCase

JANUARY = (date(2001, 1, 1), date(2001, 1, 31))
FEBRUARY = (date(2001, 2, 1), date(2001, 2, 28))


@tagged("post_install", "-at_install")
class TestTrueupsRace(ConcurrencyCase):
    """Two months of one contract are generated at once."""

    def _prepare(self, env):
        result = super()._prepare(env)
        env["scrm.settlement.rule"].search([("name", "=", CODE)]).write(
            {"accumulation": "period", "basis": "quantity", "period": "year"}
        )
        self.sources[2]["occurred_at"] = datetime(2001, 2, 10, 4, 0)
        self._record(env)
        return result

    def _take_away(self, env):
        cr = env.cr
        cr.execute("ALTER TABLE scrm_settlement_line DISABLE TRIGGER USER")
        cr.execute(
            "DELETE FROM scrm_settlement_line line USING scrm_settlement_line counted"
            " WHERE counted.id = line.origin_line_id AND counted.source_model = %s",
            [CODE],
        )
        cr.execute("ALTER TABLE scrm_settlement_line ENABLE TRIGGER USER")
        return super()._take_away(env)

    def _settle(self, env, days):
        return (
            env["scrm.settlement.statement"]
            ._generate(
                env["res.company"].browse(self.company_id),
                *days,
                env["res.partner"].browse(self.partner_id),
            )
            .amount_untaxed
        )

    @mute_logger("odoo.sql_db", "odoo.service.model")
    def test_two_months_pay_the_volume_once(self):
        outcome = self._race(
            lambda env: self._settle(env, JANUARY), lambda env: self._settle(env, FEBRUARY)
        )
        self.assertEqual((30, 30, 2), outcome)
