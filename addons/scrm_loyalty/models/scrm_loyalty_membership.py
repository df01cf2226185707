from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..tools import tiers
from ..tools.fields import BigInteger
from ..tools.points import from_minor

BATCH = 500


class ScrmLoyaltyMembership(models.Model):
    """Where a customer stands on a ladder.

    Everything but who, where and since when is a cache: ``_evaluate`` makes it again from the
    ledger (points), the ladder and the log of moves. One customer has one active row a ladder;
    when two customers turn out to be one, the younger row is archived, and comes back when that
    is undone.
    """

    _name = "scrm.loyalty.membership"
    _description = "Membership"
    _inherit = ["scrm.customer.mixin"]
    _order = "qualifying desc, id"
    _rec_names_search = ["customer_id"]

    identity_id = fields.Many2one(required=True, readonly=True)
    tier_group_id = fields.Many2one(
        comodel_name="scrm.loyalty.tier.group",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    company_id = fields.Many2one(
        related="tier_group_id.company_id", store=True, index=True, precompute=True
    )
    program_id = fields.Many2one(related="tier_group_id.program_id")
    active = fields.Boolean(default=True, readonly=True)
    joined_at = fields.Datetime(
        string="Member Since", required=True, readonly=True, default=fields.Datetime.now
    )
    tier_id = fields.Many2one(
        comodel_name="scrm.loyalty.tier", readonly=True, index=True, ondelete="restrict"
    )
    tier_color = fields.Integer(related="tier_id.color")
    qualifying = BigInteger(string="Qualifying Hundredths", readonly=True)
    qualifying_points = fields.Float(compute="_compute_qualifying_points", digits=(16, 2))
    window_from = fields.Date(readonly=True, help="First day whose points count.")
    evaluated_on = fields.Date(readonly=True, help="Day for which this was worked out.")
    valid_until = fields.Date(
        readonly=True, help="The tier holds to this day when nothing more is earned."
    )
    review_on = fields.Date(
        readonly=True, index="btree_not_null", help="Next day on which something may change."
    )
    dirty = fields.Boolean(
        compute="_compute_dirty",
        store=True,
        readonly=False,
        index=True,
        help="Something happened that may change the tier.",
    )
    next_tier_id = fields.Many2one(
        comodel_name="scrm.loyalty.tier", compute="_compute_next_tier_id", compute_sudo=True
    )
    points_to_next = fields.Float(
        compute="_compute_next_tier_id", digits=(16, 2), compute_sudo=True
    )
    progress = fields.Float(
        compute="_compute_next_tier_id",
        digits=(5, 1),
        compute_sudo=True,
        help="How much of the next tier's threshold is reached, in percent.",
    )
    card_ids = fields.Many2many(
        comodel_name="loyalty.card", compute="_compute_card_ids", compute_sudo=True
    )
    points = fields.Float(compute="_compute_card_ids", digits=(16, 2), compute_sudo=True)
    move_ids = fields.One2many(
        comodel_name="scrm.loyalty.tier.move", inverse_name="membership_id", readonly=True
    )

    _identity_uniq = models.Constraint(
        "UNIQUE (tier_group_id, identity_id)", "This customer is a member already."
    )

    # === COMPUTE === #

    @api.depends("customer_id", "tier_group_id")
    def _compute_display_name(self):
        for membership in self:
            membership.display_name = (
                f"{membership.customer_id.display_name} · {membership.tier_group_id.display_name}"
            )

    @api.depends("customer_id")
    def _compute_dirty(self):
        """A merge, or its undoing, gives the member other cards."""
        self.dirty = True

    @api.depends("qualifying")
    def _compute_qualifying_points(self):
        for membership in self:
            membership.qualifying_points = from_minor(membership.qualifying)

    @api.depends("qualifying", "tier_id", "tier_group_id.tier_ids.threshold")
    def _compute_next_tier_id(self):
        for membership in self:
            total = from_minor(membership.qualifying)
            # a tier kept to the month's end may stand above the points: the next is above both
            floor = max(total, membership.tier_id.threshold if membership.tier_id else -1)
            higher = membership.tier_group_id.tier_ids.filtered(
                lambda tier, floor=floor: tier.active and tier.threshold > floor
            ).sorted("threshold")[:1]
            membership.next_tier_id = higher
            membership.points_to_next = higher.threshold - total if higher else 0.0
            membership.progress = 100.0 * total / higher.threshold if higher else 100.0

    @api.depends("customer_id", "tier_group_id")
    def _compute_card_ids(self):
        cards = self.env["loyalty.card"].search(
            [
                ("scrm_customer_id", "in", self.customer_id.ids),
                ("program_id", "in", self.program_id.ids),
            ]
        )
        by_owner = cards.grouped(lambda card: (card.scrm_customer_id, card.program_id))
        for membership in self:
            key = (membership.customer_id, membership.program_id)
            membership.card_ids = by_owner.get(key, cards.browse())
            membership.points = sum(membership.card_ids.mapped("points"))

    # === ACTIONS === #

    def action_view_cards(self):
        """Open the member's cards."""
        self.ensure_one()
        self.check_access("read")  # the cards are found in superuser mode
        action = self.env["ir.actions.act_window"]._for_xml_id("scrm_loyalty.loyalty_card_action")
        action["domain"] = [("id", "in", self.card_ids.ids)]
        action["context"] = {"create": False}
        return action

    def action_view_entries(self):
        """Open the member's points entries."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "scrm_loyalty.scrm_point_entry_action"
        )
        action["domain"] = [
            ("card_id.scrm_customer_id", "=", self.customer_id.id),
            ("card_id.program_id", "=", self.program_id.id),
        ]
        return action

    # === JOINING === #

    @api.model
    def _join(self, pairs):
        """Make the customers members where they are not yet.

        :param pairs: ``(tier group, identity)`` records
        :return: the memberships of all pairs
        """
        if not pairs:
            return self.browse()
        now = fields.Datetime.now()
        # A lost race ends in PostgreSQL's serialisation error, which Odoo retries; searching
        # first and creating then would end in two rows.
        inserted = self.env.execute_query(
            SQL(
                "INSERT INTO scrm_loyalty_membership (tier_group_id, identity_id, customer_id,"
                " company_id, active, dirty, qualifying, joined_at,"
                " create_uid, create_date, write_uid, write_date)"
                " VALUES %s ON CONFLICT (tier_group_id, identity_id) DO NOTHING RETURNING id",
                SQL(", ").join(
                    SQL(
                        "(%s, %s, %s, %s, true, true, 0, %s, %s, %s, %s, %s)",
                        group.id,
                        identity.id,
                        identity.customer_id.id,
                        group.company_id.id,
                        now,
                        self.env.uid,
                        now,
                        self.env.uid,
                        now,
                    )
                    for group, identity in sorted(
                        set(pairs), key=lambda pair: (pair[0].id, pair[1].id)
                    )
                ),
            )
        )
        joined = self.browse(row[0] for row in inserted)
        joined.modified(list(self._fields), create=True)
        self.env["loyalty.card"].invalidate_model(["scrm_membership_id"], flush=False)
        # sudo: membership follows from having a card, whoever hands it out
        joined.sudo()._evaluate()
        return (
            self.sudo()
            .with_context(active_test=False)
            .search(
                Domain.OR(
                    Domain("tier_group_id", "=", group.id) & Domain("identity_id", "=", identity.id)
                    for group, identity in set(pairs)
                )
            )
        )

    # === STANDING === #

    @api.model
    def _get_for_customer(self, customer, programs):
        """Give the active membership of the customer for each programme that has tiers.

        :return: dict programme → membership
        """
        # sudo: the till needs the multiplier, not the right to see members
        memberships = (
            self.sudo().search(
                [("customer_id", "=", customer.id), ("program_id", "in", programs.ids)]
            )
            if customer
            else self.sudo().browse()
        )
        return {membership.program_id: membership for membership in memberships}

    def _get_current_tier(self):
        """Give the tier of today, also when the nightly look has not been taken yet."""
        self.ensure_one()
        today = self.tier_group_id._get_today()
        if self.dirty or (self.review_on and self.review_on <= today):
            standing = self._get_standings()[self]
            return self.env["scrm.loyalty.tier"].browse(standing.key or [])
        return self.tier_id

    def _get_facts(self):
        """Give the qualifying points of the members' cards per day, from the ledger.

        :return: dict (customer id, programme id) → list of (local day, minor units)
        """
        entries = self.env["scrm.point.entry"]
        entries.flush_model(["card_id", "currency", "delta", "effective_at"])
        self.env["loyalty.card"].flush_model(["scrm_identity_id", "program_id"])
        self.env["scrm.identity"].flush_model(["customer_id"])
        facts = {}
        for tz, memberships in self.grouped(lambda m: m.tier_group_id.tz).items():
            rows = self.env.execute_query(
                SQL(
                    "SELECT identity.customer_id, card.program_id,"
                    " (entry.effective_at AT TIME ZONE 'UTC' AT TIME ZONE %s)::date AS day,"
                    " SUM(entry.delta)::bigint"
                    " FROM scrm_point_entry entry"
                    " JOIN loyalty_card card ON card.id = entry.card_id"
                    " JOIN scrm_identity identity ON identity.id = card.scrm_identity_id"
                    " WHERE entry.currency = 'qualifying' AND identity.customer_id IN %s"
                    " AND card.program_id IN %s"
                    " GROUP BY identity.customer_id, card.program_id, day",
                    tz,
                    tuple(memberships.customer_id.ids),
                    tuple(memberships.program_id.ids),
                )
            )
            for customer_id, program_id, day, quantity in rows:
                facts.setdefault((customer_id, program_id), []).append((day, quantity))
        return facts

    def _get_standings(self):
        """Work out from the ledger where each member stands today; write nothing.

        :return: dict membership → ``tools.tiers.Standing``
        """
        facts = self._get_facts() if self else {}
        standings = {}
        for membership in self:
            group = membership.tier_group_id
            standings[membership] = tiers.evaluate(
                facts.get((membership.customer_id.id, group.program_id.id), ()),
                group._get_rungs(),
                group._get_window(),
                group._get_today(),
                group.keep,
            )
        return standings

    def _evaluate(self, source=None):
        """Bring the caches up to the ledger, log each change of tier and tell the customer.

        :param source: the document that made the difference, if one did
        """
        if not self:
            return
        # sudo: see _join; all rows of these customers, because one of them leads
        everyone = (
            self.sudo()
            .with_context(active_test=False)
            .search(
                [
                    ("customer_id", "in", self.customer_id.ids),
                    ("tier_group_id", "in", self.tier_group_id.ids),
                ],
                order="id",
            )
        )
        groups = everyone.grouped(lambda m: (m.customer_id, m.tier_group_id)).values()
        leading = everyone.browse(rows[0].id for rows in groups)
        before = leading._get_last_tiers()
        moves = []
        for membership, standing in leading._get_standings().items():
            membership._write_changed(membership._prepare_cache_vals(standing))
            if standing.key != before.get(membership.id):
                moves.append(membership._prepare_move_vals(standing, before, source))
        for membership in everyone - leading:
            membership._write_changed(membership._prepare_cache_vals(None))
        self.env["scrm.loyalty.tier.move"].sudo()._log(moves)

    def _write_changed(self, vals):
        """Write what differs: most looks change nothing."""
        self.ensure_one()
        changed = {
            name: value
            for name, value in vals.items()
            if self._fields[name].convert_to_write(self[name], self) != value
        }
        if changed:
            self.write(changed)

    def _get_last_tiers(self):
        """Give the tier that the log knows of: membership id → tier id or None."""
        last = {}
        moves = self.env["scrm.loyalty.tier.move"].search(
            [("membership_id", "in", self.ids)], order="id desc"
        )
        for move in moves:
            last.setdefault(move.membership_id.id, move.to_tier_id.id or None)
        return last

    def _prepare_cache_vals(self, standing):
        """Give the cached columns for a standing, or for a row that does not lead (None)."""
        self.ensure_one()
        return {
            "active": standing is not None,
            "tier_id": (standing and standing.key) or False,
            "qualifying": standing.total if standing else 0,
            "window_from": standing.window_from if standing else False,
            "evaluated_on": self.tier_group_id._get_today() if standing else False,
            "valid_until": (standing and standing.valid_until) or False,
            "review_on": (standing and standing.review_on) or False,
            "dirty": False,
        }

    def _prepare_move_vals(self, standing, before, source):
        """Give the log's entry for the step from the last tier to that of ``standing``."""
        self.ensure_one()
        tier = self.env["scrm.loyalty.tier"]
        old, new = tier.browse(before.get(self.id) or []), tier.browse(standing.key or [])
        if self.id not in before:
            kind = "initial"
        else:
            levels = [t.threshold if t else -1 for t in (old, new)]
            kind = "upgrade" if levels[1] > levels[0] else "downgrade"
        return {
            "membership_id": self.id,
            "identity_id": self.identity_id.id,
            "company_id": self.company_id.id,
            "kind": kind,
            "from_tier_id": old.id,
            "to_tier_id": new.id,
            "qualifying": standing.total,
            "threshold": (new if kind != "downgrade" else old).threshold,
            "window_from": standing.window_from,
            "window_to": self.tier_group_id._get_today(),
            "res_model": source._name if source else False,
            "res_id": source.id if source else False,
            "reference": source.display_name if source else False,
        }

    # === CRON === #

    @api.model
    def _get_due_domain(self):
        """Give what the nightly look concerns: a window that moved on, or a mark."""
        # A day that has begun anywhere may have begun in the company's time zone.
        horizon = fields.Date.add(fields.Date.today(), days=1)
        return Domain("dirty", "=", True) | Domain("review_on", "<=", horizon)

    @api.model
    def _cron_review(self):
        """Look again at the members whose windows moved on or whose cards changed."""
        memberships = self.with_context(active_test=False).search(self._get_due_domain())
        # the horizon reaches into tomorrow: those are looked at tomorrow
        due = memberships.filtered(lambda m: m.dirty or m.review_on <= m.tier_group_id._get_today())
        self.env["ir.cron"]._commit_progress(remaining=len(due))
        for start in range(0, len(due), BATCH):
            batch = due[start : start + BATCH].try_lock_for_update()
            batch._evaluate()
            if not self.env["ir.cron"]._commit_progress(len(batch)):
                break
        self.env["loyalty.card"].with_context(active_test=False)._scrm_reconcile_all()
