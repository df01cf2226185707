from datetime import date, datetime

from odoo.addons.scrm_base.tests.race_case import RaceCase

CODE = "concurrency-test"


class ConcurrencyCase(RaceCase):
    """Three sources of the company's own contact, priced by a tier of their own."""

    is_production = False

    def _prepare(self, env):
        # The company's own contact is nobody's customer, so nothing else is made for it.
        company = env.ref("base.main_company")
        product = env["product.product"].create({"name": CODE, "type": "consu"})
        tier = env["scrm.settlement.tier"].create({"name": CODE, "company_id": company.id})
        env["scrm.settlement.rule"].create(
            {
                "name": CODE,
                "tier_id": tier.id,
                "method": "fixed",
                "value": 10,
                "target": "product",
                "product_id": product.id,
            }
        )
        self.company_id, self.partner_id = company.id, company.partner_id.id
        self.product_id = product.id
        self.sources = [self._prepare_source(number) for number in (1, 2, 3)]

    def _take_away(self, env):
        cr = env.cr
        cr.execute("ALTER TABLE scrm_settlement_line DISABLE TRIGGER USER")
        cr.execute("DELETE FROM scrm_settlement_line WHERE source_model = %s", [CODE])
        cr.execute("ALTER TABLE scrm_settlement_line ENABLE TRIGGER USER")
        cr.execute(  # those that were cancelled have no lines left
            "SELECT id FROM scrm_settlement_statement WHERE partner_id = %s"
            " AND date_to < '2002-01-01'",
            [self.partner_id],
        )
        statements = tuple(row[0] for row in cr.fetchall())
        if statements:
            cr.execute("DELETE FROM scrm_settlement_statement WHERE id IN %s", [statements])
            for table, model, res_id in (
                ("mail_message", "model", "res_id"),
                ("mail_followers", "res_model", "res_id"),
            ):
                cr.execute(  # pylint: disable=sql-injection
                    f"DELETE FROM {table} WHERE {model} = 'scrm.settlement.statement' "
                    f"AND {res_id} IN %s",
                    [statements],
                )
        env["scrm.settlement.rule"].search([("name", "=", CODE)]).unlink()
        env["scrm.settlement.tier"].search([("name", "=", CODE)]).unlink()
        env["product.product"].search([("name", "=", CODE)]).product_tmpl_id.unlink()

    def _prepare_source(self, number):
        return {
            "source_type": "part",
            "source_model": CODE,
            "source_id": 2_000_000_000 + number,
            "company_id": self.company_id,
            "partner_id": self.partner_id,
            "product_id": self.product_id,
            "quantity": number,
            "occurred_at": datetime(2001, 1, 10, 4, 0),
        }

    def _record(self, env):
        return env["scrm.settlement.line"]._record_sources(self.sources)

    def _generate(self, env):
        return env["scrm.settlement.statement"]._generate(
            env["res.company"].browse(self.company_id),
            date(2001, 1, 1),
            date(2001, 1, 31),
            env["res.partner"].browse(self.partner_id),
        )
