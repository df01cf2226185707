"""Why a customer is in a segment: each condition beside the customer's own value."""

from datetime import date, datetime

from odoo import models
from odoo.exceptions import AccessError
from odoo.fields import Domain
from odoo.tools import format_date, format_datetime, formatLang


class ScrmSegment(models.Model):
    _inherit = "scrm.segment"  # pylint: disable=consider-merging-classes-inherited

    def _explain(self, customer):
        """Return what the definition asks and what is true of a customer, for people.

        :param customer: scrm.customer, one record
        :return: list of dicts with ``label``, ``actual`` and ``holds``
        """
        self.ensure_one()
        rows = self._explain_own_domain(customer)
        figures = self.env["scrm.metric"].search(
            [("customer_id", "=", customer.id), ("company_id", "=", self.company_id.id)], limit=1
        )
        for condition in self.condition_ids:
            rows.append(
                {
                    "label": condition._describe(),
                    "actual": condition._format_figure(figures),
                    "holds": self._is_true_of(customer, condition._get_customer_domain(self.env)),
                }
            )
        return rows + self._explain_segments(customer)

    def _explain_segments(self, customer):
        """Return the rows of the segments that the definition names."""
        current = self.env["scrm.segment.member"].search(
            [("customer_id", "=", customer.id), ("left_at", "=", False)]
        )
        is_in, is_out = self.env._("is in it"), self.env._("is not in it")
        rows, included = [], self.include_ids
        if self.include_mode == "any" and len(included) > 1:
            inside = included & current.segment_id
            rows.append(
                {
                    "label": self.env._(
                        "In one of %s", ", ".join(included.sorted("name").mapped("name"))
                    ),
                    "actual": ", ".join(inside.mapped("name")) or is_out,
                    "holds": bool(inside),
                }
            )
            included = included.browse()
        for segments, wanted in ((included, True), (self.exclude_ids, False)):
            for segment in segments:
                inside = segment in current.segment_id
                label = (
                    self.env._("In %s", segment.name)
                    if wanted
                    else self.env._("Not in %s", segment.name)
                )
                rows.append(
                    {
                        "label": label,
                        "actual": is_in if inside else is_out,
                        "holds": inside == wanted,
                    }
                )
        return rows

    def _explain_own_domain(self, customer):
        """Return a row for each part of the domain that must be true, whatever it is made of."""
        domain = self._get_own_domain()
        if domain.is_true():
            return []
        parts = domain.children if getattr(domain, "OPERATOR", "") == "&" else [domain]
        return [self._explain_part(customer, part) for part in parts]

    def _explain_part(self, customer, part):
        label = self._describe_domain(part)
        try:
            actual, holds = self._get_actual(customer, part), self._is_true_of(customer, part)
        except AccessError:
            # What the author may ask is not always the reader's to see.
            return {"label": label, "actual": self.env._("not shown to you"), "holds": True}
        return {"label": label, "actual": actual, "holds": holds}

    def _is_true_of(self, customer, domain):
        Customer = self.env["scrm.customer"].with_context(active_test=False)
        return bool(Customer.search_count(Domain("id", "=", customer.id) & domain, limit=1))

    def _describe_domain(self, domain):
        """Return a condition with its field's own label, anything else as it is written."""
        conditions = list(domain.iter_conditions())
        if len(conditions) != 1:
            return str(list(domain))
        (condition,) = conditions
        value = condition.value
        if isinstance(value, Domain):
            value = list(value)
        return f"{self._get_label(condition.field_expr)} {condition.operator} {value}"

    def _get_label(self, path):
        """Return the labels along a path of fields."""
        model, labels = self.env["scrm.customer"], []
        for name in path.split("."):
            field = model._fields.get(name)
            if field is None:
                return path
            labels.append(field._description_string(self.env))
            model = self.env[field.comodel_name] if field.relational else model
        return " ▸ ".join(labels)

    def _get_actual(self, customer, domain):
        """Return what the customer's fields of a condition hold, as text."""
        texts = []
        for condition in domain.iter_conditions():
            values = customer.mapped(condition.field_expr)
            if isinstance(values, models.BaseModel):
                texts.append(", ".join(values[:5].mapped("display_name")))
            else:
                texts.append(", ".join(self._format_value(value) for value in values[:5]))
        return "; ".join(texts)

    def _format_value(self, value):
        """Return a value as the reader's language writes it."""
        if isinstance(value, bool):
            return self.env._("yes") if value else self.env._("no")
        if isinstance(value, float):
            return formatLang(self.env, value)
        if isinstance(value, datetime):
            return format_datetime(self.env, value)
        if isinstance(value, date):
            return format_date(self.env, value)
        return str(value)
