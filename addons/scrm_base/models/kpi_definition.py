"""What each KPI counts: numerator, denominator and window, each said once."""

from odoo import api, models
from odoo.tools import SQL

from ..tools.kpi import Definition, Part

# By what a company reaches a customer, and by what a customer takes part.
REACHING = ("message_out", "mail", "visit")
TAKING_PART = ("message_in", "rating", "order")
MEMBERS = ("member",)
FANS = ("fan",)

AMOUNT = SQL(
    "SUM(sale_order.amount_total / CASE WHEN COALESCE(sale_order.currency_rate, 0) = 0 THEN 1"
    " ELSE sale_order.currency_rate END)"
)


class ScrmKpi(models.Model):
    _inherit = "scrm.kpi"  # pylint: disable=consider-merging-classes-inherited

    # === WHO AND WHAT === #

    @api.model
    def _get_customer_domain(self, stages=None):
        domain = [("pool_id", "=", self.env.company.scrm_pool_id.id)]
        return domain + ([("axis_stage_ids.code", "in", list(stages))] if stages else [])

    @api.model
    def _get_metric_domain(self, stages=None):
        domain = [("company_id", "=", self.env.company.id)]
        if stages:
            domain.append(("customer_id.axis_stage_ids.code", "in", list(stages)))
        return domain

    @api.model
    def _get_order_domain(self, days):
        return [
            ("state", "=", "sale"),
            ("company_id", "=", self.env.company.id),
            ("date_order", ">=", self._get_start(days)),
        ]

    @api.model
    def _get_interaction_domain(self, days, kinds=None):
        domain = [
            ("company_id", "=", self.env.company.id),
            ("occurred_at", ">=", self._get_start(days)),
        ]
        return domain + ([("kind", "in", list(kinds))] if kinds else [])

    @api.model
    def _get_members(self):
        label = self.env._("members (stage Member)")
        return Part(label, "scrm.customer", self._get_customer_domain(MEMBERS))

    @api.model
    def _get_fans(self):
        label = self.env._("fans (stage Fan)")
        return Part(label, "scrm.customer", self._get_customer_domain(FANS))

    # === CUSTOMERS === #

    def _define_coverage(self):
        """How many of the customers somebody wrote to, mailed or visited."""
        everybody = self._get_customer_domain()
        reached = [("interaction_ids", "any", self._get_interaction_domain(90, REACHING))]
        return Definition(
            Part(self.env._("customers reached"), "scrm.customer", everybody + reached),
            Part(self.env._("customers"), "scrm.customer", everybody),
            days=90,
        )

    def _define_conversion(self):
        """How many of those who had not ordered before did."""
        day = str(self._get_first_day(90))
        converted = [("first_ordered_on", ">=", day)]
        not_before = ["|", ("first_ordered_on", "=", False), ("first_ordered_on", ">=", day)]
        company = self._get_metric_domain()
        return Definition(
            Part(self.env._("customers with a first order"), "scrm.metric", company + converted),
            Part(self.env._("customers without one before"), "scrm.metric", company + not_before),
            days=90,
        )

    def _define_average_order(self):
        """What a confirmed order amounts to, in the company's currency at the order's rate."""
        orders = self._get_order_domain(90)
        return Definition(
            Part(self.env._("ordered, with taxes"), "sale.order", orders, AMOUNT, is_amount=True),
            Part(self.env._("confirmed orders"), "sale.order", orders),
            days=90,
            unit="amount",
        )

    # === MEMBERS === #

    def _define_frequency(self):
        """How often a member orders in a year, in the member's own name."""
        by_members = [("partner_id.scrm_customer_id.axis_stage_ids.code", "in", list(MEMBERS))]
        return Definition(
            Part(
                self.env._("orders placed by members"),
                "sale.order",
                self._get_order_domain(365) + by_members,
            ),
            self._get_members(),
            days=365,
            unit="ratio",
        )

    def _define_cross_selling(self):
        """How many members bought from two product categories or more, ever."""
        members = self._get_metric_domain(MEMBERS)
        several = [("category_count", ">=", 2)]
        return Definition(
            Part(
                self.env._("members with two product categories or more"),
                "scrm.metric",
                members + several,
            ),
            Part(self.env._("members (stage Member)"), "scrm.metric", members),
            days=0,
        )

    def _define_redemption(self):
        """How many of the points that were issued were spent; a hook: nothing knows of points."""
        return None

    # === FANS === #

    def _define_interaction(self):
        """How much happens between a fan and the company in a month."""
        of_fans = [("customer_id.axis_stage_ids.code", "in", list(FANS))]
        return Definition(
            Part(
                self.env._("interactions with fans"),
                "scrm.interaction",
                self._get_interaction_domain(30) + of_fans,
            ),
            self._get_fans(),
            days=30,
            unit="ratio",
        )

    def _define_participation(self):
        """How many of the fans wrote, rated or ordered in a month."""
        taking_part = [("interaction_ids", "any", self._get_interaction_domain(30, TAKING_PART))]
        return Definition(
            Part(
                self.env._("fans who wrote, rated or ordered"),
                "scrm.customer",
                self._get_customer_domain(FANS) + taking_part,
            ),
            self._get_fans(),
            days=30,
        )

    def _define_referral(self):
        """How many of those whom fans brought ordered; a hook: nothing knows who brought whom."""
        return None
