from markupsafe import Markup

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import SQL, format_date

# What a settlement was priced by; the days may change where nothing was settled.
FACTS = ("library_id", "product_id", "price")
DAYS = ("valid_from", "valid_to")
SHOWN_REFUSALS = 5


class ScrmLibraryLine(models.Model):
    """The history of standard prices: changes are logged, what was settled stays explained."""

    _inherit = "scrm.library.line"

    # === CRUD === #

    def write(self, vals):
        if not vals.keys() & {*FACTS, *DAYS}:
            return super().write(vals)
        settled = self._get_settled_days()
        refusals = {line: line._describe_refusal(*days) for line, days in settled.items()}
        facts = {line: [line[name] for name in FACTS] for line in self}
        words = {line: line._describe() for line in self}
        res = super().write(vals)
        self._refuse(
            [
                refusals[line]
                for line, (first, last) in settled.items()
                if facts[line] != [line[name] for name in FACTS]
                or line.valid_from > first
                or (line.valid_to and line.valid_to < last)
            ]
        )
        self._log(
            {
                line: f"{before} → {line._describe()}"
                for line, before in words.items()
                if before != line._describe()
            }
        )
        return res

    def unlink(self):
        self._log({line: self.env._("Deleted: %s", line._describe()) for line in self})
        return super().unlink()

    @api.ondelete(at_uninstall=False)
    def _unlink_except_settled(self):
        settled = self._get_settled_days()
        self._refuse([line._describe_refusal(*days) for line, days in settled.items()])

    # === BUSINESS === #

    def _get_settled_days(self):
        """Return {price: (first day, last day) on which settlement lines were priced from it}.

        A return is left out: it costs what the line that it takes back cost.
        """
        self.env.flush_all()
        found = self.env.execute_query(
            SQL(
                """
                SELECT price.id, min(line.date), max(line.date)
                  FROM scrm_library_line price
                  JOIN scrm_settlement_line line
                    ON line.company_id = price.company_id
                   AND line.product_id = price.product_id
                   AND line.date >= price.valid_from
                   AND (price.valid_to IS NULL OR line.date <= price.valid_to)
                   AND line.source_type <> 'return'
                  JOIN scrm_settlement_rule rule
                    ON rule.id = line.rule_id
                   AND rule.base = 'library'
                   AND (rule.method IN ('discount', 'formula')
                        OR rule.method = 'fixed' AND rule.basis = 'amount')
                   AND (rule.target <> 'library' OR rule.library_id = price.library_id)
                 WHERE price.id IN %s
                 GROUP BY price.id
                """,
                tuple(self.ids) or (0,),
            )
        )
        return {self.browse(price_id): (first, last) for price_id, first, last in found}

    def _refuse(self, refusals):
        if refusals:
            raise UserError("\n".join(refusals[:SHOWN_REFUSALS]))

    def _describe_refusal(self, first, last):
        """Return why the price stays, and what to do instead."""
        return self.env._(
            "Settlement lines from %(first)s to %(last)s were priced from the standard price of "
            "%(product)s, which therefore stays. End it on %(last)s or later, and add the new "
            "price from the day after its end.",
            product=self.product_id.display_name,
            first=format_date(self.env, first),
            last=format_date(self.env, last),
        )

    def _describe(self):
        self.ensure_one()
        price = f"{self.price:.6f}".rstrip("0").rstrip(".")
        last = format_date(self.env, self.valid_to) or self.env._("until further notice")
        return (
            f"{self.product_id.display_name}: {price} {self.currency_id.name},"
            f" {format_date(self.env, self.valid_from)} – {last}"
        )

    def _log(self, sentences):
        """Note on each library what happened to its prices.

        :param sentences: {price: sentence}
        """
        for library, lines in self.browse().union(*sentences).grouped("library_id").items():
            library.message_post(body=Markup("<br/>").join(sentences[line] for line in lines))
