from odoo import api, models
from odoo.fields import Domain
from odoo.tools import format_date


class ScrmSettlementStatement(models.Model):
    _inherit = "scrm.settlement.statement"

    @api.model
    def _explain_nothing(self, company, date_from, date_to, dealers):
        """Return why a run found no lines, as sentences (an empty run must not be silent)."""
        return " ".join(
            [
                self.env._(
                    "There is nothing left to settle between %(first)s and %(last)s.",
                    first=format_date(self.env, date_from),
                    last=format_date(self.env, date_to),
                ),
                *(
                    self._explain_left_out(company, date_from, date_to, dealers)
                    or [self.env._("The journal has no lines for these dealers.")]
                ),
            ]
        )

    @api.model
    def _explain_left_out(self, company, date_from, date_to, dealers, everything=True):
        """Return, a sentence each, what of these dealers a run over the period leaves out.

        :param everything: name what is on statements already and what is of other days, too
        """
        domain = Domain("company_id", "=", company.id)
        if dealers:
            domain &= Domain("partner_id", "in", dealers.ids)
        in_period = domain & Domain("date", ">=", date_from) & Domain("date", "<=", date_to)
        reasons = (
            everything and self._explain_claimed(in_period),
            self._explain_no_price(in_period),
            self._explain_disputed(in_period),
            self._explain_counted(in_period),
            self._explain_exceptions(in_period),
            self._explain_currency(in_period),
            self._explain_company(company, in_period),
            self._explain_overlap(company, date_from, date_to, in_period),
            everything and self._explain_other_days(domain, date_from, date_to),
        )
        return [reason for reason in reasons if reason]

    def _explain_claimed(self, in_period):
        Line = self.env["scrm.settlement.line"]
        claimed = in_period & Domain("state", "=", "claimed")
        count = Line.search_count(claimed)
        if not count:
            return None
        # The newest statements are enough to find the rest
        names = Line._read_group(claimed, ["statement_id"], order="statement_id desc", limit=5)
        return self.env._(
            "%(count)s lines of this period are on statements already (%(names)s).",
            count=count,
            names=", ".join(statement.name for (statement,) in names),
        )

    def _explain_no_price(self, in_period):
        count = self._count_lines(in_period & Domain("state", "=", "no_price"))
        return count and self.env._(
            "%(count)s lines of this period have no price: complete the rules and use "
            "“Find prices” in the journal.",
            count=count,
        )

    def _explain_disputed(self, in_period):
        count = self._count_lines(in_period & Domain("state", "=", "disputed"))
        return count and self.env._(
            "%(count)s lines of this period are disputed: they wait until the dispute is decided.",
            count=count,
        )

    def _explain_counted(self, in_period):
        count = self._count_lines(in_period & Domain("state", "=", "counted"))
        return count and self.env._(
            "%s lines are counted for their rule's period; nothing more has been earned by them.",
            count,
        )

    def _explain_exceptions(self, in_period):
        count = self.env["scrm.settlement.exception"].search_count(
            in_period & Domain("state", "=", "open")
        )
        return count and self.env._(
            "%s sources wait in the list of exceptions for a decision.", count
        )

    def _explain_currency(self, in_period):
        Line = self.env["scrm.settlement.line"]
        groups = Line._read_group(
            in_period & Domain("state", "=", "pending") & Domain("currency_id.active", "=", False),
            ["currency_id"],
            ["__count"],
        )
        return groups and self.env._(
            "%(count)s lines of this period are in a currency that is not active (%(names)s): "
            "activate it in Invoicing.",
            count=sum(count for _currency, count in groups),
            names=", ".join(currency.name for currency, _count in groups),
        )

    def _explain_company(self, company, in_period):
        # sudo: who is left out may not be seen from here any more
        Line = self.env["scrm.settlement.line"].sudo()
        groups = Line._read_group(
            in_period
            & Domain("state", "=", "pending")
            & Domain("partner_id.company_id", "not in", [False, *company.parent_ids.ids]),
            ["partner_id"],
            ["__count"],
        )
        return groups and self.env._(
            "%(count)s lines of this period are of dealers who belong to another company now "
            "(%(names)s): share those contacts between companies.",
            count=sum(count for _dealer, count in groups),
            names=", ".join(dealer.name for dealer, _count in groups[:5]),
        )

    def _explain_overlap(self, company, date_from, date_to, in_period):
        keys = [
            (partner.id, mode, currency.id)
            for partner, mode, currency in self.env["scrm.settlement.line"]._read_group(
                in_period & Domain("state", "=", "pending"),
                ["partner_id", "document_mode", "currency_id"],
            )
        ]
        overlaps = self._get_overlaps(company, date_from, date_to, keys)
        if not overlaps:
            return None
        (partner_id, *_terms), (first, last) = next(iter(overlaps.items()))
        return self.env._(
            "%(count)s dealers have a statement of another period that overlaps, as %(dealer)s "
            "from %(first)s to %(last)s: generate that period again, or begin after it.",
            count=len({key[0] for key in overlaps}),
            dealer=self.env["res.partner"].browse(partner_id).display_name,
            first=format_date(self.env, first),
            last=format_date(self.env, last),
        )

    def _explain_other_days(self, domain, date_from, date_to):
        outside = self.env["scrm.settlement.line"].search(
            domain
            & Domain("state", "=", "pending")
            & (Domain("date", "<", date_from) | Domain("date", ">", date_to)),
            order="date, id",
            limit=1,
        )
        return outside and self.env._(
            "There are pending lines outside the period, the earliest on %(date)s.",
            date=format_date(self.env, outside.date),
        )

    def _count_lines(self, domain):
        return self.env["scrm.settlement.line"].search_count(domain)
