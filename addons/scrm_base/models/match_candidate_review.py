"""What the review screen shows of two customers that may be one."""

from odoo import api, models
from odoo.tools import format_amount, format_datetime

from .match_candidate import OPEN_STATES

# More than anybody reviews in one sitting.
QUEUE_LENGTH = 1000


class ScrmMatchCandidate(models.Model):
    _inherit = "scrm.match.candidate"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    def get_queue(self):
        """Return the ids of what waits for review, in the order in which it is shown."""
        return self.search([("state", "in", OPEN_STATES)], limit=QUEUE_LENGTH).ids

    def read_review(self):
        """Return one candidate as the review screen shows it, ready to be displayed.

        :return: dict, or False when it was settled meanwhile
        """
        self.ensure_one()
        self.check_access("read")
        if self.state not in OPEN_STATES:
            return False
        customers = self.left_customer_id, self.right_customer_id
        if customers[0] == customers[1]:
            return False
        return {
            "id": self.id,
            "state": self.state,
            "rule": self.env["scrm.identity.link"]._get_rule_labels().get(self.rule, self.rule),
            "reason": self.reason_label,
            "between": [self._describe_handle(self.left_id), self._describe_handle(self.right_id)],
            "percent": round(100 * self.weight),
            "weights": self._read_weights(),
            "sides": [self._read_side(customer) for customer in customers],
            "rows": self._read_rows(*customers),
            "affected": self._read_affected(*customers),
        }

    def _describe_handle(self, identity):
        labels = dict(identity._fields["id_type"]._description_selection(self.env))
        return {
            "id": identity.id,
            "type": labels[identity.id_type],
            "value": identity.display_value,
            "verified": identity.is_verified,
        }

    @api.model
    def _get_field_labels(self):
        """Return {code of a weighed field: its name}; an addon that weighs others extends it."""
        types = self.env["scrm.identity"]._fields["id_type"]._description_selection(self.env)
        return {"name": self.env._("Name"), **dict(types)}

    def _read_weights(self):
        """Return the weights of the fields with the widths of their bars, in percent."""
        labels = self._get_field_labels()
        weights = self.field_weights or []
        most = max((abs(entry.get("weight") or 0) for entry in weights), default=0) or 1
        return [
            {
                "label": labels.get(entry["field"], entry["field"]),
                "left": entry.get("left") or "",
                "right": entry.get("right") or "",
                "weight": f"{entry.get('weight') or 0:+.1f}",
                "agrees": bool(entry.get("agrees")),
                "width": round(100 * abs(entry.get("weight") or 0) / most),
            }
            for entry in weights
        ]

    def _read_side(self, customer):
        """Return the heading and the handles of one of the two customers."""
        return {
            "id": customer.id,
            "name": customer.display_name,
            "handles": [self._describe_handle(handle) for handle in customer.identity_ids],
        }

    def _read_rows(self, left, right):
        """Return what both are compared by: [{label, left, right, differs}]; a hook."""
        fields_get = left.fields_get(
            ["kind", "main_partner_id", "stage_id", "last_seen_at", "create_date"], ["string"]
        )

        def label(name):
            return fields_get[name]["string"]

        def describe(customer):
            kinds = dict(customer._fields["kind"]._description_selection(self.env))
            orders = format_amount(self.env, customer.amount_ordered, customer.currency_id)
            return (
                (label("kind"), kinds.get(customer.kind) or ""),
                (self.env._("Contacts"), ", ".join(customer.partner_ids.mapped("display_name"))),
                (label("stage_id"), customer.stage_id.display_name or ""),
                (self.env._("Orders"), str(customer.order_count)),
                (self.env._("Ordered"), orders if customer.order_count else ""),
                (label("last_seen_at"), format_datetime(self.env, customer.last_seen_at)),
                (self.env._("Known Since"), format_datetime(self.env, customer.create_date)),
            )

        return [
            {"label": name, "left": mine, "right": theirs, "differs": mine != theirs}
            for (name, mine), (_name, theirs) in zip(describe(left), describe(right), strict=True)
        ]

    def _read_affected(self, left, right):
        """Return what would be one customer's: [{label, left, right}], counts alone."""
        return [
            {"label": label, "left": mine, "right": theirs}
            for (label, mine), (_label, theirs) in zip(
                left._count_affected(), right._count_affected(), strict=True
            )
        ]
