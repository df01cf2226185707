"""What evidence may do by itself: where blocked values, rules and limits are consulted."""

import logging

from odoo import api, models
from odoo.tools import SQL

from ..tools.limits import ClusterLimits

_logger = logging.getLogger(__name__)


class ScrmIdentity(models.Model):
    _inherit = "scrm.identity"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    def _filter_usable(self, handles, pool):
        """Return the handles (or keys of handles) whose values are not blocked in the pool.

        For callers who would make a customer of each: a hotline is nobody.
        """
        is_blocked = self.env["scrm.identity.block"]._is_blocked
        return [
            handle
            for handle in handles
            if not is_blocked(*(handle if isinstance(handle, tuple) else handle.key)[::2], pool)
        ]

    def _judge_pairs(self, pairs, rule):
        """Return (pairs that may be tied, the strongest first; pairs to suggest for review).

        What names a blocked value, or a number that an organisation shares with its people, is
        neither: it is evidence of nothing.

        :param pairs: list of (lower id, higher id)
        :param str rule: an automatic one
        """
        Rule = self.env["scrm.resolution.rule"]
        is_blocked = self.env["scrm.identity.block"]._is_blocked
        nodes = self.sudo().browse(sorted({id_ for pair in pairs for id_ in pair}))
        nobodys = {
            node.id for node in nodes if is_blocked(node.id_type, node.value, node.pool_id)
        } | nodes._find_shared_with_people(rule)
        ranked, suggested = [], []
        for pair in pairs:
            if nobodys.intersection(pair):
                _logger.info("scrm.identity: %s and %s not tied by a value of nobody's", *pair)
                continue
            left, right = self.browse(pair[0]).sudo(), self.browse(pair[1]).sudo()
            decision, place = Rule._judge(left, right, rule)
            if decision == "suggest":
                suggested.append(pair)
            else:
                ranked.append((place, pair))
        return [pair for _place, pair in sorted(ranked)], suggested

    def _find_shared_with_people(self, rule):
        """Return the ids of phones and e-mails that stand on a company and on its people too.

        Whoever writes from such a number is one of them, nobody can tell which. What stands on a
        contact's own card was looked at when it was read.
        """
        if rule in ("contact_card", "contact_made"):
            return set()
        handles = self.filtered(
            lambda node: (
                node.id_type in ("phone", "email") and node.customer_id.kind == "organisation"
            )
        )
        if not handles:
            return set()
        self.env["res.partner"].flush_model(
            ["phone_sanitized", "email_normalized", "commercial_partner_id", "type", "active"]
        )
        rows = self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT i.id
                  FROM scrm_identity i
                  JOIN scrm_identity o ON o.customer_id = i.customer_id AND o.id_type = 'partner'
                  JOIN res_partner p ON p.commercial_partner_id = o.partner_id
                       AND p.id != o.partner_id AND p.active AND p.type = 'contact'
                 WHERE i.id = ANY(%s)
                   AND i.value = CASE i.id_type WHEN 'phone' THEN p.phone_sanitized
                                                ELSE p.email_normalized END
                """,
                handles.ids,
            )
        )
        return {row[0] for row in rows}

    def _get_cluster_limits(self, customers):
        """Return what these customers hold, to be kept up to date while they are united."""
        held = {customer.id: {} for customer in customers}
        for customer, id_type, count in self.sudo()._read_group(
            [("customer_id", "in", customers.ids)], ["customer_id", "id_type"], ["__count"]
        ):
            held[customer.id][id_type] = count
        return ClusterLimits(held, self.env["scrm.resolution.rule"]._get_cluster_limit())

    def _suggest(self, suggested, refused, rule, evidence):
        """Put what a rule may not tie by itself before a person.

        :param suggested: pairs that the recognition rules want to be reviewed
        :param refused: {pair: what would become too much}, see ClusterLimits.find_excess()
        """
        for (left, right), excess in refused.items():
            _logger.info("scrm.identity: %s and %s not tied, too many: %s", left, right, excess)
        reasons = dict.fromkeys(suggested, "suggested") | {
            pair: "size" if excess == "size" else "limit" for pair, excess in refused.items()
        }
        self.env["scrm.match.candidate"]._propose(
            [
                {
                    "left_id": left,
                    "right_id": right,
                    "rule": rule,
                    "reason": reason,
                    "evidence": evidence or {},
                }
                for (left, right), reason in reasons.items()
            ]
        )
