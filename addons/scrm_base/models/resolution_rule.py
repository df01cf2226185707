from odoo import api, fields, models, tools

DEFAULT_CLUSTER_LIMIT = 20
CLUSTER_LIMIT_KEY = "scrm_base.cluster_limit"


class ScrmResolutionRule(models.Model):
    """How far a kind of evidence is trusted: what it ties by itself, what a person has to see."""

    _name = "scrm.resolution.rule"
    _description = "Recognition Rule"
    _order = "sequence, id"
    _rec_name = "display_name"

    sequence = fields.Integer(
        string="Priority",
        default=100,
        help="The first rule that fits decides, those of the pool itself before those for every"
        " pool. Within one event, ties by rules further down are the first to be left out when a"
        " customer would get too many handles.",
    )
    pool_id = fields.Many2one(
        comodel_name="scrm.pool",
        index="btree_not_null",
        ondelete="cascade",
        help="For every pool when empty.",
    )
    id_type = fields.Selection(
        selection="_selection_id_type",
        string="Type of Handle",
        help="The rule is for evidence that names such a handle; for any when empty.",
    )
    evidence_rule = fields.Selection(
        selection="_selection_evidence_rule",
        string="Evidence",
        help="The rule is for evidence of this kind; for any when empty.",
    )
    decision = fields.Selection(
        selection=[("automatic", "Recognise"), ("suggest", "Suggest for review")],
        required=True,
        default="automatic",
    )
    requires_verified = fields.Boolean(
        string="Only if Verified",
        help="Evidence with a handle of this type that was never proven is suggested for review.",
    )
    handle_limit = fields.Integer(
        string="At Most",
        help="How many handles of this type one customer may get without a person. The first rule"
        " that fits and gives a number counts; 0 gives none.",
    )
    active = fields.Boolean(default=True)

    _limit_not_negative = models.Constraint(
        "CHECK (handle_limit >= 0)", "The number of handles cannot be negative; 0 gives no limit."
    )
    _type_of_limit = models.Constraint(
        "CHECK (id_type IS NOT NULL OR (handle_limit = 0 AND NOT requires_verified))",
        "Choose the type of handle that is limited or has to be verified.",
    )

    @api.model
    def _selection_id_type(self):
        return self.env["scrm.identity"]._fields["id_type"]._description_selection(self.env)

    @api.model
    def _selection_evidence_rule(self):
        labels = self.env["scrm.identity.link"]._get_rule_labels()
        return [(code, label) for code, label in labels.items() if code not in ("manual", "cannot")]

    @api.depends("id_type", "evidence_rule")
    def _compute_display_name(self):
        labels = self.env["scrm.identity.link"]._get_rule_labels()
        types = dict(self._fields["id_type"]._description_selection(self.env))
        for rule in self:
            parts = [types.get(rule.id_type), labels.get(rule.evidence_rule)]
            rule.display_name = " – ".join(filter(None, parts)) or self.env._("Any evidence")

    @api.model_create_multi
    def create(self, vals_list):
        self.env.registry.clear_cache()
        return super().create(vals_list)

    def write(self, vals):
        self.env.registry.clear_cache()
        return super().write(vals)

    def unlink(self):
        self.env.registry.clear_cache()
        return super().unlink()

    @api.model
    @tools.ormcache("pool_id")
    def _get_rules(self, pool_id):
        """Return the rules of a pool in order: (type, evidence, decision, verified, limit), …"""
        # sudo: the rules hold for whoever meets a customer.
        rules = self.sudo().search([("pool_id", "in", [False, pool_id])])
        return tuple(
            (
                rule.id_type,
                rule.evidence_rule,
                rule.decision,
                rule.requires_verified,
                rule.handle_limit,
            )
            for rule in rules.sorted(lambda rule: not rule.pool_id)
        )

    @api.model
    def _judge(self, left, right, evidence_rule):
        """Return (decision, strength) for evidence between two handles of one pool.

        :param left, right: scrm.identity
        :return: "automatic" or "suggest", and the place of the rule that says so
        """
        rules = self._get_rules(left.pool_id.id)
        for place, (id_type, code, decision, verified, _limit) in enumerate(rules):
            ends = [end for end in (left, right) if not id_type or end.id_type == id_type]
            if ends and code in (False, evidence_rule):
                unproven = verified and not all(end.verified_at for end in ends)
                return ("suggest" if unproven else decision), place
        return "automatic", len(rules)

    @api.model
    def _get_tied_types(self, evidence_rule, pool):
        """Return the types of handles that evidence ties to a contact when neither is proven."""
        new = self.env["scrm.identity"].new
        handles = {
            id_type: new({"id_type": id_type, "pool_id": pool.id})
            for id_type, _label in self._selection_id_type()
        }
        return {
            id_type
            for id_type, handle in handles.items()
            if self._judge(handles["partner"], handle, evidence_rule)[0] == "automatic"
        }

    @api.model
    def _get_limits(self, evidence_rule, pool):
        """Return {type of handle: how many one customer of the pool may get by this evidence}."""
        limits = {}
        for id_type, code, _decision, _verified, limit in self._get_rules(pool.id):
            if limit and code in (False, evidence_rule):
                limits.setdefault(id_type, limit)
        return limits

    @api.model
    def _get_cluster_limit(self):
        """Return how many handles one customer may get without a person."""
        # sudo: a setting of the database, read by whoever meets a customer.
        value = self.env["ir.config_parameter"].sudo().get_param(CLUSTER_LIMIT_KEY)
        return int(value) if (value or "").isdigit() and int(value) else DEFAULT_CLUSTER_LIMIT
