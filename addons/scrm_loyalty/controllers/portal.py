from werkzeug.exceptions import NotFound

from odoo.http import request, route

from odoo.addons.portal.controllers.portal import CustomerPortal
from odoo.addons.portal.controllers.portal import pager as portal_pager

LATEST = 8


class MemberPortal(CustomerPortal):
    """A member's own card: the cards of the contact who is logged in, and nobody else's."""

    def _prepare_home_portal_values(self, counters):
        values = super()._prepare_home_portal_values(counters)
        if "scrm_card_count" in counters:
            values["scrm_card_count"] = len(self._scrm_get_cards())
        return values

    def _scrm_get_cards(self):
        """Give the member cards of who is logged in, in superuser mode.

        sudo: portal users have no right on cards at all; the domain is the check.
        """
        return (
            request.env["loyalty.card"]
            .sudo()
            .search(
                [
                    ("partner_id", "=", request.env.user.partner_id.id),
                    ("program_id.program_type", "=", "loyalty"),
                    ("program_id.active", "=", True),
                ]
            )
        )

    def _scrm_get_entries(self, card, offset=0, limit=None):
        """Give the movements of spendable points on a card that was checked."""
        return card.env["scrm.point.entry"].search(
            [("card_id", "=", card.id), ("currency", "=", "redeemable")],
            offset=offset,
            limit=limit,
        )

    @route("/my/member", type="http", auth="user", website=True, readonly=True)
    def portal_my_member(self, **kw):
        """Show tier, points and the way to the next tier."""
        cards = self._scrm_get_cards()
        values = self._prepare_portal_layout_values()
        values.update(
            page_name="member",
            sections=[
                {
                    "card": card,
                    "membership": card.scrm_membership_id,
                    "entries": self._scrm_get_entries(card, limit=LATEST),
                }
                for card in cards
            ],
        )
        return request.render("scrm_loyalty.portal_my_member", values)

    @route(
        ["/my/member/<int:card_id>", "/my/member/<int:card_id>/page/<int:page>"],
        type="http",
        auth="user",
        website=True,
        readonly=True,
    )
    def portal_my_member_entries(self, card_id, page=1, **kw):
        """Show all movements of one card."""
        card = self._scrm_get_cards().filtered(lambda card: card.id == card_id)
        if not card:
            # somebody else's card and no card at all answer the same
            raise NotFound()
        count = card.env["scrm.point.entry"].search_count(
            [("card_id", "=", card.id), ("currency", "=", "redeemable")]
        )
        pager = portal_pager(
            url=f"/my/member/{card.id}", total=count, page=page, step=self._items_per_page
        )
        values = self._prepare_portal_layout_values()
        values.update(
            page_name="member_entries",
            card=card,
            entries=self._scrm_get_entries(card, pager["offset"], self._items_per_page),
            pager=pager,
        )
        return request.render("scrm_loyalty.portal_my_member_entries", values)
