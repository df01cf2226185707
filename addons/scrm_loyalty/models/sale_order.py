from odoo import api, fields, models

from ..tools import events
from ..tools.events import Basis, PointsBasis
from ..tools.points import format_minor, from_minor, multiply, to_minor


class SaleOrder(models.Model):
    _inherit = "sale.order"

    scrm_tier_id = fields.Many2one(
        comodel_name="scrm.loyalty.tier",
        string="Member Tier",
        compute="_compute_scrm_tier_id",
        compute_sudo=True,
    )
    scrm_points_reason = fields.Char(
        string="Points",
        compute="_compute_scrm_points_reason",
        compute_sudo=True,
        help="What the order gives, and by which tier.",
    )

    # === COMPUTE === #

    @api.depends("partner_id", "company_id")
    def _compute_scrm_tier_id(self):
        groups = self.env["scrm.loyalty.tier.group"].search(
            [("company_id", "parent_of", self.company_id.ids)]
        )
        programs = groups.program_id
        for order in self:
            tiers = order._scrm_get_tiers(programs).values()
            order.scrm_tier_id = max(tiers, key=lambda tier: tier.multiplier, default=False)

    @api.depends("coupon_point_ids.points", "coupon_point_ids.scrm_base_points")
    def _compute_scrm_points_reason(self):
        for order in self:
            rows = order.coupon_point_ids.filtered(
                lambda row: row.points and row.coupon_id.program_id._scrm_has_ledger()
            )
            order.scrm_points_reason = "; ".join(order._scrm_explain(row) for row in rows)

    def _scrm_explain(self, row):
        """Say what a card gets: "359.88 points = 299.90 × 1.2 (Silver)"."""
        figures = {
            "points": format_minor(to_minor(row.points)),
            "unit": row.coupon_id.point_name or "",
        }
        if not row.scrm_tier_id:
            return self.env._("%(points)s %(unit)s", **figures)
        return self.env._(
            "%(points)s %(unit)s = %(base)s × %(multiplier)s (%(tier)s)",
            base=format_minor(to_minor(row.scrm_base_points)),
            multiplier=f"{row.scrm_multiplier:g}",
            tier=row.scrm_tier_id.name,
            **figures,
        )

    # === POINTS OF THE ORDER === #

    def _scrm_get_tiers(self, programs):
        """Give the customer's tier for each of the programmes that has one."""
        self.ensure_one()
        # sudo: the salesperson needs the multiplier, not the right to see customers
        partner = self.partner_id.with_company(self.company_id).sudo()
        memberships = self.env["scrm.loyalty.membership"]._get_for_customer(
            partner.scrm_customer_id, programs
        )
        tiers = {program: m._get_current_tier() for program, m in memberships.items()}
        return {program: tier for program, tier in tiers.items() if tier}

    def _program_check_compute_points(self, programs):
        """Multiply what the programme's rules give by the member's tier."""
        result = super()._program_check_compute_points(programs)
        members_only = programs.filtered(lambda program: program._scrm_has_ledger())
        tiers = self._scrm_get_tiers(members_only) if members_only and self.partner_id else {}
        basis = PointsBasis.of(self)
        for program, tier in tiers.items():
            status = result.get(program, {})
            if "points" not in status:
                continue
            base = to_minor(status["points"][0])
            total = multiply(base, tier.multiplier)
            status["points"][0] = from_minor(total)
            if total != base:
                basis[program.id] = Basis(total, base, tier.id, tier.multiplier)
        return result

    def _scrm_with_basis(self):
        """Give the order in a context that collects what the tiers made of the points."""
        return self.with_context(**{PointsBasis.CONTEXT_KEY: PointsBasis()})

    def _update_programs_and_rewards(self):
        return super(SaleOrder, self._scrm_with_basis())._update_programs_and_rewards()

    def _try_apply_program(self, program, coupon=None):
        return super(SaleOrder, self._scrm_with_basis())._try_apply_program(program, coupon)

    def _add_points_for_coupon(self, coupon_points):
        if self.state != "sale":
            return super()._add_points_for_coupon(coupon_points)
        # A programme that is applied after the confirmation gives its points at once.
        cards = self.env["loyalty.card"].union(*coupon_points)
        late = {
            events.in_context(card, "late", self): points for card, points in coupon_points.items()
        }
        res = super()._add_points_for_coupon(late)
        self._scrm_post_qualifying(cards)
        return res

    # === CONFIRM AND CANCEL === #

    def action_confirm(self):
        confirmed = self.filtered(lambda order: order.state != "sale")
        res = super(SaleOrder, events.in_context(self, "confirm", confirmed)).action_confirm()
        confirmed = confirmed.filtered(lambda order: order.state == "sale")
        self.env["scrm.point.entry"]._get_live(confirmed, "redeemable")._tell_timeline()
        confirmed._scrm_post_qualifying()
        return res

    def _action_cancel(self):
        confirmed = self.filtered(lambda order: order.state == "sale")
        res = super(SaleOrder, events.in_context(self, "cancel", confirmed))._action_cancel()
        confirmed.filtered(lambda order: order.state == "cancel")._scrm_reverse_qualifying()
        return res

    def _scrm_post_qualifying(self, cards=None):
        """Post the points that count towards the tier, and look whether it rises.

        They are the points of the programme's rules, before the multiplier: a tier does not
        feed itself.

        :param cards: these cards only; all of the orders by default
        """
        ledger = self.env["scrm.point.entry"]
        posted = ledger._get_live(self, "qualifying")
        done = {(entry.res_id, entry.card_id) for entry in posted}
        for order in self:
            # sudo: bookkeeping, see scrm.point.entry._post
            rows = order.sudo().coupon_point_ids.filtered(
                lambda row, order=order: (
                    row.coupon_id.program_id._scrm_has_ledger()
                    and (cards is None or row.coupon_id in cards)
                    and (order.id, row.coupon_id) not in done
                )
            )
            rows.coupon_id.filtered(lambda card: not card.scrm_identity_id)._scrm_join()
            ledger._post(
                [
                    {
                        **order._scrm_prepare_part(row.coupon_id),
                        "currency": "qualifying",
                        "kind": "earn",
                        "delta": to_minor(row.scrm_base_points),
                    }
                    for row in rows
                ]
            )
            rows.coupon_id._scrm_get_memberships()._evaluate(order)

    def _scrm_reverse_qualifying(self):
        """Take back what the orders gave towards the tier."""
        ledger = self.env["scrm.point.entry"]
        for order in self:
            live = ledger._get_live(order, "qualifying")
            ledger._post(live._prepare_reversal_vals())
            live.card_id._scrm_get_memberships()._evaluate(order)

    # === PARTS === #

    def _scrm_prepare_part(self, card):
        """Give what every entry of this order on ``card`` says about its source."""
        self.ensure_one()
        return {
            "card_id": card.id,
            "company_id": (card.company_id or self.company_id).id,
            "res_model": self._name,
            "res_id": self.id,
            "reference": self.name,
            "reason": self.env._("Order %s", self.name),
        }

    @api.private
    def _scrm_get_point_parts(self, kind, cards):
        """Say how the orders move the balances of ``cards``.

        :param kind: the event's, see ``tools.events.PointEvent``
        :return: dict card → list of entry values
        """
        if kind == "confirm":
            return self._scrm_get_confirm_parts(cards)
        if kind == "cancel":
            return self._scrm_get_cancel_parts(cards)
        return self._scrm_get_edit_parts(kind, cards)

    def _scrm_get_confirm_parts(self, cards):
        """Earned by the rules, added by the tier, spent on rewards: gross, not net."""
        parts = {}
        for order in self:
            for row in order.sudo().coupon_point_ids:
                card = cards.browse(row.coupon_id.id)
                if card not in cards:
                    continue
                common = order._scrm_prepare_part(card)
                base, total = to_minor(row.scrm_base_points), to_minor(row.points)
                earned = {**common, "kind": "earn", "delta": base}
                bonus = {
                    **common,
                    "kind": "tier_bonus",
                    "delta": total - base,
                    "tier_id": row.scrm_tier_id.id,
                    "multiplier": row.scrm_multiplier,
                }
                parts.setdefault(card, []).extend(p for p in (earned, bonus) if p["delta"])
            for line in order.order_line.filtered("reward_id"):
                if line.coupon_id in cards and line.points_cost:
                    card = cards.browse(line.coupon_id.id)
                    parts.setdefault(card, []).append(
                        {
                            **order._scrm_prepare_part(card),
                            "kind": "spend",
                            "delta": -to_minor(line.points_cost),
                        }
                    )
        return parts

    def _scrm_get_cancel_parts(self, cards):
        """Everything the orders moved, backwards."""
        live = self.env["scrm.point.entry"]._get_live(self, "redeemable", cards)
        parts = {}
        for vals in live._prepare_reversal_vals():
            parts.setdefault(cards.browse(vals["card_id"]), []).append(vals)
        return parts

    def _scrm_get_edit_parts(self, kind, cards):
        """A change of a confirmed order: one movement per card, of what the balance changed."""
        self.ensure_one()
        balances = cards._scrm_get_ledger_balances()
        parts = {}
        for card in cards:
            change = to_minor(card.points) - balances.get(card, 0)
            if not change:
                continue
            if kind == "late":
                entry_kind = "earn" if change > 0 else "adjust"
            else:
                entry_kind = "spend" if change < 0 else "reverse"
            parts[card] = [{**self._scrm_prepare_part(card), "kind": entry_kind, "delta": change}]
        return parts
