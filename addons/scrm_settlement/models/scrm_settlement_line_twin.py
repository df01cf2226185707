from datetime import timedelta
from decimal import Decimal

from odoo import api, fields, models
from odoo.tools import SQL

from ..tools.claim_cells import get_key
from ..tools.twins import Pair, choose

# A claim without a number of ours may be any source of its product that is so near in days.
WINDOW = timedelta(days=60)
# Numbers of documents begin anew: the same one more than a year away is another document.
HORIZON = timedelta(days=366)
# What sources leave in the journal by themselves.
TRUE_KINDS = ("part", "labour", "shipment", "commission")
# Lines that a statement or a true-up would take, now or once they have a price.
WAITING = ("no_price", "pending", "counted")

# A row of a list is weighed by its quantity, something missing by its money.
_CLAIM = """
SELECT line.id, line.partner_id, line.product_id, line.state, line.statement_id, line.twin_line_id,
       dispute.id IS NOT NULL AS by_amount, COALESCE(dispute.item_date, line.date) AS day,
       CASE WHEN dispute.id IS NULL THEN ARRAY[asked.ref, asked.serial]
            ELSE ARRAY[dispute.item_ref] END AS marks,
       claimed.whole, claimed.whole + returned.part - answered.covered AS rest, answered.held
  FROM scrm_settlement_line line
  LEFT JOIN scrm_settlement_import_line asked
       ON line.source_type = 'import' AND asked.id = line.source_id
  LEFT JOIN scrm_settlement_dispute dispute
       ON line.source_type = 'adjustment' AND dispute.id = line.source_id
  CROSS JOIN LATERAL (
       SELECT CASE WHEN dispute.id IS NULL THEN line.quantity ELSE line.amount END AS whole) claimed
  CROSS JOIN LATERAL (
       SELECT COALESCE(SUM(other.part) FILTER (WHERE other.state = 'covered'), 0) AS covered,
              COALESCE(SUM(other.part) FILTER (WHERE other.state = 'held'), 0) AS held
         FROM (SELECT state, CASE WHEN dispute.id IS NULL THEN quantity
                                  ELSE COALESCE(amount, claimed.whole) END AS part
                 FROM scrm_settlement_line WHERE twin_line_id = line.id) other) answered
  CROSS JOIN LATERAL (
       SELECT COALESCE(SUM(CASE WHEN dispute.id IS NULL THEN other.quantity
                                ELSE other.amount END), 0) AS part
         FROM scrm_settlement_line other
        WHERE other.origin_line_id = line.id AND other.source_type = 'return') returned
 WHERE line.company_id = %(company)s AND line.quantity > 0 AND %(is_claim)s
"""

# Of two lines about the same the second waits; the first is on a statement, or came earlier. The
# same two are asked about once, whichever of them waited.
# Numeric as text: the cursor makes float of it.
_PAIRS = """
WITH claim AS MATERIALIZED (%(claim)s),
pair AS (
SELECT source.id AS line, claim.id AS twin, source.id AS source_id, claim.partner_id, claim.marks,
       abs(source.date - claim.day) AS days, FALSE AS is_listed,
       %(measure)s AS asked, claim.rest - claim.held AS room
  FROM claim
  JOIN scrm_settlement_line source ON %(same)s
 WHERE source.statement_id IS NULL AND source.state IN %(waiting)s
   AND claim.state <> 'covered' AND claim.rest > 0
   AND (claim.statement_id IS NOT NULL OR claim.id < source.id)
   AND claim.twin_line_id IS DISTINCT FROM source.id
   AND NOT EXISTS (SELECT FROM %(decided)s source.id)
 UNION ALL
SELECT claim.id, source.id, source.id, claim.partner_id, claim.marks,
       abs(source.date - claim.day), %(listed)s, claim.whole,
       %(measure)s - (
           SELECT COALESCE(SUM(CASE WHEN claim.by_amount THEN other.amount
                                    ELSE other.quantity END), 0)
             FROM scrm_settlement_line other
            WHERE other.twin_line_id = source.id AND other.state IN ('held', 'covered'))
  FROM claim
  JOIN scrm_settlement_line source ON %(same)s
 WHERE claim.statement_id IS NULL AND claim.state IN %(waiting)s
   AND (source.statement_id IS NOT NULL OR source.id < claim.id)
   AND source.twin_line_id IS DISTINCT FROM claim.id
   AND NOT EXISTS (SELECT FROM %(decided)s claim.id))
SELECT line, twin, source_id, partner_id, marks, days, asked::text, room::text,
       days <= %(window)s AND NOT is_listed AS is_near
  FROM pair
"""

# A row of the dealer's has it already: a row without its number is about something else.
_LISTED = """
EXISTS (
    SELECT FROM scrm_settlement_import list
      JOIN scrm_settlement_import_line row
           ON row.import_id = list.id AND row.line_id = source.id AND row.row_number IS NOT NULL
     WHERE list.company_id = source.company_id AND list.partner_id = source.partner_id
       AND list.state <> 'cancel')
"""

# A claim that was made before: in another list, or for another statement.
_AGAIN = """
WITH claim AS MATERIALIZED (%(claim)s)
SELECT later.id AS line, earlier.id AS twin, later.marks, earlier.marks AS known,
       later.day = earlier.day AND later.by_amount = earlier.by_amount
           AND later.whole = earlier.whole AS is_alike
  FROM claim later
  JOIN claim earlier ON earlier.partner_id = later.partner_id
   AND earlier.product_id IS NOT DISTINCT FROM later.product_id
   AND earlier.day BETWEEN later.day - %(horizon)s AND later.day + %(horizon)s
 WHERE later.statement_id IS NULL AND later.state IN %(waiting)s AND earlier.id <> later.id
   AND (earlier.statement_id IS NOT NULL OR earlier.id < later.id)
   AND earlier.state <> 'held' AND earlier.rest > 0
   AND NOT EXISTS (SELECT FROM %(decided)s later.id)
 ORDER BY later.id DESC, earlier.id DESC
"""

_IS_CLAIM = (
    "(source_type = 'import' AND source_model = 'scrm.settlement.import.line'"
    " OR source_type = 'adjustment' AND source_model = 'scrm.settlement.dispute'"
    " AND origin_line_id IS NULL)"
)


class ScrmSettlementLine(models.Model):
    """Two lines about the same: a dealer's claim that was accepted, and its source.

    A claim (a row of a spreadsheet, something missing on a statement) is settled without its
    source. Whichever of the two comes second is held until a person has said whether it is the
    same. Statements look before they take lines, whoever wrote those meanwhile.

    A claim that shares a number with sources of its product holds those. A claim whose number is
    another document of ours for this dealer holds nothing else. Any other number is the dealer's
    own: like a claim without one it holds the sources of its product within 60 days, the nearest
    first, until they make up what was claimed. Sources that came before a claim hold it by the
    same rule, but for those that a row of the dealer's lists names already.

    A claim that was made before waits too: it shares a number with an earlier one of its product,
    or both have none and are of one day and size.
    """

    _inherit = "scrm.settlement.line"

    twin_line_id = fields.Many2one(
        comodel_name="scrm.settlement.line",
        string="Seems the Same As",
        readonly=True,
        ondelete="restrict",
        index="btree_not_null",
        help="The line that seems to settle the same: what the dealer had claimed before.",
    )

    _claim_idx = models.Index(f"(company_id, partner_id, product_id) WHERE {_IS_CLAIM}")

    @api.model
    def _hold_twins(self, company):
        """Hold the lines that seem to be settled by another one, and ask a person."""
        self = self.sudo()  # the journal is written by the system alone
        twins = self._find_twins(company)
        if not twins:
            return
        self.env.cr.execute(
            SQL(
                "UPDATE scrm_settlement_line line SET state = 'held', twin_line_id = pair.twin_id,"
                " write_uid = %s, write_date = now() AT TIME ZONE 'UTC'"
                " FROM unnest(%s, %s) pair (id, twin_id)"
                " WHERE line.id = pair.id AND line.company_id = %s",
                self.env.uid,
                list(twins),
                list(twins.values()),
                company.id,
            )
        )
        lines = self.browse(twins)
        lines.invalidate_recordset(["state", "twin_line_id"])
        self.env["scrm.settlement.exception"]._record(
            [line._prepare_twin_exception(company) for line in lines]
        )

    def _prepare_twin_exception(self, company):
        vals = {
            "name": self.name,
            "partner_id": self.partner_id.id,
            "source_id": self.id,
            "origin_id": self.twin_line_id.id,
            "product_id": self.product_id.id,
            "quantity": self.quantity,
            "occurred_at": self.occurred_at,
            "date": self.date,
        }
        return self._prepare_exception(company, "claimed", self._name, vals)

    @api.model
    def _find_twins(self, company):
        """Return {line to hold: line that settles the same}."""
        self.env.flush_all()
        found = self.env.execute_query_dict(self._get_twins_query(company))
        # The sources alone: by which numbers a claim goes stands in the claim
        names = self.browse({row["source_id"] for row in found})._get_claim_names()
        for row in found:
            numbers = {get_key(t) for texts in names.get(row["source_id"], ()) for t in texts}
            marks = {get_key(text) for text in row["marks"] if text}
            row.update(has_number=bool(marks & numbers), is_other=bool(marks and numbers))
        asked = [row for row in found if row["is_other"] and not row["has_number"]]
        own = self._find_own_numbers(company, asked)
        again = self._find_claimed_again(company)
        return again | choose(
            Pair(
                row["line"],
                row["twin"],
                row["has_number"],
                row["days"],
                Decimal(row["asked"]),
                Decimal(row["room"]),
            )
            for row in found
            if row["has_number"]
            or row["is_near"]
            and not (row["is_other"] and own & _get_marks(row))
        )

    @api.model
    def _find_claimed_again(self, company):
        """Return {claim to hold: the earlier claim of the same}, the earliest of several."""
        again = {}
        for row in self.env.execute_query_dict(
            SQL(_AGAIN, horizon=HORIZON.days, **self._prepare_twin_parts(company))
        ):
            marks, known = (
                {get_key(text) for text in row[name] if text} for name in ("marks", "known")
            )
            if marks & known or (row["is_alike"] and not marks and not known):
                again[row["line"]] = row["twin"]
        return again

    def _prepare_twin_parts(self, company):
        return {
            "claim": SQL(_CLAIM, company=company.id, is_claim=SQL(_IS_CLAIM)),
            "waiting": WAITING,
            "decided": self.env["scrm.settlement.exception"]._get_listed(company, self._name),
        }

    def _get_twins_query(self, company):
        return SQL(
            _PAIRS,
            **self._prepare_twin_parts(company),
            same=SQL(
                "source.company_id = %s AND source.partner_id = claim.partner_id"
                " AND source.product_id = claim.product_id AND source.source_type IN %s"
                " AND source.date BETWEEN claim.day - %s AND claim.day + %s"
                " AND source.quantity > 0",
                company.id,
                TRUE_KINDS,
                HORIZON.days,
                HORIZON.days,
            ),
            window=WINDOW.days,
            listed=SQL(_LISTED),
            measure=SQL(
                "CASE WHEN claim.by_amount THEN COALESCE(source.amount, claim.whole)"
                " ELSE source.quantity END"
            ),
        )

    def _decide_twin(self, is_same):
        """Leave a held line unpaid for ever, or let it be settled after all."""
        self.ensure_one()
        line = self.sudo()  # the journal is written by the system alone
        if is_same:
            line.write({"state": "covered"})
        elif not line.document_mode:
            line.write({"state": "no_price"})
        else:
            counts = line.rule_id.accumulation == "period" and line.source_type != "adjustment"
            line.write({"state": "counted" if counts else "pending"})
        if not is_same:
            # What was claimed is somewhere else: ask of the next one before it is settled
            line._hold_twins(line.company_id)

    def _get_settled_line(self):
        """Return what was paid for this line: itself, or the claim that it is the source of.

        Commissions come back by value and a missing item by its amount: those are taken back by
        a person.
        """
        self.ensure_one()
        twin = self.twin_line_id
        by_quantity = self.source_type != "commission" and twin.source_type == "import"
        return twin if self.state == "covered" and by_quantity else self


def _get_marks(claim):
    """Return the numbers of a claim as (dealer's id, key)."""
    return {(claim["partner_id"], get_key(text)) for text in claim["marks"] if text}
