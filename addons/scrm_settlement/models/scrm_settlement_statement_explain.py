from odoo import api, models


class ScrmSettlementStatement(models.Model):
    # One concern a file.
    _inherit = "scrm.settlement.statement"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    def _explain_nothing(self, company, date_from, date_to, partners):
        """Name what is kept from statements: counted and disputed lines, open exceptions."""
        domain = [
            ("company_id", "=", company.id),
            ("date", ">=", date_from),
            ("date", "<=", date_to),
        ]
        if partners:
            domain.append(("partner_id", "in", partners.commercial_partner_id.ids))
        Line = self.env["scrm.settlement.line"]
        counts = dict(
            Line._read_group(
                [*domain, ("state", "in", ("counted", "disputed"))], ["state"], ["__count"]
            )
        )
        reasons = [super()._explain_nothing(company, date_from, date_to, partners)]
        if counts.get("counted"):
            reasons.append(
                self.env._(
                    "%s lines are counted for their rule's period; nothing more has been earned "
                    "by them.",
                    counts["counted"],
                )
            )
        if counts.get("disputed"):
            reasons.append(
                self.env._("%s lines are disputed: settle the disputes first.", counts["disputed"])
            )
        exceptions = self.env["scrm.settlement.exception"].search_count(
            [*domain, ("state", "=", "open")]
        )
        if exceptions:
            reasons.append(
                self.env._("%s sources wait in the list of exceptions for a decision.", exceptions)
            )
        return " ".join(reasons)
