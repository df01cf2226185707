import base64
from datetime import date

from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.scrm_base.tests.spreadsheet_files import make_xlsx

from .concurrency_case import CODE, ConcurrencyCase
from .reconciliation_case import HEADER


@tagged("post_install", "-at_install")
class TestTwinsRace(ConcurrencyCase):
    """A claim is accepted while its source comes and is settled: a person is asked."""

    def _prepare(self, env):
        result = super()._prepare(env)
        env["product.product"].browse(self.product_id).default_code = CODE
        file = make_xlsx([HEADER, ["", CODE, date(2001, 1, 9), 1, 10]])
        record = env["scrm.settlement.import"].create(
            {
                "company_id": self.company_id,
                "partner_id": self.partner_id,
                "date_from": date(2001, 1, 1),
                "date_to": date(2001, 1, 31),
                "filename": f"{CODE}.xlsx",
                "file": base64.b64encode(file),
            }
        )
        record.action_compare()
        self.assertEqual("only_theirs", record.line_ids.status)
        self.import_id, self.row_id = record.id, record.line_ids.id
        self.sources = self.sources[:1]
        return result

    def _take_away(self, env):
        cr = env.cr
        cr.execute(
            "DELETE FROM scrm_settlement_exception WHERE partner_id = %s AND date < '2002-01-01'",
            [self.partner_id],
        )
        cr.execute("DELETE FROM scrm_settlement_import_line WHERE import_id = %s", [self.import_id])
        cr.execute("ALTER TABLE scrm_settlement_line DISABLE TRIGGER USER")
        cr.execute(
            "DELETE FROM scrm_settlement_line WHERE source_model = %s"
            " OR source_type = 'import' AND source_id = %s",
            [CODE, self.row_id],
        )
        cr.execute("ALTER TABLE scrm_settlement_line ENABLE TRIGGER USER")
        env["scrm.settlement.import"].browse(self.import_id).message_ids.unlink()
        env["ir.attachment"].search(
            [
                ("res_model", "=", "scrm.settlement.import"),
                ("res_id", "=", self.import_id),
                ("res_field", "=", "file"),
            ]
        ).unlink()
        cr.execute("DELETE FROM scrm_settlement_import WHERE id = %s", [self.import_id])
        return super()._take_away(env)

    def _accept(self, env):
        row = env["scrm.settlement.import.line"].browse(self.row_id)
        return row._accept(env["product.product"].browse(self.product_id), 1).id

    def _settle_source(self, env):
        line = self._record(env)
        self._generate(env)
        return line.id

    def _check_one_waits(self, *ids):
        lines = self._query(
            "SELECT id, state, statement_id IS NOT NULL FROM scrm_settlement_line"
            " WHERE id IN %s ORDER BY state",
            ids,
        )
        (paid_id, *paid), (held_id, *held) = lines
        self.assertEqual((["claimed", True], ["held", False]), (paid, held))
        asked = self._query(
            "SELECT source_id, origin_line_id, state FROM scrm_settlement_exception"
            " WHERE source_id IN %s AND reason = 'claimed'",
            ids,
        )
        self.assertEqual([(held_id, paid_id, "open")], asked)

    @mute_logger("odoo.sql_db", "odoo.service.model")
    def test_the_source_is_settled_while_the_claim_is_accepted(self):
        claim_id, line_id, attempts = self._race(self._accept, self._settle_source)
        self.assertEqual(2, attempts)
        self._check_one_waits(claim_id, line_id)

    @mute_logger("odoo.sql_db", "odoo.service.model")
    def test_the_claim_is_accepted_while_its_source_is_settled(self):
        line_id, claim_id, attempts = self._race(self._settle_source, self._accept)
        self.assertEqual(2, attempts)
        self._check_one_waits(claim_id, line_id)
