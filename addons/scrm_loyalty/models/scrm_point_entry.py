from collections import Counter

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from odoo.addons.scrm_base.tools.append_only import protect

from ..tools.fields import BigInteger
from ..tools.points import format_minor, from_minor


class ScrmPointEntry(models.Model):
    """One movement of points on a card, written once.

    Core keeps a balance and a log whose lines it deletes on cancellation; neither can say which
    order gave a member their tier. Corrections are entries of their own.
    """

    _name = "scrm.point.entry"
    _description = "Points Entry"
    _order = "posted_at desc, id desc"
    _rec_name = "reason"

    card_id = fields.Many2one(
        comodel_name="loyalty.card", required=True, readonly=True, ondelete="restrict"
    )
    company_id = fields.Many2one(
        comodel_name="res.company", required=True, readonly=True, index=True, ondelete="restrict"
    )
    currency = fields.Selection(
        selection=[("redeemable", "Redeemable"), ("qualifying", "Qualifying")],
        required=True,
        readonly=True,
        help="Redeemable points are spent; qualifying points count towards the tier alone.",
    )
    kind = fields.Selection(
        selection=[
            ("earn", "Earned"),
            ("tier_bonus", "Tier bonus"),
            ("spend", "Spent"),
            ("reverse", "Reversed"),
            ("adjust", "Adjusted"),
            ("expire", "Expired"),
        ],
        required=True,
        readonly=True,
    )
    delta = BigInteger(
        string="Hundredths", required=True, readonly=True, help="Hundredths of a point, signed."
    )
    points = fields.Float(
        compute="_compute_points", store=True, precompute=True, digits=(16, 2), aggregator="sum"
    )
    tier_id = fields.Many2one(
        comodel_name="scrm.loyalty.tier",
        readonly=True,
        ondelete="restrict",
        help="The tier whose multiplier gave this bonus.",
    )
    multiplier = fields.Float(digits=(5, 2), readonly=True, aggregator=None)
    reversal_of_id = fields.Many2one(
        comodel_name="scrm.point.entry", string="Reverses", readonly=True, ondelete="restrict"
    )
    res_model = fields.Char(string="Source Model", readonly=True)
    res_id = fields.Many2oneReference(string="Source Id", model_field="res_model", readonly=True)
    reference = fields.Char(string="Source", readonly=True)
    reason = fields.Char(required=True, readonly=True)
    effective_at = fields.Datetime(
        string="Counts From",
        required=True,
        readonly=True,
        help="When the business happened. A reversal counts from where the reversed entry did, "
        "so that the two cancel out in every window.",
    )
    posted_at = fields.Datetime(required=True, readonly=True, default=fields.Datetime.now)
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="By",
        readonly=True,
        ondelete="restrict",
        default=lambda self: self.env.uid,
    )
    idem_key = fields.Char(string="Idempotency Key", required=True, readonly=True)

    partner_id = fields.Many2one(related="card_id.partner_id")
    program_id = fields.Many2one(related="card_id.program_id")
    scrm_customer_id = fields.Many2one(related="card_id.scrm_customer_id", string="Customer")

    _idem_uniq = models.Constraint("UNIQUE (idem_key)", "This movement was posted already.")
    _reversal_uniq = models.UniqueIndex(
        "(reversal_of_id) WHERE reversal_of_id IS NOT NULL", "An entry is reversed once only."
    )
    _delta_not_zero = models.Constraint(
        "CHECK (delta <> 0)", "An entry that moves no points says nothing."
    )
    _card_idx = models.Index("(card_id, currency, effective_at)")
    _source_idx = models.Index("(res_model, res_id) WHERE res_id IS NOT NULL")

    def init(self):
        protect(self.env.cr, self._table)

    # === COMPUTE === #

    @api.depends("delta")
    def _compute_points(self):
        for entry in self:
            entry.points = from_minor(entry.delta)

    # === CRUD === #

    def write(self, vals):  # pylint: disable=method-required-super
        raise UserError(
            self.env._("The points ledger is never edited. Post an opposite entry instead.")
        )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_always(self):
        raise UserError(
            self.env._("The points ledger is never edited. Post an opposite entry instead.")
        )

    # === ACTIONS === #

    def action_open_source(self):
        """Open the document that moved the points, or the card when a person moved them."""
        self.ensure_one()
        if self.res_model and self.res_id:
            return self.env[self.res_model].browse(self.res_id).get_formview_action()
        return self.card_id.get_formview_action()

    # === POSTING === #

    @api.model
    def _post(self, vals_list, tell=True):
        """Write entries, and one line on the timeline per card; the only way in.

        :param vals_list: dicts with ``card_id``, ``currency``, ``kind``, ``delta``, ``reason``
            and maybe the source, ``effective_at``, ``reversal_of_id`` …; entries of zero are
            left out
        :param tell: whether to put them on the timeline now
        :return: the entries
        """
        vals_list = [dict(vals) for vals in vals_list if vals["delta"]]
        if not vals_list:
            return self
        now = fields.Datetime.now()
        for vals in vals_list:
            vals.setdefault("effective_at", now)
        self._number(vals_list)
        # sudo: the ledger is written by the system alone, on behalf of whoever moves points
        entries = self.sudo().create(vals_list)
        if tell:
            entries._tell_timeline()
        return entries.sudo(self.env.su)

    def _number(self, vals_list):
        """Give each entry the key under which it can be posted once.

        A reversal is named after what it reverses; any other entry is the n-th of its kind for
        its card and source, so two transactions that post the same movement collide.
        """
        named = [vals for vals in vals_list if not vals.get("reversal_of_id")]
        for vals in vals_list:
            if vals.get("reversal_of_id"):
                vals["idem_key"] = f"reverse:{vals['reversal_of_id']}"
        names = ("card_id", "res_model", "res_id", "currency", "kind")
        keys = [tuple(vals.get(name) or False for name in names) for vals in named]
        domain = Domain.OR(
            Domain.AND(Domain(name, "=", value) for name, value in zip(names, key, strict=True))
            for key in set(keys)
        )
        # sudo: counting, see _post
        groups = self.sudo()._read_group(domain, groupby=names, aggregates=["__count"])
        counts = Counter()
        for card, res_model, res_id, currency, kind, count in groups:
            counts[card.id, res_model or False, res_id or False, currency, kind] = count
        for vals, key in zip(named, keys, strict=True):
            counts[key] += 1
            card_id, res_model, res_id, currency, kind = key
            source = f"{res_model},{res_id}" if res_model else "-"
            vals["idem_key"] = f"{source}:card,{card_id}:{currency}:{kind}:{counts[key]}"

    def _prepare_reversal_vals(self):
        """Give the entries (list of dict) that take these back where they counted."""
        return [
            {
                "card_id": entry.card_id.id,
                "company_id": entry.company_id.id,
                "currency": entry.currency,
                "kind": "reverse",
                "delta": -entry.delta,
                "reversal_of_id": entry.id,
                "res_model": entry.res_model,
                "res_id": entry.res_id,
                "reference": entry.reference,
                "effective_at": entry.effective_at,
                "reason": self.env._("%s cancelled", entry.reference or entry.reason),
            }
            for entry in self
        ]

    def _get_live(self, source, currency, cards=None):
        """Give the entries of the documents ``source`` that nothing has reversed yet."""
        domain = Domain(
            [
                ("res_model", "=", source._name),
                ("res_id", "in", source.ids),
                ("currency", "=", currency),
                ("kind", "!=", "reverse"),
            ]
        )
        if cards is not None:
            domain &= Domain("card_id", "in", cards.ids)
        # sudo: bookkeeping of the system, see _post
        entries = self.sudo().search(domain, order="id")
        return entries - self.sudo().search([("reversal_of_id", "in", entries.ids)]).reversal_of_id

    def _tell_timeline(self):
        """Put what happened to the spendable points of each card on its customer's timeline."""
        vals_list = []
        redeemable = self.filtered(lambda entry: entry.currency == "redeemable")
        groups = redeemable.grouped(lambda e: (e.card_id, e.res_model, e.res_id))
        for (card, __, __), entries in groups.items():
            if not card.scrm_identity_id:
                continue
            first = entries[0]
            parts = "; ".join(entry._get_label() for entry in entries)
            vals_list.append(
                {
                    "identity_id": card.scrm_identity_id.id,
                    "company_id": first.company_id.id,
                    "kind": "points",
                    "summary": f"{first.reference}: {parts}" if first.reference else parts,
                    "dedupe_key": f"{first._name},{first.id}",
                    "record": first,
                }
            )
        self.env["scrm.interaction"]._record(vals_list)

    def _get_label(self):
        """Say the movement in a few words: "Tier bonus +99.80 (Silver ×1.2)"."""
        self.ensure_one()
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        label = f"{kinds[self.kind]} {'+' if self.delta > 0 else ''}{format_minor(self.delta)}"
        if self.tier_id:
            label += f" ({self.tier_id.name} ×{self.multiplier:g})"
        return label
