import ast

import psycopg2

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain

from ..tools.segments import find_cycle

# What a definition can get wrong: the other segments are refreshed all the same.
DEFINITION_ERRORS = (
    UserError,
    ArithmeticError,
    AttributeError,
    KeyError,
    RecursionError,
    TypeError,
    ValueError,
    psycopg2.DataError,
    psycopg2.ProgrammingError,
)
# Who is in which segment: what leads there has no place in a domain.
MEMBERSHIPS = frozenset({"scrm.segment", "scrm.segment.member"})
# What says who belongs to a segment; whoever changes it answers for it with their own rights.
DEFINITION = frozenset({"domain", "condition_ids", "include_mode", "include_ids", "exclude_ids"})
# A definition that leaves out what is archived would mean something else: everybody, in the end.
ARCHIVED_TOO = {"active_test": False}
# Written by the refresh alone.
DERIVED = frozenset({"user_id", "member_count", "refreshed_at", "refresh_error", "is_stale"})


class ScrmSegment(models.Model):
    """A group of a company's customers, defined by what is true of them and kept up to date.

    Not a saved filter: who is in, since when and who left is on record, and rules of service,
    loyalty and sending read it without knowing how it is defined.
    """

    _name = "scrm.segment"
    _description = "Segment of Customers"
    _order = "name, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    description = fields.Text(translate=True)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
        default=lambda self: self.env.company,
    )
    domain = fields.Char(
        string="Customers",
        required=True,
        default="[]",
        help="What is true of the customers themselves; without a condition, everybody.",
    )
    condition_ids = fields.One2many(
        comodel_name="scrm.segment.condition",
        inverse_name="segment_id",
        string="Figures",
        copy=True,
        help="All of them must be true.",
    )
    include_mode = fields.Selection(
        selection=[("any", "At least one of"), ("all", "All of")],
        string="Must Be In",
        required=True,
        default="any",
    )
    include_ids = fields.Many2many(
        comodel_name="scrm.segment",
        relation="scrm_segment_include_rel",
        column1="segment_id",
        column2="included_id",
        string="Segments to Be In",
        check_company=True,
        context=ARCHIVED_TOO,
        domain="[('company_id', '=', company_id), ('id', '!=', id), ('active', '=', True)]",
    )
    exclude_ids = fields.Many2many(
        comodel_name="scrm.segment",
        relation="scrm_segment_exclude_rel",
        column1="segment_id",
        column2="excluded_id",
        string="Must Not Be In",
        check_company=True,
        context=ARCHIVED_TOO,
        domain="[('company_id', '=', company_id), ('id', '!=', id), ('active', '=', True)]",
    )
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Defined By",
        readonly=True,
        copy=False,
        ondelete="restrict",
        help="Who changed the definition last: the segment finds what this person may see.",
    )
    member_ids = fields.One2many(
        comodel_name="scrm.segment.member",
        inverse_name="segment_id",
        string="Members",
        domain=[("left_at", "=", False)],
    )
    snapshot_ids = fields.One2many(
        comodel_name="scrm.segment.snapshot", inverse_name="segment_id", string="Sizes"
    )
    member_count = fields.Integer(string="Size", readonly=True, copy=False)
    refreshed_at = fields.Datetime(string="Last Refresh", readonly=True, copy=False)
    refresh_error = fields.Char(string="Why It Could Not Be Refreshed", readonly=True, copy=False)
    is_stale = fields.Boolean(
        readonly=True, copy=False, help="The definition changed since the members were found."
    )

    @api.constrains("include_ids", "exclude_ids")
    def _check_cycle(self):
        # sudo: a ring may close over segments that others defined, all of one company.
        segments = self.sudo().with_context(active_test=False)
        reads = segments.search([("company_id", "in", self.company_id.ids)])._get_reads()
        ring = find_cycle(reads)
        if ring:
            raise ValidationError(
                self.env._(
                    "These segments would wait for one another: %(ring)s. Take one of them out of"
                    " the other's definition.",
                    ring=" → ".join(segments.browse(id_).name for id_ in [*ring, ring[0]]),
                )
            )

    @api.constrains("domain", "condition_ids", "include_ids", "exclude_ids")
    def _check_definition(self):
        """Refuse what cannot be understood, and what its author may not ask."""
        for segment in self:
            try:
                # Constraints are checked by the superuser; the question is whoever asks it.
                segment._search_customers(segment._get_env_of(self.env.uid))
            except (AccessError, ValidationError):
                raise
            except DEFINITION_ERRORS as error:
                raise ValidationError(
                    self.env._(
                        "The segment %(name)s cannot be understood: %(error)s",
                        name=segment.name,
                        error=error,
                    )
                ) from error

    @api.constrains("active")
    def _check_not_in_use(self):
        archived = self.filtered(lambda segment: not segment.active)
        archived._check_no_reader(Domain("active", "=", True))
        (self - archived)._check_definition()

    def _check_no_reader(self, domain):
        """Raise if one of the segments in the domain, archived or not, is defined by these."""
        domain &= Domain("include_ids", "in", self.ids) | Domain("exclude_ids", "in", self.ids)
        reader = self.with_context(active_test=False).search(domain, limit=1)
        if reader:
            raise ValidationError(
                self.env._(
                    "The segment %s is defined by this one. Change its definition first.",
                    reader.name,
                )
            )

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        segments = super().create(
            [{k: v for k, v in vals.items() if k not in DERIVED} for vals in vals_list]
        )
        segments._mark_redefined()
        segments._refresh_redefined()
        return segments

    def write(self, vals):
        vals = {name: value for name, value in vals.items() if name not in DERIVED}
        res = super().write(vals)
        if "active" in vals or DEFINITION.intersection(vals):
            self._mark_redefined()
            self._refresh_redefined()
        return res

    def _mark_redefined(self):
        """Note that the members are to be found anew, for whoever defined the segment now."""
        # Past our own write(), which lets nobody set these.
        vals = {"user_id": self.env.uid, "is_stale": True}
        return super().write(vals)  # pylint: disable=super-method-mismatch

    def _write_refreshed(self, vals):
        """Write what a refresh found out, which nobody else may."""
        return super().write(vals)  # pylint: disable=super-method-mismatch

    @api.ondelete(at_uninstall=False)
    def _unlink_except_in_use(self):
        self._check_no_reader(Domain("id", "not in", self.ids))

    # === WHO BELONGS === #

    def _get_reads(self):
        """Return {id: ids of the segments that its definition names}."""
        return {segment.id: (segment.include_ids | segment.exclude_ids).ids for segment in self}

    def _get_env_of(self, user_id):
        """Return the environment of a user, with that user's own rights, in this company alone."""
        self.ensure_one()
        return self.with_user(user_id).with_context(allowed_company_ids=self.company_id.ids).env

    def _search_customers(self, env, extra=Domain.TRUE):
        """Return the query of the customers that the definition finds, saved or not yet.

        :param env: the environment whose rights, rules and company apply
        :param extra: a further Domain on scrm.customer
        :return: odoo.tools.Query
        """
        self.ensure_one()
        Customer = env["scrm.customer"].with_context(active_test=False)
        return Customer._search(self._get_customer_domain(env) & extra)

    def _get_customer_domain(self, env):
        """Return the definition as one Domain on scrm.customer, with subqueries.

        Customers in force of the company's pool; those recognised as others are not members.
        """
        # sudo: which pool a company is of is no secret, and no right of whoever asks.
        pool = self.company_id.sudo().scrm_pool_id
        domain = Domain("pool_id", "=", pool.id) & Domain("active", "=", True)
        self._check_reads_in_force()
        domain &= self._get_own_domain()
        domain &= self.condition_ids._get_customer_domain(env)
        included = [[id_] for id_ in self.include_ids.ids]
        if self.include_mode == "any" and included:
            included = [self.include_ids.ids]
        for ids in included:
            domain &= Domain("id", "in", self._get_member_select(env, ids))
        if self.exclude_ids:
            domain &= Domain("id", "not in", self._get_member_select(env, self.exclude_ids.ids))
        return domain

    def _check_reads_in_force(self):
        """Raise if the segment is in force and one that its definition names is not."""
        archived = (self.include_ids | self.exclude_ids).filtered(lambda read: not read.active)
        if self.active and archived:
            raise ValidationError(
                self.env._(
                    "The segment %(name)s is defined by %(other)s, which is archived. Unarchive"
                    " that one first, or take it out of the definition.",
                    name=self.name or "",
                    other=archived[0].name,
                )
            )

    def _get_own_domain(self):
        """Return the written domain: literals only, nothing of it is run."""
        try:
            domain = Domain(ast.literal_eval(self.domain or "[]"))
        except (ValueError, SyntaxError, TypeError) as error:
            raise UserError(
                self.env._("The condition on customers is not written as a filter: %s", self.domain)
            ) from error
        if self._is_about_members(self.env["scrm.customer"], domain):
            raise ValidationError(
                self.env._(
                    "The condition on customers asks who is in a segment. Name that segment under"
                    ' "Must be in" or "Must Not Be In" instead.'
                )
            )
        return domain

    @api.model
    def _is_about_members(self, model, domain):
        """Return whether a domain on a model asks, by any path, who is in a segment.

        Nothing could say in which order such segments are made, or that they do not wait for
        themselves.
        """
        for condition in domain.iter_conditions():
            comodel = model
            for name in condition.field_expr.split("."):
                field = comodel._fields.get(name)
                if field is None or not field.relational:
                    break
                if field.comodel_name in MEMBERSHIPS:
                    return True
                comodel = self.env[field.comodel_name]
            value = condition.value
            if condition.operator.removeprefix("not ") in ("any", "any!") and (
                self._is_about_members(comodel, Domain(value))
            ):
                return True
        return False

    @api.model
    def _get_member_select(self, env, segment_ids):
        """Return the subselect of who is in any of these segments, as last refreshed."""
        query = env["scrm.segment.member"]._search(
            [("segment_id", "in", segment_ids), ("left_at", "=", False)]
        )
        return query.subselect("scrm_segment_member.customer_id")
