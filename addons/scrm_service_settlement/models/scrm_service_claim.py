from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL
from odoo.tools.translate import LazyTranslate

from odoo.addons.scrm_base.tools.append_only import protect

_lt = LazyTranslate(__name__)

# Said by the check and by the constraint.
RECORDED_ALREADY = _lt("The manufacturer's answer for this ticket is recorded already.")
# What is claimed is the same work, so it is another part of the same source.
CLAIM_SEQ = 1
ADJUSTMENT_SEQ = 2


class ScrmServiceClaim(models.Model):
    """What a manufacturer accepted of the warranty work that we pay a dealer for.

    The dealer's claim is settled by the journal at our prices; the manufacturer's acceptance is
    another decision, of another party, so it is a document of its own.
    """

    _name = "scrm.service.claim"
    _inherit = ["scrm.system.mixin"]
    _description = "Warranty Claim on Manufacturer"
    _order = "id desc"
    _rec_name = "ticket_id"
    _check_company_auto = True

    ticket_id = fields.Many2one(
        comodel_name="scrm.service.ticket",
        required=True,
        ondelete="restrict",
        check_company=True,
    )
    company_id = fields.Many2one(related="ticket_id.company_id", store=True, precompute=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Manufacturer",
        required=True,
        ondelete="restrict",
        index=True,
        check_company=True,
    )
    amount_claimed = fields.Monetary(
        string="Claimed", compute="_compute_amount_claimed", store=True, precompute=True
    )
    amount_accepted = fields.Monetary(string="Accepted", required=True)
    amount_difference = fields.Monetary(string="Not Accepted", compute="_compute_amount_difference")
    policy = fields.Selection(
        selection=[
            ("precredit", "We bear it: the dealer keeps what he was credited"),
            ("postcredit", "The dealer bears it: his settlement is adjusted"),
        ],
        string="What Was Not Accepted",
        required=True,
        default=lambda self: self.env.company.scrm_claim_policy,
    )
    note = fields.Text()
    line_ids = fields.Many2many(
        comodel_name="scrm.settlement.line",
        string="Settlement Lines",
        compute="_compute_line_ids",
    )

    # Once each: the manufacturer answers a claim with one amount.
    _ticket_uniq = models.Constraint(
        "UNIQUE (ticket_id)", lambda env, _diagnostics: env._(RECORDED_ALREADY)
    )
    _accepted_in_range = models.Constraint(
        "CHECK (amount_accepted >= 0 AND amount_accepted <= amount_claimed)",
        "A manufacturer accepts at most what is claimed, and not less than nothing.",
    )

    def init(self):
        protect(self.env.cr, self._table, ("partner_id",))

    @api.depends("ticket_id")
    def _compute_amount_claimed(self):
        for claim in self:
            # In superuser mode, and on a form before a rule could look at the ticket
            is_open = claim.ticket_id.company_id in self.env.user.company_ids
            earned = claim._get_earned() if is_open else {}
            claim.amount_claimed = sum(earned.values())

    @api.depends("amount_claimed", "amount_accepted")
    def _compute_amount_difference(self):
        for claim in self:
            claim.amount_difference = claim.amount_claimed - claim.amount_accepted

    def _compute_line_ids(self):
        for claim in self:
            claim.line_ids = self.env["scrm.settlement.line"].search(
                claim.ticket_id._get_settlement_domain()
            )

    @api.model_create_multi
    def create(self, vals_list):
        claims = super().create(vals_list)
        claims.flush_recordset()
        for claim in claims:
            claim._check_recorded_once()
            claim._record()
        return claims

    def write(self, vals):
        if vals:
            raise UserError(
                self.env._("A manufacturer's answer is written once. Correct it by an adjustment.")
            )
        return super().write(vals)

    # === BUSINESS === #

    def _get_dealer_lines(self):
        """Return what the dealer earned by the ticket, that the manufacturer may accept."""
        self.ensure_one()
        # sudo: the claim adds up what the ticket earned; its own rights say who may see it
        lines = self.env["scrm.settlement.line"].sudo()
        return lines.search(
            Domain(self.ticket_id._get_settlement_domain())
            & Domain("source_type", "in", ("part", "labour"))
            & Domain("state", "not in", ("no_price", "counted")),
            order="id",
        )

    def _get_earned(self):
        """Return {line: what the dealer still has by it}: with what came back, and disputes."""
        lines = self._get_dealer_lines()
        corrected = dict(
            lines._read_group(
                Domain("origin_line_id", "in", lines.ids)
                & (
                    Domain("source_type", "=", "return")
                    | Domain("source_model", "=", "scrm.settlement.dispute")
                ),
                ["origin_line_id"],
                ["amount:sum"],
            )
        )
        earned = {}
        for line in lines:
            paid = line._get_settled_line()
            earned[line] = (
                line.amount + corrected.get(line, 0.0)
                if paid == line
                else self._get_paid_instead(line, paid)
            )
        return {line: amount for line, amount in earned.items() if line.currency_id.round(amount)}

    def _get_paid_instead(self, line, claim):
        """Return what the dealer still has for a line by his own claim that covers it."""
        came_back = 0.0
        if line.source_type == "part":
            part = self.env[line.source_model].sudo().browse(line.source_id)  # sudo: as above
            returns = claim.correction_ids.filtered(
                lambda back: (
                    back.source_type == "return"
                    and back.source_model == "stock.move"
                    and back.source_id in part.move_id.returned_move_ids.ids
                )
            )
            came_back = -sum(returns.mapped("quantity"))
        pieces = min(line.quantity, claim.quantity) - came_back
        return line.currency_id.round(claim.amount * pieces / claim.quantity)

    def _record(self):
        """Write the receivable, and with `postcredit` what the dealer gives back.

        Each line of work bears its share: the difference of two rounded running totals, so that
        the shares add up to what was accepted.
        """
        self.ensure_one()
        earned = self._get_earned()
        currencies = self.env["res.currency"].union(*(line.currency_id for line in earned))
        if not self.amount_claimed or currencies != self.currency_id:
            raise UserError(
                self.env._(
                    "Ticket %s has no settled work in the company's currency to claim. Close it "
                    "and find the prices of its lines first.",
                    self.ticket_id.number,
                )
            )
        self._lock_lines(earned)
        total, claimed, accepted = self.amount_claimed, 0.0, 0.0
        for line, amount in earned.items():
            claimed += amount
            share = self.currency_id.round(self.amount_accepted * claimed / total) - accepted
            share = self.currency_id.round(share)
            accepted += share
            self._record_share(line, share, self.currency_id.round(amount - share))

    def _check_recorded_once(self):
        """Refuse an answer that the journal has: this addon may have been away meanwhile."""
        # sudo: as in _get_dealer_lines
        Line = self.env["scrm.settlement.line"].sudo()
        domain = Domain(self.ticket_id._get_settlement_domain())
        if Line.search_count(domain & Domain("source_type", "=", "adjustment"), limit=1):
            raise UserError(self.env._(RECORDED_ALREADY))

    def _lock_lines(self, earned):
        """Write the lines, so that what comes back at the same time sees what the dealer bears."""
        self.env.cr.execute(
            SQL(
                "UPDATE scrm_settlement_line SET write_date = write_date"
                " WHERE id = ANY(%s) AND company_id = %s",
                [line_id for line in earned for line_id in (line | line._get_settled_line()).ids],
                self.company_id.id,
            )
        )

    def _record_share(self, line, share, lost):
        Line = self.env["scrm.settlement.line"]
        vals = {
            "source_model": line.source_model,
            "source_id": line.source_id,
            "origin_line_id": line.id,
            "company_id": self.company_id.id,
            "product_id": line.product_id.id,
            "quantity": line.quantity,
            "occurred_at": fields.Datetime.now(),
            "source_type": "adjustment",
        }
        if share:
            Line._record_amount(
                {
                    **vals,
                    "partner_id": self.partner_id.id,
                    "seq": CLAIM_SEQ,
                    "name": self.env._("Warranty claim: %s", line.name),
                },
                share,
                currency=self.currency_id,
                document_mode="customer_invoice",
                note=self._get_note(),
            )
        if lost and self.policy == "postcredit":
            Line._record_amount(
                {
                    **vals,
                    "partner_id": line.partner_id.id,
                    "seq": ADJUSTMENT_SEQ,
                    "name": self.env._("Not accepted by the manufacturer: %s", line.name),
                },
                -lost,
                currency=self.currency_id,
                document_mode=line.document_mode,
                note=self._get_note(),
            )

    def _get_note(self):
        return self.note or self.env._(
            "%(manufacturer)s accepted %(accepted).2f of %(claimed).2f for ticket %(ticket)s.",
            manufacturer=self.partner_id.display_name,
            accepted=self.amount_accepted,
            claimed=self.amount_claimed,
            ticket=self.ticket_id.number,
        )
