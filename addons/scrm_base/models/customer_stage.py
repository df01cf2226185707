"""Where a customer stands in the life they share with a company."""

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL


class ScrmCustomer(models.Model):
    _inherit = "scrm.customer"  # pylint: disable=consider-merging-classes-inherited

    stage_id = fields.Many2one(
        comodel_name="scrm.lifecycle.stage",
        compute="_compute_stage_id",
        search="_search_stage_id",
        help="Where the customer stands with the current company.",
    )
    standing_ids = fields.One2many(
        comodel_name="scrm.lifecycle.standing", inverse_name="customer_id", string="Standings"
    )
    stage_history_ids = fields.One2many(
        comodel_name="scrm.lifecycle.history",
        compute="_compute_stage_history_ids",
    )

    def _get_stages(self):
        """Return {customer id: stage}, the highest of the customer's tracks in this company.

        Each track (a customer as it was before any merge) keeps its own standing, so that undoing
        a merge gives back what was.
        """
        rows = self.env.execute_query(
            SQL(
                """
                SELECT COALESCE(c.merged_into_id, c.id), s.stage_id
                  FROM scrm_lifecycle_standing s
                  JOIN scrm_customer c ON c.id = s.customer_id
                  JOIN scrm_lifecycle_stage g ON g.id = s.stage_id
                 WHERE s.company_id = %s AND (c.id IN %s OR c.merged_into_id IN %s)
                 ORDER BY g.sequence, g.id
                """,
                self.env.company.id,
                tuple(self.ids) or (0,),
                tuple(self.ids) or (0,),
                to_flush=self._fields["merged_into_id"],
            )
        )
        stages = dict(rows)  # the last of each customer, the highest, stays
        Stage = self.env["scrm.lifecycle.stage"]
        if any(id_ not in stages for id_ in self.ids):
            initial = Stage._get_initial().id
            stages = {**dict.fromkeys(self.ids, initial), **stages}
        return {id_: Stage.browse(stages[id_]) for id_ in self.ids}

    @api.depends_context("company")
    @api.depends("standing_ids.stage_id", "merged_into_id", "merged_customer_ids.standing_ids")
    def _compute_stage_id(self):
        stages = self._get_stages()
        for customer in self:
            customer.stage_id = stages.get(customer.id, False)

    @api.model
    def _search_stage_id(self, operator, value):
        if operator not in ("in", "any", "any!"):
            return NotImplemented
        Stage = self.env["scrm.lifecycle.stage"]
        wanted = Stage.search(Domain("id", operator, value) if operator == "in" else value)
        higher = SQL(
            """(
            SELECT COALESCE(c.merged_into_id, c.id)
              FROM scrm_lifecycle_standing s
              JOIN scrm_customer c ON c.id = s.customer_id
              JOIN scrm_lifecycle_stage g ON g.id = s.stage_id
             WHERE s.company_id = %s
             GROUP BY 1
            HAVING NOT ((array_agg(s.stage_id ORDER BY g.sequence DESC, g.id DESC))[1] = ANY(%s))
            )""",
            self.env.company.id,
            wanted.ids,
            to_flush=self._fields["merged_into_id"],
        )
        standing = SQL(
            """(
            SELECT COALESCE(c.merged_into_id, c.id)
              FROM scrm_lifecycle_standing s JOIN scrm_customer c ON c.id = s.customer_id
             WHERE s.company_id = %s
            )""",
            self.env.company.id,
            to_flush=self._fields["merged_into_id"],
        )
        domain = Domain("id", "in", standing) & Domain("id", "not in", higher)
        if Stage._get_initial() in wanted:
            domain |= Domain("id", "not in", standing)
        return domain

    @api.depends_context("company")
    @api.depends("standing_ids", "merged_customer_ids")
    def _compute_stage_history_ids(self):
        tracks = self | self.merged_customer_ids
        history = self.env["scrm.lifecycle.history"].search(
            [("customer_id", "in", tracks.ids), ("company_id", "=", self.env.company.id)]
        )
        for customer in self:
            own = customer | customer.merged_customer_ids
            customer.stage_history_ids = history.filtered(lambda row, o=own: row.customer_id in o)

    def _set_stage(self, stage, reason, *, identity=None):
        """Move the customers to a stage of their life with the current company, and say why.

        A step back reaches every track of the customer, else the highest would still show.

        :param stage: scrm.lifecycle.stage, or its code
        :param str reason: a sentence for people
        :param identity: scrm.identity whose doing this is; if that handle is separated from the
            customer later, the stage goes with it. By default it belongs to the customer itself.
        """
        Stage = self.env["scrm.lifecycle.stage"]
        stage = Stage._get_by_code(stage) if isinstance(stage, str) else stage
        # sudo: the rule that moves the customer was met in somebody's business (an order, points).
        self_sudo = self.sudo()
        current = self_sudo._get_stages()
        moves = []
        for customer in self_sudo:
            if current[customer.id] == stage:
                continue
            tracks = identity.sudo().origin_customer_id if identity else customer
            if stage._get_rank() < current[customer.id]._get_rank():
                tracks = customer | customer.merged_customer_ids
            moves += [(track, stage, reason) for track in tracks]
        self_sudo.env["scrm.lifecycle.standing"]._move(moves)

    def _advance_stage(self, source, target, reasons):
        """Move those of the customers that stand at ``source`` on to ``target``, in one batch.

        :param str source: code of a stage
        :param str target: code of a stage
        :param dict reasons: {scrm.identity: sentence}, the handle by which each comes
        """
        Stage = self.env["scrm.lifecycle.stage"]
        source, target = Stage._get_by_code(source), Stage._get_by_code(target)
        stages = self.sudo()._get_stages()
        moves = {}
        for identity, reason in reasons.items():
            identity_sudo = identity.sudo()  # sudo: see _set_stage
            if stages.get(identity_sudo.customer_id.id) == source:
                moves.setdefault(
                    identity_sudo.customer_id,
                    (identity_sudo.origin_customer_id, target, reason),
                )
        self.env["scrm.lifecycle.standing"].sudo()._move(list(moves.values()))
