"""Where a customer stands in the life they share with a company."""

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain
from odoo.tools import SQL


class ScrmCustomer(models.Model):
    _inherit = "scrm.customer"  # pylint: disable=consider-merging-classes-inherited

    stage_id = fields.Many2one(
        comodel_name="scrm.lifecycle.stage",
        compute="_compute_stage_id",
        search="_search_stage_id",
        help="Where the customer stands with the current company: the highest of all axes.",
    )
    axis_stage_ids = fields.Many2many(
        comodel_name="scrm.lifecycle.stage",
        string="Stages on Each Axis",
        compute="_compute_stage_id",
        search="_search_axis_stage_ids",
        help="Where the customer stands with the current company, on each axis.",
    )
    held_axes = fields.Char(
        string="Set by Hand On",
        compute="_compute_stage_id",
        help="The axes on which a person decided the stage; rules let it be until it is released.",
    )
    standing_ids = fields.One2many(
        comodel_name="scrm.lifecycle.standing", inverse_name="customer_id", string="Standings"
    )
    stage_move_ids = fields.One2many(
        comodel_name="scrm.lifecycle.history", inverse_name="customer_id", string="Stage Moves"
    )
    stage_history_ids = fields.One2many(
        comodel_name="scrm.lifecycle.history",
        compute="_compute_stage_history_ids",
    )

    def _get_standings(self):
        """Return {customer id: {axis: (stage, whether set by hand)}} in this company."""
        places = self.env["scrm.lifecycle.standing"]._get_places(
            self.env.company, customer_ids=self.ids
        )
        rows = self.env.execute_query(
            SQL("SELECT customer_id, axis, stage_id, is_manual FROM (%s) p", places)
        )
        # All at once: they are few, and each is asked for its place among the others.
        Stage = self.env["scrm.lifecycle.stage"]
        stages = Stage.search_fetch([], ["axis", "sequence", "name"])
        initial = stages.filtered(lambda stage: stage.axis == "relation")[:1]
        standings = {id_: {"relation": (initial, False)} for id_ in self.ids}
        for customer_id, axis, stage_id, is_manual in rows:
            if customer_id in standings:
                stage = Stage.browse(stage_id) if stage_id else Stage
                stage = stage or (initial if axis == "relation" else Stage)
                standings[customer_id][axis] = (stage, is_manual)
        return standings

    def _get_stages(self, axis):
        """Return {customer id: stage on an axis, or none}, in this company."""
        Stage = self.env["scrm.lifecycle.stage"]
        return {
            id_: standing.get(axis, (Stage, False))[0]
            for id_, standing in self._get_standings().items()
        }

    @api.depends_context("company")
    @api.depends("standing_ids.stage_id", "merged_into_id", "merged_customer_ids.standing_ids")
    def _compute_stage_id(self):
        standings = self._get_standings()
        axes = dict(
            self.env["scrm.lifecycle.stage"]._fields["axis"]._description_selection(self.env)
        )
        for customer in self:
            standing = standings.get(customer.id, {})
            stages = self.env["scrm.lifecycle.stage"].union(
                *(stage for stage, _m in standing.values())
            )
            customer.axis_stage_ids = stages.sorted(lambda stage: stage._get_rank())
            customer.stage_id = customer.axis_stage_ids[-1:]
            held = [axes[axis] for axis, (_stage, is_manual) in standing.items() if is_manual]
            customer.held_axes = ", ".join(held)

    @api.model
    def _search_stage_id(self, operator, value):
        if operator not in ("in", "any", "any!"):
            return NotImplemented
        Stage = self.env["scrm.lifecycle.stage"]
        wanted = Stage.search(Domain("id", operator, value) if operator == "in" else value)
        places = self.env["scrm.lifecycle.standing"]._get_places(self.env.company)
        shown = SQL(
            """(
            SELECT p.customer_id
              FROM (%s) p JOIN scrm_lifecycle_stage g ON g.id = p.stage_id
             GROUP BY 1
            HAVING (array_agg(g.id ORDER BY g.sequence DESC, g.id DESC))[1] = ANY(%s)
            )""",
            places,
            wanted.ids,
        )
        domain = Domain("id", "in", shown)
        if Stage._get_initial() in wanted:
            standing = SQL("(SELECT customer_id FROM (%s) p WHERE stage_id IS NOT NULL)", places)
            domain |= Domain("id", "not in", standing)
        return domain

    @api.model
    def _search_axis_stage_ids(self, operator, value):
        """Find who stands at a stage on its axis, the highest of their tracks there."""
        if operator not in ("in", "any", "any!"):
            return NotImplemented
        Stage = self.env["scrm.lifecycle.stage"]
        wanted = Stage.search(Domain("id", operator, value) if operator == "in" else value)
        places = self.env["scrm.lifecycle.standing"]._get_places(self.env.company)
        domain = Domain(
            "id",
            "in",
            SQL("(SELECT customer_id FROM (%s) p WHERE stage_id = ANY(%s))", places, wanted.ids),
        )
        if Stage._get_initial() in wanted:
            placed = SQL(
                "(SELECT customer_id FROM (%s) p WHERE axis = 'relation' AND stage_id IS NOT NULL)",
                places,
            )
            domain |= Domain("id", "not in", placed)
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

    def _set_stage(self, stage, reason, *, identity=None, is_manual=False):
        """Move the customers to a stage of its axis with the current company, and say why.

        A step back reaches every track of the customer, else the highest would still show.

        :param stage: scrm.lifecycle.stage, or its code
        :param str reason: a sentence for people
        :param identity: scrm.identity whose doing this is; if that handle is separated from the
            customer later, the stage goes with it. By default it belongs to the customer itself.
        :param is_manual: a person's decision, which rules let be until it is released
        """
        Stage = self.env["scrm.lifecycle.stage"]
        stage = Stage._get_by_code(stage) if isinstance(stage, str) else stage
        # sudo: the rule that moves the customer was met in somebody's business (an order, points).
        self_sudo = self.sudo()
        current = self_sudo._get_stages(stage.axis)
        moves = []
        for customer in self_sudo:
            before = current[customer.id]
            if before == stage and not is_manual:
                continue
            tracks = identity.sudo().origin_customer_id if identity else customer
            if before and stage._get_rank() < before._get_rank():
                tracks = customer | customer.merged_customer_ids
            moves += [(track, stage.axis, stage, reason) for track in tracks]
        self_sudo.env["scrm.lifecycle.standing"]._move(moves, is_manual=is_manual)

    def _leave_axis(self, axis, reason, *, is_manual=False):
        """Let the customers stand at no stage of an axis any more, on any track."""
        self_sudo = self.sudo()  # sudo: see _set_stage
        nowhere = self.env["scrm.lifecycle.stage"]
        self_sudo.env["scrm.lifecycle.standing"]._move(
            [
                (track, axis, nowhere, reason)
                for customer in self_sudo
                for track in customer | customer.merged_customer_ids
            ],
            is_manual=is_manual,
        )

    def _advance_stage(self, source, target, reasons):
        """Move those of the customers that stand at ``source`` on to ``target``, in one batch.

        A target on another axis is reached by whoever stands at the source on its own axis and
        has not come as far on the target's.

        :param str source: code of a stage
        :param str target: code of a stage
        :param dict reasons: {scrm.identity: sentence}, the handle by which each comes
        """
        Stage = self.env["scrm.lifecycle.stage"]
        source, target = Stage._get_by_code(source), Stage._get_by_code(target)
        standings = self.sudo()._get_standings()
        moves = {}
        for identity, reason in reasons.items():
            identity_sudo = identity.sudo()  # sudo: see _set_stage
            standing = standings.get(identity_sudo.customer_id.id, {})
            stage = standing.get(source.axis, (Stage, False))[0]
            reached = standing.get(target.axis, (Stage, False))[0]
            if stage == source and (not reached or reached._get_rank() < target._get_rank()):
                moves.setdefault(
                    identity_sudo.customer_id,
                    (identity_sudo.origin_customer_id, target.axis, target, reason),
                )
        self.env["scrm.lifecycle.standing"].sudo()._move(list(moves.values()))

    def action_release_stages(self):
        """Let rules decide again where a person had decided."""
        if not self.env.user.has_group("scrm_base.group_scrm_base_operator"):
            raise AccessError(self.env._("Only an operator may release a stage set by hand."))
        self.check_access("write")
        # sudo: standings are written by their methods alone; the check is above.
        held = (
            self.env["scrm.lifecycle.standing"]
            .sudo()
            .search(
                [
                    ("customer_id", "in", (self | self.sudo().merged_customer_ids).ids),
                    ("company_id", "=", self.env.company.id),
                    ("is_manual", "=", True),
                ]
            )
        )
        reason = self.env._("Released: rules decide again")
        held._move([(row.customer_id, row.axis, row.stage_id, reason) for row in held])
        self.env["scrm.customer.touch"]._touch(self, self.env.company)
        return True
