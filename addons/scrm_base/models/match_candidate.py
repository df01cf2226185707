from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL, split_every

OPEN_STATES = ("new", "unsure")
# What a proposal weighs that brings no weight of its own: as likely as not.
DEFAULT_WEIGHT = 0.5
PROPOSALS_PER_STATEMENT = 1000


class ScrmMatchCandidate(models.Model):
    """Two handles that may be one person, waiting for a person: no edge says "perhaps"."""

    _name = "scrm.match.candidate"
    _description = "Customers to Review"
    # "new" before "unsure": what somebody was not sure of comes last.
    _order = "state, weight desc, id"

    left_id = fields.Many2one(
        comodel_name="scrm.identity",
        string="Handle",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    right_id = fields.Many2one(
        comodel_name="scrm.identity",
        string="Other Handle",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    left_customer_id = fields.Many2one(related="left_id.customer_id", string="Customer")
    right_customer_id = fields.Many2one(related="right_id.customer_id", string="Other Customer")
    pool_id = fields.Many2one(
        comodel_name="scrm.pool", required=True, readonly=True, index=True, ondelete="cascade"
    )
    rule = fields.Char(string="Evidence", required=True, readonly=True)
    reason = fields.Char(required=True, readonly=True, default="suggested")
    reason_label = fields.Char(string="Why", compute="_compute_reason_label")
    weight = fields.Float(
        digits=(6, 4),
        required=True,
        readonly=True,
        default=DEFAULT_WEIGHT,
        aggregator="avg",
        help="How likely the two are one, from 0 to 1, as far as the evidence can tell.",
    )
    # [{"field", "left", "right", "weight", "agrees"}], "field" a code or a name to show
    field_weights = fields.Json(readonly=True)
    evidence = fields.Json(string="What Was Seen", readonly=True)
    state = fields.Selection(
        selection=[
            ("new", "To Review"),
            ("unsure", "Not Sure"),
            ("accepted", "One Customer"),
            ("rejected", "Different Customers"),
            ("auto", "Recognised by Itself"),
            ("stale", "Settled Otherwise"),
        ],
        required=True,
        readonly=True,
        default="new",
        index=True,
    )
    reviewer_id = fields.Many2one(
        comodel_name="res.users", string="Reviewed By", readonly=True, ondelete="restrict"
    )
    reviewed_at = fields.Datetime(string="Reviewed On", readonly=True)

    _ordered = models.Constraint(
        "CHECK (left_id < right_id)", "A pair of handles is written once, the elder first."
    )
    _open_uniq = models.UniqueIndex(
        "(left_id, right_id) WHERE state IN ('new', 'unsure')",
        "This pair waits for review already.",
    )

    @api.model
    def _get_reason_labels(self):
        """Return {code: why a person has to look}; an addon with reasons of its own extends it."""
        return {
            "suggested": self.env._("The recognition rules leave this evidence to a person."),
            "limit": self.env._("One customer would get too many handles of a type."),
            "size": self.env._("One customer would get too many handles."),
            "shared": self.env._("What stands on the contact is known of another customer."),
            "import": self.env._("One row of an imported file names both."),
            "similar": self.env._("Same name, and the same end of the number or same mailbox."),
        }

    @api.depends("reason")
    def _compute_reason_label(self):
        labels = self._get_reason_labels()
        for candidate in self:
            candidate.reason_label = labels.get(candidate.reason, candidate.reason)

    @api.depends("left_id.display_value", "right_id.display_value")
    def _compute_display_name(self):
        for candidate in self:
            left, right = candidate.left_id, candidate.right_id
            candidate.display_name = f"{left.display_value} – {right.display_value}"

    # === PROPOSING === #

    @api.model
    def _propose(self, vals_list):
        """Put pairs of handles before a person; the only way in.

        Doing it twice changes nothing but the weight of what waits unseen. What is one customer
        already, was declared different, rejected or undone by a person is not proposed, nor what
        is a blocked value's.

        :param vals_list: dicts with ``left_id``, ``right_id`` (ids of scrm.identity, in any
            order), ``rule`` (code of the evidence) and, where the defaults do not serve,
            ``reason``, ``weight`` (0 to 1), ``field_weights``, ``evidence``
        :return: scrm.match.candidate, those that are new or weigh something else now
        """
        rows = {}
        for vals in vals_list:
            left, right = sorted((vals["left_id"], vals["right_id"]))
            if left != right:
                rows.setdefault((left, right), self._order_weights(vals))
        self.env["scrm.identity"].flush_model(["customer_id", "pool_id"])
        self.env["scrm.identity.link"].flush_model()
        self.flush_model()
        ids = []
        for part in split_every(PROPOSALS_PER_STATEMENT, rows.items(), dict):
            part = self._filter_open(part)
            if part:
                ids += [row[0] for row in self.env.execute_query(self._get_propose_query(part))]
        if ids:
            self.invalidate_model()
        return self.browse(ids)

    def _filter_open(self, rows):
        """Return those of these pairs that nobody has settled, with their pool.

        Without joins, as where clusters are derived: ids are at hand, and whatever the planner
        believes of tables that are filled for the first time, each query is one pass at worst.

        :param rows: {(left id, right id): values}
        """
        ids = sorted({id_ for pair in rows for id_ in pair})
        known = {
            id_: (customer, pool)
            for id_, customer, pool in self.env.execute_query(
                SQL("SELECT id, customer_id, pool_id FROM scrm_identity WHERE id = ANY(%s)", ids)
            )
        }
        settled = set(
            self.env.execute_query(
                SQL(
                    """
                    SELECT left_id, right_id FROM scrm_identity_link
                     WHERE left_id = ANY(%(ids)s) AND right_id = ANY(%(ids)s)
                       AND valid_to IS NOT NULL AND rule != 'cannot'
                    UNION
                    SELECT left_id, right_id FROM scrm_match_candidate
                     WHERE left_id = ANY(%(ids)s) AND right_id = ANY(%(ids)s)
                       AND state = 'rejected'
                    """,
                    ids=ids,
                )
            )
        )
        different = self._find_different({customer for customer, _pool in known.values()})
        return {
            (left, right): {**vals, "pool_id": known[left][1]}
            for (left, right), vals in rows.items()
            if (left, right) not in settled
            and known[left][1] == known[right][1]
            and known[left][0] != known[right][0]
            and frozenset((known[left][0], known[right][0])) not in different
        }

    def _find_different(self, customer_ids):
        """Return the pairs of customers, among these, that a person declared different.

        :return: {frozenset of two ids of scrm.customer}
        """
        customer_of = dict(
            self.env.execute_query(
                SQL(
                    "SELECT id, customer_id FROM scrm_identity WHERE customer_id = ANY(%s)",
                    list(customer_ids),
                )
            )
        )
        edges = self.env.execute_query(
            SQL(
                "SELECT left_id, right_id FROM scrm_identity_link WHERE left_id = ANY(%s)"
                " AND rule = 'cannot' AND valid_to IS NULL",
                list(customer_of),
            )
        )
        return {
            frozenset((customer_of[left], customer_of[right]))
            for left, right in edges
            if right in customer_of
        }

    def _order_weights(self, vals):
        """Return the values with what each side has on the side where its handle is shown."""
        if vals["left_id"] < vals["right_id"]:
            return vals
        weights = [
            {**entry, "left": entry.get("right"), "right": entry.get("left")}
            for entry in vals.get("field_weights") or []
        ]
        return {**vals, "field_weights": weights}

    def _get_propose_query(self, rows):
        """Return the statement that inserts these pairs, or weighs anew what waits unseen."""
        json = self._fields["evidence"].convert_to_column
        uid, now = self.env.uid, self.env.cr.now()
        values = [
            SQL(
                "(%s, %s, %s, %s, %s, %s, %s, %s, 'new', %s, %s, %s, %s)",
                *pair,
                vals["pool_id"],
                vals["rule"],
                vals.get("reason") or "suggested",
                vals.get("weight", DEFAULT_WEIGHT),
                json(vals.get("field_weights") or [], self),
                json(vals.get("evidence") or {}, self),
                uid,
                now,
                uid,
                now,
            )
            for pair, vals in rows.items()
        ]
        return SQL(
            """
            INSERT INTO scrm_match_candidate AS c (
                left_id, right_id, pool_id, rule, reason, weight, field_weights, evidence, state,
                create_uid, create_date, write_uid, write_date)
            VALUES %s
            ON CONFLICT (left_id, right_id) WHERE state IN ('new', 'unsure')
            DO UPDATE SET weight = EXCLUDED.weight, field_weights = EXCLUDED.field_weights,
                          write_date = EXCLUDED.write_date
             WHERE c.rule = EXCLUDED.rule AND c.weight != EXCLUDED.weight
            RETURNING c.id
            """,
            SQL(", ").join(values),
        )

    @api.model
    def _expire(self, customers=None):
        """Take off the queue what was settled otherwise: one customer now, or declared different.

        :param customers: scrm.customer whose handles were regrouped, all by default
        """
        self.env["scrm.identity"].flush_model(["customer_id"])
        self.env["scrm.identity.link"].flush_model()
        self.flush_model(["left_id", "right_id", "state"])
        within = SQL("TRUE")
        if customers is not None:
            rows = self.env.execute_query(
                SQL("SELECT id FROM scrm_identity WHERE customer_id = ANY(%s)", customers.ids)
            )
            # Both ends of what was settled belong to these customers.
            within = SQL("left_id = ANY(%s)", [row[0] for row in rows])
        waiting = self.env.execute_query(
            SQL(
                "SELECT id, left_id, right_id FROM scrm_match_candidate"
                " WHERE state IN ('new', 'unsure') AND %s",
                within,
            )
        )
        if not waiting:
            return
        ends = list({id_ for row in waiting for id_ in row[1:]})
        customer_of = dict(
            self.env.execute_query(
                SQL("SELECT id, customer_id FROM scrm_identity WHERE id = ANY(%s)", ends)
            )
        )
        different = self._find_different(set(customer_of.values()))
        pairs = {id_: {customer_of[left], customer_of[right]} for id_, left, right in waiting}
        # sudo: what is settled is settled, whoever has regrouped the handles.
        self.sudo().browse(
            [id_ for id_, pair in pairs.items() if len(pair) == 1 or pair in different]
        ).write({"state": "stale"})

    # === DECIDING === #

    def action_accept(self):
        """Say that the two are one customer: a person's decision, undone under Merges."""
        for candidate in self._take():
            candidate._close("accepted")
            left, right = candidate.left_id, candidate.right_id
            left._attach(right, rule="manual", evidence=candidate._prepare_evidence())
        return True

    def action_reject(self):
        """Say that the two are different customers; the pair never comes back."""
        for candidate in self._take():
            candidate._close("rejected")
            left, right = candidate.left_id, candidate.right_id
            left._attach(right, rule="cannot", evidence=candidate._prepare_evidence())
        return True

    def action_unsure(self):
        """Leave the decision to somebody else; it comes last from now on."""
        self._take()._close("unsure")
        return True

    def _take(self):
        """Check that the user may decide, lock what is decided and return it.

        :raise UserError: somebody else was faster
        """
        if not self.env.user.has_group("scrm_base.group_scrm_base_steward"):
            raise AccessError(self.env._("Only a data steward may say which customers are one."))
        self.check_access("read")
        (self.left_id | self.right_id).customer_id.check_access("write")
        self.lock_for_update()
        if any(candidate.state not in OPEN_STATES for candidate in self):
            raise UserError(self.env._("This was decided meanwhile. Reload the page."))
        return self

    def _close(self, state):
        # sudo: nobody writes candidates but these decisions, which have checked the user.
        self.sudo().write(
            {"state": state, "reviewer_id": self.env.uid, "reviewed_at": fields.Datetime.now()}
        )

    def _prepare_evidence(self):
        self.ensure_one()
        return {"candidate": self.id, "rule": self.rule, "weight": self.weight}

    def _settle_automatically(self):
        """Tie these pairs by their own rule; a hook for rules that a company trusts.

        What the recognition rules, limits or a person's decision forbid stays to be reviewed.

        :return: scrm.match.candidate, those that were tied
        """
        settled = self.browse()
        for rule, candidates in self.filtered(lambda c: c.state == "new").grouped("rule").items():
            links = self.env["scrm.identity"]._attach_many(
                [(candidate.left_id, candidate.right_id) for candidate in candidates],
                rule=rule,
                evidence={"candidates": candidates.ids},
            )
            pairs = {(link.left_id, link.right_id) for link in links}
            settled |= candidates.filtered(lambda c, p=pairs: (c.left_id, c.right_id) in p)
        # sudo: the work of a job, see _close().
        settled.sudo().write({"state": "auto"})
        return settled
