from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import SQL

from ..tools import events
from ..tools.points import UNIT, to_minor


class LoyaltyCard(models.Model):
    """Every change of a balance passes ``create`` or ``write`` here, and reaches the ledger.

    The ledger's sum is compared with the new balance, not the old balance: so the two are equal
    after each change, whatever happened before.
    """

    _inherit = "loyalty.card"

    scrm_identity_id = fields.Many2one(
        comodel_name="scrm.identity",
        string="Handle",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
    )
    scrm_customer_id = fields.Many2one(
        related="scrm_identity_id.customer_id",
        string="Customer",
        store=True,
        precompute=True,
        index="btree_not_null",
    )
    scrm_entry_ids = fields.One2many(
        comodel_name="scrm.point.entry", inverse_name="card_id", string="Points Entries"
    )
    scrm_membership_id = fields.Many2one(
        comodel_name="scrm.loyalty.membership",
        string="Membership",
        compute="_compute_scrm_membership_id",
        compute_sudo=True,
    )
    scrm_tier_id = fields.Many2one(
        comodel_name="scrm.loyalty.tier",
        string="Tier",
        compute="_compute_scrm_membership_id",
        compute_sudo=True,
    )

    @api.depends("scrm_customer_id", "program_id")
    def _compute_scrm_membership_id(self):
        memberships = self.env["scrm.loyalty.membership"].search(
            [
                ("customer_id", "in", self.scrm_customer_id.ids),
                ("program_id", "in", self.program_id.ids),
            ]
        )
        by_owner = {(m.customer_id, m.program_id): m for m in memberships}
        for card in self:
            membership = by_owner.get(
                (card.scrm_customer_id, card.program_id), memberships.browse()
            )
            card.scrm_membership_id = membership
            card.scrm_tier_id = membership.tier_id

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        # Written here so that neither values nor a default of the context name an owner.
        cards = super().create([{**vals, "scrm_identity_id": False} for vals in vals_list])
        # A card that a quotation opens is a place for points to come: its owner joins with the
        # first of them.
        cards.filtered(lambda card: not card.order_id)._scrm_join()
        cards._scrm_post_change(explained=False)
        return cards

    def write(self, vals):
        if vals.keys() & {"scrm_identity_id", "scrm_customer_id"} and not self.env.su:
            raise AccessError(
                self.env._("Whose points these are follows from the card's contact: change that.")
            )
        owner_changes = bool(vals.keys() & {"partner_id", "program_id"})
        previous = self._scrm_get_memberships() if owner_changes else None
        res = super().write(vals)
        if owner_changes:
            # sudo: which customer a card belongs to follows from its owner
            self.filtered(lambda card: not card.partner_id).sudo().scrm_identity_id = False
            # a card that has a history, or was handed out by hand, goes on with its new owner
            self.filtered(lambda card: card.scrm_identity_id or not card.order_id)._scrm_join()
            (previous | self._scrm_get_memberships())._evaluate()
        if "points" in vals:
            self._scrm_post_change()
        return res

    # === MEMBERS === #

    def _scrm_join(self):
        """Tie each card to its owner's customer, who becomes a member.

        Cards without an owner, of the anonymous visitor, or of somebody who is no customer (our
        own staff) keep their points and join nobody.
        """
        cards = self.filtered(
            lambda card: (
                card.program_id._scrm_has_ledger()
                and card.partner_id
                and not card.partner_id.is_public
            )
        )
        if not cards:
            return
        pairs = []
        for company, owned in cards.grouped(lambda c: c.company_id or self.env.company).items():
            # sudo: whoever hands out a card makes a customer, without seeing customers
            owned = owned.sudo().with_company(company)
            identities = owned.partner_id._scrm_get_identity_map(in_business=True)
            for card in owned:
                identity = identities.get(card.partner_id.id)
                if card.scrm_identity_id.id != (identity.id if identity else False):
                    card.scrm_identity_id = identity
                if identity:
                    groups = card.program_id.scrm_tier_group_ids.filtered("active")
                    pairs += [(group, identity) for group in groups]
            owned.scrm_identity_id._scrm_become_members()
        self.env["scrm.loyalty.membership"]._join(pairs)

    def _scrm_get_memberships(self):
        """Give the memberships that the points on these cards count for."""
        # sudo: bookkeeping; who moves points need not see members
        return (
            self.env["scrm.loyalty.membership"]
            .sudo()
            .search(
                [
                    ("customer_id", "in", self.sudo().scrm_customer_id.ids),
                    ("program_id", "in", self.program_id.ids),
                ]
            )
        )

    # === LEDGER === #

    def _scrm_get_ledger_balances(self):
        """Give the redeemable minor units that the ledger knows of, by card."""
        # sudo: bookkeeping, see scrm.point.entry._post
        return dict(
            self.env["scrm.point.entry"]
            .sudo()
            ._read_group(
                [("card_id", "in", self.ids), ("currency", "=", "redeemable")],
                groupby=["card_id"],
                aggregates=["delta:sum"],
            )
        )

    def _scrm_post_change(self, explained=True):
        """Post what has moved the balances since the ledger was last equal to them.

        :param explained: whether the event of the context, if any, is what moved them
        """
        cards = self.filtered(lambda card: card.program_id._scrm_has_ledger())
        if not cards:
            return
        event = events.from_context(self)
        parts = {}
        if explained and event and event.model:
            documents = self.env[event.model].browse(event.ids)
            parts = documents._scrm_get_point_parts(event.kind, cards)
        balances = cards._scrm_get_ledger_balances()
        vals_list = []
        for card in cards:
            change = to_minor(card.points) - balances.get(card, 0)
            vals_list += card._scrm_prepare_entry_vals(change, parts.get(card, []), event)
        if vals_list:
            moved = cards.browse({vals["card_id"] for vals in vals_list})
            moved.filtered(lambda card: not card.scrm_identity_id)._scrm_join()
            # the timeline tells of an order's points after it tells of the order
            announced = bool(event and event.kind == "confirm")
            self.env["scrm.point.entry"]._post(vals_list, tell=not announced)

    def _scrm_prepare_entry_vals(self, change, parts, event):
        """Give the entries (list of dict) for a change of the balance.

        What the document says is posted as it says; what it does not explain is an adjustment.

        :param change: minor units, signed
        :param parts: what the document says, dicts with at least ``kind``, ``delta``, ``reason``
        :param event: the event of the context or None
        """
        self.ensure_one()
        common = {
            "card_id": self.id,
            "company_id": (self.company_id or self.env.company).id,
            "currency": "redeemable",
        }
        rest = change - sum(part["delta"] for part in parts)
        if parts and event.kind == "confirm" and abs(rest) > len(parts):
            # Not the posting that the document announced (its own comes later or came before).
            parts, rest = [], change
        elif parts and abs(rest) <= len(parts):
            # each part was rounded to hundredths on its own
            parts[0]["delta"] += rest
            rest = 0
        rows = [{**common, **part} for part in parts]
        if rest:
            rows.append(
                {
                    **common,
                    "kind": "adjust",
                    "delta": rest,
                    "reason": (event and event.reason) or self.env._("Balance changed"),
                    **self._scrm_prepare_source_vals(event),
                }
            )
        return rows

    def _scrm_prepare_source_vals(self, event):
        """Give the source columns when the event names exactly one document."""
        if not event or len(event.ids) != 1:
            return {}
        document = self.env[event.model].browse(event.ids)
        return {
            "res_model": document._name,
            "res_id": document.id,
            "reference": document.display_name,
        }

    @api.model
    def _scrm_reconcile_all(self):
        """Find the cards whose balance was changed past the ORM, and adjust the ledger.

        :return: the cards
        """
        self.flush_model(["points"])
        self.env["scrm.point.entry"].flush_model(["card_id", "currency", "delta"])
        rows = self.env.execute_query(
            SQL(
                "SELECT card.id FROM loyalty_card card"
                " JOIN loyalty_program program ON program.id = card.program_id"
                " LEFT JOIN LATERAL (SELECT SUM(delta) AS total FROM scrm_point_entry entry"
                "   WHERE entry.card_id = card.id AND entry.currency = 'redeemable') ledger"
                "   ON true"
                " WHERE program.program_type = 'loyalty'"
                " AND program.applies_on IN ('both', 'future')"
                " AND ROUND(COALESCE(card.points, 0)::numeric * %s) <> COALESCE(ledger.total, 0)",
                UNIT,
            )
        )
        cards = self.browse(row[0] for row in rows)
        cards._scrm_reconcile(self.env._("Balance changed outside the ledger"))
        return cards

    def _scrm_reconcile(self, reason):
        """Post what the balances and the ledger differ by, for ``reason``."""
        events.in_context(self, "adjust", reason=reason)._scrm_post_change()
