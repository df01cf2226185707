"""Rules that move customers from stage to stage, set-based, after segments are refreshed."""

from datetime import timedelta

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tools import SQL

SEGMENTS = ("enter_segment_id", "keep_segment_id", "leave_segment_id")
# Rules of the main company that each company begins with a copy of.
DEFAULTS = ("scrm_base.lifecycle_rule_loyal", "scrm_base.lifecycle_rule_fan")


class ScrmLifecycleRule(models.Model):
    """When customers come to a stage and when they leave it, each said by a segment.

    Two thresholds, so that nobody on the edge goes to and fro: one enters in the narrow segment
    and stays as long as in the wide one.
    """

    _name = "scrm.lifecycle.rule"
    _description = "Rule for a Stage of Customers"
    _order = "sequence, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)
    sequence = fields.Integer(default=10)
    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
        default=lambda self: self.env.company,
    )
    stage_id = fields.Many2one(
        comodel_name="scrm.lifecycle.stage", required=True, ondelete="restrict"
    )
    axis = fields.Selection(related="stage_id.axis")
    enter_segment_id = fields.Many2one(
        comodel_name="scrm.segment",
        string="Enters When In",
        required=True,
        check_company=True,
        ondelete="restrict",
    )
    keep_segment_id = fields.Many2one(
        comodel_name="scrm.segment",
        string="Stays While In",
        check_company=True,
        ondelete="restrict",
        help="Usually wider than the segment to enter by.",
    )
    leave_segment_id = fields.Many2one(
        comodel_name="scrm.segment",
        string="Leaves When In",
        check_company=True,
        ondelete="restrict",
        help="Without this and a segment to stay by, nobody leaves the stage by this rule.",
    )
    grace_days = fields.Integer(
        string="Days of Grace", help="How long the reason to leave must last before they leave."
    )

    _grace_check = models.Constraint(
        "CHECK (grace_days >= 0)", "Days of grace are counted: write no negative number."
    )
    _stage_uniq = models.UniqueIndex(
        "(company_id, stage_id) WHERE active", "A company has one rule for each stage."
    )

    @api.constrains("stage_id")
    def _check_stage(self):
        initial = self.env["scrm.lifecycle.stage"]._get_initial()
        if initial in self.stage_id:
            raise ValidationError(
                self.env._(
                    "Everybody begins at the stage %s: no rule moves them there.", initial.name
                )
            )

    @api.constrains("active", *SEGMENTS)
    def _check_segments(self):
        for rule in self.filtered("active"):
            archived = rule._get_archived_segments()
            if archived:
                raise ValidationError(
                    self.env._(
                        "The stage rule %(rule)s names the segment %(segment)s, which is archived."
                        " Unarchive the segment first, or name another one.",
                        rule=rule.name,
                        segment=archived[0].name,
                    )
                )

    def _get_archived_segments(self):
        """Return the segments that the rule names and that nobody refreshes."""
        segments = self.enter_segment_id | self.keep_segment_id | self.leave_segment_id
        return segments.filtered(lambda segment: not segment.active)

    # === DEFAULTS === #

    @api.model
    def _create_defaults(self, companies):
        """Give companies the rules to begin with, unless they have one for the same stage.

        They are copies of the main company's with its thresholds; whatever else it has added to
        the definitions concerns its own customers.
        """
        # A segment finds what its author may see, and nobody is the author of these.
        rules = self.with_user(SUPERUSER_ID).with_context(active_test=False)
        for xmlid in DEFAULTS:
            rule = rules.env.ref(xmlid, raise_if_not_found=False)
            if not rule:
                continue
            having = rules.search([("stage_id", "=", rule.stage_id.id)]).company_id
            for company in companies - having:
                rule._copy_to(company)

    def _copy_to(self, company):
        """Copy the rule and the segments that it names to another company."""
        vals = {
            "company_id": company.id,
            "domain": "[]",
            "include_ids": [Command.clear()],
            "exclude_ids": [Command.clear()],
        }
        segments = {name: self[name].copy(vals).id for name in SEGMENTS if self[name]}
        self.copy({"company_id": company.id, **segments})

    # === APPLYING === #

    @api.model
    def _apply_company(self, company, customer_ids=None):
        """Move whoever the rules of a company say, lower stages first.

        :param company: res.company
        :param customer_ids: whom to look at; everybody by default
        :return: sorted ids of the customers moved
        """
        # sudo: rules are applied for everybody, whoever's business it was.
        rules = self.sudo().search([("company_id", "=", company.id)])
        rules = rules.with_company(company).sorted(lambda rule: rule.stage_id._get_rank())
        moved = set()
        for rule in rules:
            moved.update(rule._apply(customer_ids))
        return sorted(moved)

    def _apply(self, customer_ids=None):
        """Let customers enter and leave the stage; whoever was set by hand stays.

        :return: ids of the customers moved, as they were before any merge
        """
        if self._get_archived_segments():
            # Nobody is in those: that everybody left would be no news of the customers.
            return []
        Standing = self.env["scrm.lifecycle.standing"]
        moved = Standing._write_moves(self._get_entering(customer_ids), rule=self)
        if self.keep_segment_id or self.leave_segment_id:
            moved += Standing._write_moves(self._get_leaving(customer_ids), rule=self)
        return moved

    def _get_places(self, customer_ids):
        """Return where customers stand on the rule's axis, as SQL."""
        return self.env["scrm.lifecycle.standing"]._get_places(
            self.company_id, self.stage_id.axis, customer_ids
        )

    def _get_entering(self, customer_ids):
        """Return the moves of whoever is in the segment and not yet as far, as SQL."""
        return SQL(
            """
            SELECT m.customer_id, %(axis)s, %(stage)s, %(reason)s
              FROM scrm_segment_member m
              JOIN scrm_customer c ON c.id = m.customer_id AND c.merged_into_id IS NULL
              LEFT JOIN (%(places)s) p ON p.customer_id = m.customer_id
              LEFT JOIN scrm_lifecycle_stage g ON g.id = p.stage_id
             WHERE m.segment_id = %(enter)s AND m.left_at IS NULL
               AND (%(ids)s::int[] IS NULL OR m.customer_id = ANY(%(ids)s::int[]))
               AND NOT COALESCE(p.is_manual, FALSE)
               AND (g.id IS NULL OR (g.sequence, g.id) < (%(sequence)s, %(stage)s))
            """,
            axis=self.stage_id.axis,
            stage=self.stage_id.id,
            sequence=self.stage_id.sequence,
            reason=self._get_reason("enter"),
            places=self._get_places(customer_ids),
            enter=self.enter_segment_id.id,
            ids=customer_ids,
        )

    def _get_leaving(self, customer_ids):
        """Return the moves of whoever has had a reason to leave for long enough, as SQL.

        To the stage before; on every track that stood higher, else the highest would still show.
        """
        back = self.stage_id._get_previous()
        return SQL(
            """
            SELECT s.customer_id, s.axis, %(back)s::int, %(reason)s
              FROM (%(places)s) p
              JOIN scrm_customer t ON COALESCE(t.merged_into_id, t.id) = p.customer_id
              JOIN scrm_lifecycle_standing s
                ON s.customer_id = t.id AND s.company_id = %(company)s AND s.axis = %(axis)s
              JOIN scrm_lifecycle_stage g ON g.id = s.stage_id
             WHERE p.stage_id = %(stage)s AND NOT p.is_manual
               AND (g.sequence, g.id) > (%(back_sequence)s, %(back_id)s)
               AND NOT EXISTS (%(entering)s)
               AND (%(left_keep)s OR %(in_leave)s)
            """,
            back=back.id or None,
            back_sequence=back.sequence if back else -1,
            back_id=back.id or 0,
            reason=self._get_reason("leave"),
            places=self._get_places(customer_ids),
            company=self.company_id.id,
            axis=self.stage_id.axis,
            stage=self.stage_id.id,
            entering=self._get_stays(self.enter_segment_id, SQL("1"), SQL("m.left_at IS NULL")),
            left_keep=self._get_left_keep(),
            in_leave=self._get_in_leave(),
        )

    def _get_stays(self, segment, what, condition):
        """Return a subquery of a customer's stays in a segment."""
        return SQL(
            "SELECT %s FROM scrm_segment_member m"
            " WHERE m.segment_id = %s AND m.customer_id = p.customer_id AND %s",
            what,
            segment.id,
            condition,
        )

    def _get_left_keep(self):
        if not self.keep_segment_id:
            return SQL("FALSE")
        return SQL(
            "(NOT EXISTS (%s) AND GREATEST(p.since, (%s)) <= %s)",
            self._get_stays(self.keep_segment_id, SQL("1"), SQL("m.left_at IS NULL")),
            self._get_stays(self.keep_segment_id, SQL("max(m.left_at)"), SQL("TRUE")),
            self._get_grace_limit(),
        )

    def _get_in_leave(self):
        if not self.leave_segment_id:
            return SQL("FALSE")
        long_enough = SQL(
            "m.left_at IS NULL AND GREATEST(p.since, m.entered_at) <= %s", self._get_grace_limit()
        )
        return SQL("EXISTS (%s)", self._get_stays(self.leave_segment_id, SQL("1"), long_enough))

    def _get_grace_limit(self):
        """Return the moment since before which a reason to leave must have lasted."""
        return self.env.cr.now() - timedelta(days=self.grace_days)

    def _get_reason(self, way):
        """Return the sentence that the history keeps, in the company's language."""
        lang = self.company_id.partner_id.lang or self.env.lang
        rule = self.with_context(lang=lang)
        if way == "enter":
            return rule.env._(
                "%(rule)s: is in %(segment)s", rule=rule.name, segment=rule.enter_segment_id.name
            )
        why = []
        if rule.keep_segment_id:
            why.append(rule.env._("is not in %s any more", rule.keep_segment_id.name))
        if rule.leave_segment_id:
            why.append(rule.env._("is in %s", rule.leave_segment_id.name))
        return rule.env._("%(rule)s: %(why)s", rule=rule.name, why=rule.env._(" or ").join(why))

    # === ACTIONS === #

    def action_apply(self):
        """Apply these rules now."""
        self.check_access("write")
        if not self.env["scrm.customer.touch"]._try_lock():
            raise UserError(
                self.env._("A refresh of all customers is under way. Try again in a minute.")
            )
        for rule in self.sudo():  # sudo: standings are written by rules alone; checked above
            rule.with_company(rule.company_id)._apply()
        return True

    def action_view_moves(self):
        """Open the moves that the rule made."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "scrm_base.scrm_lifecycle_history_action"
        )
        return {**action, "domain": [("rule_id", "=", self.id)], "display_name": self.name}
