from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL
from odoo.tools.translate import LazyTranslate

from odoo.addons.scrm_base.tools.flow import Transition

_lt = LazyTranslate(__name__)

PREPARER = "scrm_settlement.group_scrm_settlement_preparer"
# What the journal knows how to take back once a person says so.
RETURNABLE = ("no_refund", "too_much", "unpriced", "undone")
# Deliveries whose value no order tells.
DELIVERED = ("no_order", "other_item")


class ScrmSettlementException(models.Model):
    """A source that the journal could not settle by itself, until a person has decided.

    A record, because "looked at, nothing to settle" is a decision that has to be remembered.
    """

    _name = "scrm.settlement.exception"
    _inherit = ["scrm.flow.mixin"]
    _description = "Settlement Exception"
    _order = "date desc, id desc"
    _check_company_auto = True

    _flow_transitions = (
        Transition("settle", "open", "settled", _lt("Take back"), (PREPARER,)),
        Transition("record", "open", "recorded", _lt("Settle it"), (PREPARER,)),
        Transition("dismiss", "open", "dismissed", _lt("Nothing to settle"), (PREPARER,)),
        Transition("same", "open", "same", _lt("The same: never pay it"), (PREPARER,)),
        Transition("another", "open", "another", _lt("Another one: settle it"), (PREPARER,)),
    )

    name = fields.Char(string="Description", required=True, readonly=True)
    company_id = fields.Many2one(
        comodel_name="res.company", required=True, readonly=True, index=True
    )
    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Dealer",
        required=True,
        readonly=True,
        ondelete="restrict",
        index=True,
        check_company=True,
    )
    reason = fields.Selection(
        selection=[
            ("no_refund", "Came back without a refund"),
            ("too_much", "More came back than was settled"),
            ("unpriced", "Its line has no price yet"),
            ("no_origin", "Credit note that names no invoice with a commission"),
            ("no_delivery", "Came back and names no delivery"),
            ("no_order", "Delivered without a sales order"),
            ("other_item", "Another product or no quantity on the order"),
            ("negative", "Sold at a negative price"),
            ("undone", "Its invoice was reset, cancelled or deleted"),
            ("changed", "Its source says something else now"),
            ("claimed", "Seems to be settled already"),
        ],
        required=True,
        readonly=True,
    )
    source_model = fields.Char(required=True, readonly=True)
    source_model_number = fields.Integer(required=True, readonly=True)
    source_id = fields.Many2oneReference(
        model_field="source_model", string="Source ID", required=True, readonly=True
    )
    seq = fields.Integer(
        string="Question",
        readonly=True,
        default=0,
        required=True,
        help="A source that changes again after a decision is asked about again.",
    )
    origin_line_id = fields.Many2one(
        comodel_name="scrm.settlement.line",
        string="Line",
        readonly=True,
        ondelete="restrict",
        index="btree_not_null",
    )
    origin_quantity = fields.Float(
        related="origin_line_id.quantity", string="Settled Quantity", digits="Product Unit"
    )
    origin_amount = fields.Monetary(related="origin_line_id.amount", string="Settled Amount")
    currency_id = fields.Many2one(related="origin_line_id.currency_id")
    product_id = fields.Many2one(
        comodel_name="product.product", readonly=True, ondelete="restrict", check_company=True
    )
    quantity = fields.Float(
        digits="Product Unit",
        readonly=True,
        help="Of the source: the quantity, or of a commission the value of what was sold.",
    )
    before_quantity = fields.Float(
        string="Before",
        digits="Product Unit",
        readonly=True,
        help="What the source said when it was settled, or when it was last asked about.",
    )
    occurred_at = fields.Datetime(string="When", required=True, readonly=True)
    date = fields.Date(string="Day", required=True, readonly=True)
    note = fields.Text(string="Decision", help="Why it was decided so.")
    state = fields.Selection(
        selection=[
            ("open", "Open"),
            ("settled", "Taken back"),
            ("recorded", "In the journal"),
            ("dismissed", "Nothing to settle"),
            ("same", "Settled by another line"),
            ("another", "To settle"),
        ],
        required=True,
        readonly=True,
        default="open",
        index=True,
    )

    _source_uniq = models.Constraint(
        "UNIQUE (company_id, source_model_number, source_id, seq)",
        "This source is on the list of exceptions already.",
    )
    _dismissed_has_note = models.Constraint(
        "CHECK (state <> 'dismissed' OR note IS NOT NULL)",
        "Write under Decision why there is nothing to settle.",
    )

    # === CRUD === #

    def write(self, vals):
        if vals.keys() - {"note", "state"}:
            raise UserError(self.env._("Of an exception only the decision is written."))
        if "note" in vals and any(record.state != "open" for record in self):
            raise UserError(self.env._("This was decided already."))
        return super().write(vals)

    # === ACTIONS === #

    def action_settle(self):
        """Take it back after all, at the price its line was settled at."""
        for record in self:
            record._move_along("settle")
        return True

    def action_record(self):
        """Settle a delivery that no order names, at the price that the rules give it."""
        for record in self:
            record._move_along("record", note=record.note)
        return True

    def action_dismiss(self):
        for record in self:
            if not (record.note or "").strip():
                raise UserError(self.env._("Write under Decision why there is nothing to settle."))
            record._move_along("dismiss", note=record.note)
        return True

    def action_same(self):
        """Leave the line unpaid for ever: what was settled before is the same."""
        for record in self:
            record._move_along("same", note=record.note)
        return True

    def action_another(self):
        """Let the line be settled: what was settled before is another one."""
        for record in self:
            record._move_along("another", note=record.note)
        return True

    def action_open_source(self):
        self.ensure_one()
        # A reader of exceptions needs no rights on the source to know that it is there
        record = self.env[self.source_model].browse(self.source_id).exists()
        if not record:
            raise UserError(self.env._("The source of this exception is gone."))
        document = self.env["scrm.settlement.line"]._get_document_of(record)
        return {
            "type": "ir.actions.act_window",
            "res_model": document._name,
            "res_id": document.id,
            "views": [(False, "form")],
        }

    # === BUSINESS === #

    def _flow_check(self, transition, vals):
        self._check_answers_question(transition)
        if transition.key == "settle" and (
            self.reason not in RETURNABLE or not self.origin_line_id
        ):
            raise UserError(
                self.env._(
                    "There is no line that “%s” could be taken back from. Add an adjustment, and "
                    "write here that you did.",
                    self.name,
                )
            )
        if transition.key == "settle" and self.reason == "undone":
            self._check_still_undone()
        return super()._flow_check(transition, vals)

    def _check_answers_question(self, transition):
        if transition.key == "record" and self.reason not in DELIVERED:
            raise UserError(
                self.env._("“%s” is nothing that was delivered without an order.", self.name)
            )
        asked = self.reason == "claimed"
        if asked and transition.key not in ("same", "another"):
            raise UserError(
                self.env._(
                    "Say of “%s” whether it is the same as what was settled before, or another "
                    "one.",
                    self.name,
                )
            )
        if not asked and transition.key in ("same", "another"):
            raise UserError(
                self.env._("“%s” is not compared with anything that was settled.", self.name)
            )

    def _check_still_undone(self):
        # sudo: whoever decides need not be a reader of invoices
        source = self.env[self.source_model].sudo().browse(self.source_id).exists()
        if source.parent_state == "posted":
            raise UserError(
                self.env._(
                    "The invoice of “%s” is posted again, so its commission stands. Write under "
                    "Decision that there is nothing to settle.",
                    self.name,
                )
            )

    def _flow_after(self, transition):
        if transition.key == "settle":
            self.origin_line_id._get_settled_line()._record_return(
                self.quantity,
                source_model=self.source_model,
                source_id=self.source_id,
                occurred_at=self.occurred_at,
            )
        if transition.key == "record":
            self._record_delivery()
        if transition.key in ("same", "another"):
            line = self.env[self.source_model].browse(self.source_id)
            line._decide_twin(transition.key == "same")
        return super()._flow_after(transition)

    def _record_delivery(self):
        """Write the delivery into the journal, without what it was sold for."""
        line = self.env["scrm.settlement.line"]._record_sources(
            [
                {
                    "source_type": "shipment",
                    "source_model": self.source_model,
                    "source_id": self.source_id,
                    "company_id": self.company_id.id,
                    "partner_id": self.partner_id.id,
                    "product_id": self.product_id.id,
                    "quantity": self.quantity,
                    "occurred_at": self.occurred_at,
                    "name": self.name,
                }
            ]
        )
        if not line:
            raise UserError(
                self.env._(
                    "“%s” is in the journal already. Write under Decision that there is nothing to "
                    "settle.",
                    self.name,
                )
            )
        line._hold_twins(self.company_id)

    @api.model
    def _get_listed(self, company, model_name):
        """Return SQL of the exceptions of a source, to be followed by the id of the source."""
        return SQL(
            "scrm_settlement_exception known WHERE known.company_id = %s"
            " AND known.source_model_number = %s AND known.source_id =",
            company.id,
            self.env["ir.model"]._get_id(model_name),
        )

    @api.model
    def _record(self, rows):
        """Put sources on the list, once each question.

        :param rows: list of dicts of this model's columns, `state` excepted
        """
        if not rows:
            return
        names = tuple(rows[0])
        self.env.cr.execute(
            SQL(
                "INSERT INTO scrm_settlement_exception (%s, state, create_uid, write_uid, "
                "create_date, write_date) SELECT source.*, 'open', %s, %s, "
                "now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC' FROM unnest(%s) source "
                "ON CONFLICT (company_id, source_model_number, source_id, seq) DO NOTHING",
                SQL(", ").join(SQL.identifier(name) for name in names),
                self.env.uid,
                self.env.uid,
                SQL(", ").join(
                    SQL(
                        "%s::%s[]",
                        [row[name] for row in rows],
                        SQL(self._fields[name].column_type[1]),
                    )
                    for name in names
                ),
            )
        )

    @api.model
    def _retry(self, company):
        """Take back what waited for a price that its line has by now."""
        waiting = self.search(
            [
                ("company_id", "=", company.id),
                ("state", "=", "open"),
                ("reason", "=", "unpriced"),
                ("origin_line_id.state", "!=", "no_price"),
            ]
        )
        for record in waiting:
            try:
                with self.env.cr.savepoint():
                    record._move_along("settle")
            except UserError:
                continue  # more than is left: it stays on the list for a person
