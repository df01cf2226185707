"""Identities as a graph: what ties them, and the customer that follows from it."""

import logging

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import SQL, split_every

from ..tools.clusters import UnionFind, winners

_logger = logging.getLogger(__name__)

# Customers that are derived in one go when all are; a million at once would fill the memory.
SLICE = 20_000

CANNOT = "cannot"
# A person decided: it overrides an earlier undoing, and what stands against it is said aloud.
MANUAL_RULES = frozenset({"manual", "odoo_merge"})
# Ties that belong to making a customer known at all; they are no event on a timeline.
QUIET_RULES = frozenset({"contact_card", "contact_made", "import", "odoo_merge"})


class ScrmIdentity(models.Model):
    _inherit = "scrm.identity"

    def _attach(self, other, *, rule, evidence=None):
        """Say that two handles are one person: add the edge and derive their customer again.

        Saying it twice changes nothing. An automatic rule does not say again what a person has
        undone, nor against a ``cannot`` edge, nor by a blocked value; what the recognition rules
        or limits leave to a person becomes a ``scrm.match.candidate``. It then returns no link.
        With rule ``cannot`` the edge says that the two are *not* one person.

        :param other: scrm.identity, one record
        :param str rule: code of what tied them, see ``scrm.identity.link._get_rule_labels()``
        :param dict evidence: what was seen, shown to people who ask why
        :return: scrm.identity.link, the edge in force, or none
        :raise UserError: a person's decision (rule manual …) contradicts a ``cannot`` edge, or a
            ``cannot`` edge the evidence in force; or the two belong to different pools
        """
        self.ensure_one()
        other.ensure_one()
        return self._attach_many([(self, other)], rule=rule, evidence=evidence)

    @api.model
    def _attach_many(self, pairs, *, rule, evidence=None):
        """Attach many pairs in a bounded number of queries; see :meth:`_attach`.

        :param pairs: list of (scrm.identity, scrm.identity)
        :return: scrm.identity.link, those that are in force now
        """
        Link = self.env["scrm.identity.link"].sudo()
        wanted = {tuple(sorted((left.id, right.id))) for left, right in pairs if left != right}
        if not wanted:
            return Link.browse().sudo(False)
        # sudo: evidence is written by whoever met the customer; who may say "manual" is checked
        # by the actions that offer it.
        nodes = self.sudo().browse(sorted({id_ for pair in wanted for id_ in pair}))
        nodes._check_one_pool(wanted)
        customers = nodes._lock_clusters()
        in_force, undone = self._find_links(wanted, rule)
        todo, suggested, limits = sorted(wanted - in_force.keys()), [], None
        if todo and rule not in MANUAL_RULES and rule != CANNOT:
            todo, suggested = self._judge_pairs([p for p in todo if p not in undone], rule)
            limits = self._get_cluster_limits(customers)
        accepted, united, refused = self._check_pairs(todo, rule, customers, limits)
        links = Link.create(
            [
                {
                    "left_id": left,
                    "right_id": right,
                    "rule": rule,
                    "evidence": evidence or {},
                    "decided_by_id": self.env.uid,
                }
                for left, right in accepted
            ]
        )
        if united:
            self.sudo()._derive(customers)
        if united or (rule == CANNOT and links):
            self.env["scrm.match.candidate"]._expire(customers)
        if united and rule not in QUIET_RULES:
            links.filtered(lambda link: (link.left_id.id, link.right_id.id) in united)._record()
        if suggested or refused:
            self._suggest(suggested, refused, rule, evidence)
        return (links | Link.browse(in_force.values())).sudo(False)

    def _check_one_pool(self, pairs):
        """Refuse pairs whose ends are known to different companies."""
        pool_of = {node.id: node.pool_id for node in self}
        if any(pool_of[left] != pool_of[right] for left, right in pairs):
            raise UserError(
                self.env._("Customers of different recognition pools cannot be tied together.")
            )

    def _lock_clusters(self):
        """Return the customers of these identities, and let nobody else regroup them meanwhile.

        The customers' rows are written, not only locked: a concurrent transaction that regroups
        one of them must fail (and be retried), for its snapshot misses our edge.
        """
        while True:
            customers = self.customer_id
            ids = tuple(customers.ids)
            self.env.execute_query(
                SQL(
                    "SELECT id FROM scrm_customer WHERE id IN %s ORDER BY id FOR NO KEY UPDATE",
                    ids,
                )
            )
            self.env.execute_query(
                SQL(
                    "UPDATE scrm_customer SET derived_at = clock_timestamp() AT TIME ZONE 'UTC'"
                    " WHERE id IN %s RETURNING id",
                    ids,
                )
            )
            self.invalidate_recordset(["customer_id"])
            if self.customer_id == customers:  # always so, but for READ COMMITTED cursors
                return customers

    def _find_links(self, pairs, rule):
        """Return ({pair: id} of this rule in force, {pairs of any rule that a person ended})."""
        in_force, undone = {}, set()
        for link in (
            self.env["scrm.identity.link"]
            .sudo()
            .search_fetch(
                [
                    ("left_id", "in", [left for left, _right in pairs]),
                    ("right_id", "in", [right for _left, right in pairs]),
                ],
                ["left_id", "right_id", "rule", "valid_to"],
            )
        ):
            pair = (link.left_id.id, link.right_id.id)
            if link.valid_to and link.rule != CANNOT:
                undone.add(pair)
            elif not link.valid_to and link.rule == rule:
                in_force[pair] = link.id
        return in_force, undone

    def _check_pairs(self, pairs, rule, customers, limits=None):
        """Return (pairs to tie, those of them that unite two customers, {pair: its excess}).

        :param pairs: list of (lower id, higher id)
        :param customers: scrm.customer, all customers of the pairs
        :param limits: ClusterLimits of these customers; none for a person's decision
        """
        nodes = self.sudo().browse(sorted({id_ for pair in pairs for id_ in pair}))
        customer_of = {node.id: node.customer_id.id for node in nodes}
        if rule == CANNOT:
            if any(customer_of[left] == customer_of[right] for left, right in pairs):
                raise UserError(
                    self.env._(
                        "These are one customer by other evidence. Undo that evidence first, on"
                        " the customer's page under Merges."
                    )
                )
            return pairs, set(), {}
        forbidden = self._find_forbidden(customers)
        sets = UnionFind(customers.ids)
        accepted, united, refused = [], set(), {}
        get_limits = self.env["scrm.resolution.rule"]._get_limits
        at_most = {node.id: get_limits(rule, node.pool_id) for node in nodes} if limits else {}
        for left, right in pairs:
            roots = {sets.find(customer_of[left]), sets.find(customer_of[right])}
            if len(roots) == 2:
                if any({sets.find(a), sets.find(b)} == roots for a, b in forbidden):
                    if rule in MANUAL_RULES:
                        raise UserError(
                            self.env._(
                                "Somebody decided that these are different customers. Undo that"
                                " decision first, on the customer's page under Merges."
                            )
                        )
                    _logger.info("scrm.identity: %s not tied to %s, marked different", left, right)
                    continue
                excess = limits and limits.find_excess(*sorted(roots), at_most[left])
                if excess:
                    refused[left, right] = excess
                    continue
                sets.union(customer_of[left], customer_of[right])
                united.add((left, right))
                if limits:
                    limits.unite(*roots, sets.find(customer_of[left]))
            accepted.append((left, right))
        return accepted, united, refused

    def _find_forbidden(self, customers):
        """Return the pairs of ids, of these customers, that a person declared different."""
        links = (
            self.env["scrm.identity.link"]
            .sudo()
            .search(
                [
                    ("rule", "=", CANNOT),
                    ("valid_to", "=", False),
                    ("left_id.customer_id", "in", customers.ids),
                    ("right_id.customer_id", "in", customers.ids),
                ]
            )
        )
        return [(link.left_id.customer_id.id, link.right_id.customer_id.id) for link in links]

    # === DERIVING === #

    @api.model
    def _derive(self, customers):
        """Derive the customer of each identity from the edges in force.

        :param customers: scrm.customer whose identities are looked at
        """
        self._flush_graph()
        # No joins: the ids are at hand, and the planner's guesses about new rows are not needed.
        rows = self.env.execute_query(
            SQL(
                "SELECT id, origin_customer_id, customer_id FROM scrm_identity"
                " WHERE customer_id = ANY(%s)",
                customers.ids,
            )
        )
        merged_into = dict(
            self.env.execute_query(
                SQL(
                    "SELECT id, merged_into_id FROM scrm_customer WHERE id = ANY(%s)",
                    [origin for _id, origin, _customer in rows],
                )
            )
        )
        edges = self.env.execute_query(
            SQL(
                "SELECT left_id, right_id FROM scrm_identity_link"
                " WHERE valid_to IS NULL AND rule != %s AND left_id = ANY(%s)",
                CANNOT,
                [id_ for id_, _origin, _customer in rows],
            )
        )
        winner_of = winners({id_: origin for id_, origin, _customer in rows}, edges)
        self._write_customers(
            {id_: winner_of[id_] for id_, _o, customer in rows if customer != winner_of[id_]}
        )
        merged = {
            origin: winner_of[id_] if winner_of[id_] != origin else None
            for id_, origin, _customer in rows
        }
        self.env["scrm.customer"]._write_merged_into(
            {origin: into for origin, into in merged.items() if into != merged_into[origin]}
        )

    def _flush_graph(self):
        self.env["scrm.identity.link"].flush_model()
        self.flush_model(["customer_id"])
        self.env["scrm.customer"].flush_model(["merged_into_id"])

    @api.model
    def _derive_all(self):
        """Derive every customer again.

        First those that an edge ties to another one, together. Then no edge leaves a customer,
        and they are derived slice by slice; one whose handles were all born with it is right.
        """
        self._flush_graph()
        Customer = self.env["scrm.customer"]
        tied = self.env.execute_query(
            SQL(
                "SELECT a.customer_id, b.customer_id FROM scrm_identity_link link"
                " JOIN scrm_identity a ON a.id = link.left_id"
                " JOIN scrm_identity b ON b.id = link.right_id"
                " WHERE link.valid_to IS NULL AND link.rule != %s"
                " AND a.customer_id != b.customer_id",
                CANNOT,
            )
        )
        if tied:
            self._derive(Customer.browse(sorted({id_ for pair in tied for id_ in pair})))
        doubtful = self.env.execute_query(
            SQL(
                "SELECT i.customer_id FROM scrm_identity i"
                " JOIN scrm_customer c ON c.id = i.customer_id"
                " GROUP BY i.customer_id"
                " HAVING count(DISTINCT i.origin_customer_id) > 1"
                " OR min(i.origin_customer_id) != i.customer_id"
                " OR bool_or(c.merged_into_id IS NOT NULL) ORDER BY i.customer_id"
            )
        )
        for ids in split_every(SLICE, (row[0] for row in doubtful), list):
            self._derive(Customer.browse(ids))
            self.env.invalidate_all()  # what this slice mended is written before the next

    def _write_customers(self, customer_by_id):
        """Write the derived customers in one statement and let every cache follow."""
        if not customer_by_id:
            return
        changed = self.browse(customer_by_id)
        changed.modified(["customer_id"], before=True)
        before = changed.customer_id.ids
        self.env.execute_query(
            SQL(
                "UPDATE scrm_identity i SET customer_id = v.customer_id"
                " FROM (VALUES %s) AS v(id, customer_id)"
                " WHERE i.id = v.id AND i.id = ANY(%s) RETURNING i.id",
                SQL(", ").join(SQL("%s", row) for row in customer_by_id.items()),
                changed.ids,
            )
        )
        changed.invalidate_recordset(["customer_id"], flush=False)
        self.env["scrm.customer"].invalidate_model(["identity_ids"], flush=False)
        self.env["res.partner"].invalidate_model(
            ["scrm_customer_id", "scrm_stage_id", "scrm_identity_ids", "scrm_tag_ids"], flush=False
        )
        changed.modified(["customer_id"])
        self._move_copies()
        self.env["scrm.customer.touch"]._touch([*before, *customer_by_id.values()])

    @api.model
    def _rebuild(self):
        """Derive everything again, and every stored copy of a customer with it.

        Normally it changes nothing: what it mends is what a record written in the very moment of
        a merge kept of the older customer.
        """
        self._derive_all()
        self.env["scrm.match.candidate"]._expire()
        self.env.flush_all()
        for model, field in self._get_copies():
            rows = self._follow_identities(
                model, field, SQL("t.customer_id IS DISTINCT FROM i.customer_id")
            )
            if rows:
                _logger.info("%s: the customer of %s rows was rebuilt", model._name, len(rows))
                model.browse(rows).modified(["customer_id"])

    # === COPIES === #

    @api.model
    def _get_copies(self):
        """Yield (model, field) wherever a handle's customer is kept beside the handle."""
        for model in self.env.registry.values():
            if model._abstract or not model._auto or "identity_id" not in model._fields:
                continue
            field = model._fields.get("customer_id")
            if field and field.store and field.related == "identity_id.customer_id":
                yield self.env[model._name], field

    @api.model
    def _move_copies(self):
        """Write the copies that wait to be computed, in one statement for each table.

        What depends on them was marked together with them and is computed after this.
        """
        for model, field in self._get_copies():
            waiting = [id_ for id_ in self.env.records_to_compute(field)._ids if id_]
            if waiting:
                model.flush_model(["identity_id"])
                self.env.remove_to_compute(field, model.browse(waiting))
                self._follow_identities(model, field, SQL("t.id = ANY(%s)", waiting))

    @api.model
    def _follow_identities(self, model, field, condition):
        """Write the handles' customers into a table that keeps a copy; return the rows' ids."""
        rows = self.env.execute_query(
            SQL(
                "UPDATE %(table)s t SET customer_id = i.customer_id FROM scrm_identity i"
                " WHERE i.id = t.identity_id AND %(condition)s RETURNING t.id",
                table=SQL.identifier(model._table),
                condition=condition,
            )
        )
        ids = [row[0] for row in rows]
        model.browse(ids).invalidate_recordset([field.name], flush=False)
        return ids

    @api.model
    def _cron_rebuild(self):
        """Rebuild nightly, see :meth:`_rebuild`."""
        self._rebuild()

    @api.model
    def _get_partner_owners(self, identity_ids):
        """Return {identity id: {ids of the contacts in its cluster}} in one query."""
        identities = self.sudo().browse(identity_ids)
        customers = identities.customer_id
        owners = {}
        for member in self.sudo().search_fetch(
            [("customer_id", "in", customers.ids), ("id_type", "=", "partner")],
            ["customer_id", "partner_id"],
        ):
            owners.setdefault(member.customer_id, set()).add(member.partner_id.id)
        return {identity.id: owners.get(identity.customer_id, set()) for identity in identities}
