from functools import partial
from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools import mute_logger

from .concurrency_case import CODE, ConcurrencyCase


@tagged("post_install", "-at_install")
class TestPullRace(ConcurrencyCase):
    """Two connections fetch the same sources: each is in the journal once."""

    def _pull(self, env):
        """Run the real loop on the sources of this test; return which lines it made."""
        Line = env["scrm.settlement.line"]

        def find(company, window, since):
            known = Line.search([("source_model", "=", CODE)]).mapped("source_id")
            return [n for n, s in enumerate(self.sources) if s["source_id"] not in known]

        def take(company, numbers):
            self.made += Line._record_sources([self.sources[n] for n in numbers]).ids

        self.made = []
        pulls = [("source of a test", None, find, take)]
        with patch.object(type(Line), "_get_pulls", lambda self: pulls):
            Line._pull(env["res.company"].browse(self.company_id))
        return self.made

    @mute_logger("odoo.sql_db", "odoo.service.model")
    def test_two_runs_at_once(self):
        first, outcome, attempts = self._race(self._pull)
        self.assertEqual((3, [], 2), (len(first), outcome, attempts))

    @mute_logger("odoo.sql_db", "odoo.service.model")
    def test_two_returns_at_once_take_back_each_source_once(self):
        with self._connect() as env:
            line_id = self._record(env).sorted("source_id")[2].id  # quantity 3
        first, outcome, _attempts = self._race(partial(self._take_back, line_id))
        self.assertEqual((1, []), (len(first), outcome))
        with self._connect() as env:
            lines = env["scrm.settlement.line"].search(
                [("source_model", "=", CODE), ("source_type", "=", "return")]
            )
            self.assertEqual([-2], lines.mapped("quantity"))

    def _take_back(self, line_id, env):
        line = env["scrm.settlement.line"].browse(line_id)
        return line._record_return(2, source_model=CODE, source_id=2_000_000_201).ids
