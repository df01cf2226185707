"""Why the handles of a customer are one customer, and what a merge would bring together."""

from odoo import models
from odoo.exceptions import AccessError, UserError
from odoo.tools import format_date

from ..tools.evidence_path import find_path
from .identity_cluster import CANNOT


class ScrmCustomer(models.Model):
    _inherit = "scrm.customer"  # pylint: disable=consider-merging-classes-inherited

    def get_evidence_path(self, left_id, right_id):
        """Return the shortest chain of evidence between two handles of this customer.

        :param left_id, right_id: ids of scrm.identity
        :return: list of dicts, one for each handle on the way: ``handle``, and but for the first
            ``why``, ``on``, ``by``: how it hangs on the one before; empty when nothing ties them
        """
        self.ensure_one()
        self.check_access("read")
        handles = self.identity_ids
        if not {left_id, right_id} <= set(handles.ids):
            raise UserError(
                self.env._("These handles are not both this customer's any more. Reload the page.")
            )
        links = self.link_ids.filtered(lambda link: not link.valid_to and link.rule != CANNOT)
        path = find_path(
            [(link.id, link.left_id.id, link.right_id.id) for link in links.sorted("id")],
            left_id,
            right_id,
        )
        if path is None:
            return []
        types = dict(handles._fields["id_type"]._description_selection(self.env))

        def describe(handle):
            return f"{types[handle.id_type]} {handle.display_value}"

        steps = [{"handle": describe(handles.browse(left_id))}]
        for link_id, node_id in path:
            link = links.browse(link_id)
            steps.append(
                {
                    "handle": describe(handles.browse(node_id)),
                    "why": link.rule_label,
                    "on": format_date(self.env, link.valid_from),
                    "by": link.decided_by_id.display_name if link.rule == "manual" else "",
                }
            )
        return steps

    def _count_affected(self):
        """Return [(label, count)] of what a merge of this customer brings along; a hook.

        Always the same labels in the same order: two customers are shown side by side.
        """
        self.ensure_one()
        interactions = self.env["scrm.interaction"].search_count([("customer_id", "=", self.id)])
        return [
            (self.env._("Orders"), self.order_count),
            (self.env._("Invoices"), self.invoice_count),
            (self.env._("Leads"), self.lead_count),
            (self.env._("Timeline"), interactions),
        ]


class ScrmIdentity(models.Model):
    _inherit = "scrm.identity"  # pylint: disable=consider-merging-classes-inherited

    def action_detach(self):
        """Take a handle off its customer: end all evidence in force that ties it to others."""
        if not self.env.user.has_group("scrm_base.group_scrm_base_steward"):
            raise AccessError(self.env._("Only a data steward may detach handles."))
        self.check_access("read")
        links = self.env["scrm.identity.link"].search(
            [
                ("valid_to", "=", False),
                ("rule", "!=", CANNOT),
                "|",
                ("left_id", "in", self.ids),
                ("right_id", "in", self.ids),
            ]
        )
        if not links:
            raise UserError(
                self.env._("Nothing ties this handle to another: it is a customer by itself.")
            )
        return links.action_undo()
