from odoo import api, models
from odoo.tools import format_amount, format_date


class ScrmSettlementRule(models.Model):
    _inherit = "scrm.settlement.rule"

    # === COMPUTE === #

    @api.depends(
        *("method", "value", "base", "currency_id", "surcharge", "price_min", "price_max"),
        *("pricelist_id", "accumulation", "period", "bracket_mode", "bracket_ids.value"),
    )
    def _compute_price_label(self):
        periods = dict(self._fields["period"]._description_selection(self.env))
        for rule in self:
            labels = [rule._describe_value(b.value) for b in rule.bracket_ids] or [
                rule._describe_value(rule.value)
            ]
            label = labels[0] if len(labels) == 1 else f"{labels[0]} … {labels[-1]}"
            if rule.accumulation == "period":
                label = f"{label} · {periods[rule.period]}"
            rule.price_label = label

    @api.depends(
        *("partner_ids", "include_downline", "scenario_ids", "region_ids", "grade_ids"),
        *("date_from", "date_to"),
    )
    def _compute_scope_label(self):
        for rule in self:
            parts = [
                ", ".join(records.mapped("display_name"))
                for records in (
                    rule.partner_ids,
                    rule.scenario_ids,
                    rule.region_ids,
                    rule.grade_ids,
                )
                if records
            ]
            if rule.partner_ids and rule.include_downline:
                parts[0] = self.env._("%(dealers)s and their downline", dealers=parts[0])
            if rule.date_from or rule.date_to:
                parts.append(
                    "{} – {}".format(
                        format_date(self.env, rule.date_from) or "…",
                        format_date(self.env, rule.date_to) or "…",
                    )
                )
            rule.scope_label = " · ".join(parts) or self.env._("Everybody, everywhere")

    # === BUSINESS === #

    @api.model
    def _describe_reason(self, outcome, reason):
        """Return why a rule won, lost or did not take part, as a sentence."""
        if outcome == "won":
            return (
                self.env._("Applies: the most specific rule.")
                if reason == "best"
                else self.env._("Applies.")
            )
        if outcome == "lost":
            return {
                "partner": self.env._("Another rule names this dealer."),
                "upline": self.env._("Another rule names a nearer upline of this dealer."),
                "scenario": self.env._("Another rule names this scenario."),
                "region": self.env._("Another rule names a closer region."),
                "grade": self.env._("Another rule names this dealer's level."),
                "item": self.env._("Another rule names the item more closely."),
                "start": self.env._("Another rule started later."),
                "sequence": self.env._("Another rule comes first by its sequence."),
                "id": self.env._("Another rule is equally specific and older."),
            }[reason]
        return {
            "partner": self.env._("For other dealers."),
            "scenario": self.env._("For another scenario."),
            "region": self.env._("For another region."),
            "grade": self.env._("For another level."),
            "item": self.env._("For other items."),
            "date": self.env._("Not valid on this day."),
            "scope": self.env._("For another kind of delivery."),
            "bracket": self.env._("No bracket holds this quantity or amount."),
            "price": self.env._(
                "There is no base price on this day: complete the library or the cost."
            ),
        }[reason]

    @api.model
    def _describe_explanation(self, explanation, price_unit, currency):
        """Return a line's explanation in the reader's language, one sentence a reason."""
        if not explanation:
            return ""

        def money(amount):
            return format_amount(self.env, amount, currency)

        if explanation.get("note"):
            return explanation["note"]
        if not explanation.get("rule"):
            return self.env._("No rule applies.")
        text = self._describe_price(explanation, money(price_unit), money)
        parts = [f"{explanation['tier']} / {explanation['rule']}: {text}"]
        for loser in explanation.get("lost") or ():
            parts.append(
                self.env._(
                    "Not “%(rule)s” (%(price)s): %(reason)s",
                    rule=loser["rule"],
                    price=money(loser["price"]),
                    reason=self._describe_reason("lost", loser["reason"]),
                )
            )
        if explanation.get("lost", ()) is None:
            parts.append(self.env._("The price tester lists the other rules."))
        return "\n".join(parts)

    @api.model
    def _describe_price(self, explanation, price, money):
        """Return how a price came about: `Standard price 128.00 − 8 % = 117.76`."""
        method, bracket = explanation["method"], explanation.get("bracket")
        if isinstance(bracket, list):  # else an older line's own words
            bracket = self.env["scrm.settlement.bracket"]._describe_range(*bracket)
        if explanation.get("accumulation") == "period":
            return self.env._("Counted: the period is priced as a whole.")
        if explanation.get("stepped"):
            return self.env._(
                "In parts by brackets, up to “%(bracket)s”: %(price)s on average",
                bracket=bracket,
                price=price,
            )
        if method == "fixed":
            text = self.env._("Fixed price %(price)s", price=price)
        elif method == "pricelist":
            text = self.env._(
                "Pricelist %(pricelist)s: %(price)s",
                pricelist=explanation.get("pricelist"),
                price=price,
            )
        else:
            base, value = money(explanation.get("base") or 0), explanation.get("value")
            source = explanation.get("library") or self._describe_base(explanation)
            if method == "margin":
                text = self.env._(
                    "Cost %(base)s + %(value)g %% = %(price)s", base=base, value=value, price=price
                )
            elif method == "percent":
                text = self.env._(
                    "%(value)g %% of %(base)s = %(price)s", base=base, value=value, price=price
                )
            else:
                text = self.env._(
                    "%(library)s %(base)s − %(value)g %% = %(price)s",
                    library=source,
                    base=base,
                    value=value,
                    price=price,
                )
        if bracket:
            text = self.env._("%(text)s (bracket %(bracket)s)", text=text, bracket=bracket)
        return text

    @api.model
    def _describe_base(self, explanation):
        return {
            "cost": self.env._("Cost"),
            "source": self.env._("Unit price of the source"),
        }.get(explanation.get("base_kind"), self.env._("Sales price"))

    def _describe_value(self, value):
        """Return what a value of this rule means, without a product: `Standard price − 8 %`."""
        self.ensure_one()
        bases = dict(self._fields["base"]._description_selection(self.env))
        if self.method == "fixed":
            return format_amount(self.env, value, self.currency_id)
        if self.method == "margin":
            return self.env._("Cost + %(value)g %%", value=value)
        if self.method == "percent":
            return self.env._("%(value)g %% of the source's amount", value=value)
        if self.method == "pricelist":
            return self.pricelist_id.display_name or ""
        text = self.env._("%(base)s − %(value)g %%", base=bases.get(self.base, ""), value=value)
        if self.method == "formula" and self.surcharge:
            amount = format_amount(self.env, abs(self.surcharge), self.currency_id)
            text = f"{text} {'+' if self.surcharge > 0 else '−'} {amount}"
        return text
