from odoo import api, fields, models

from ..tools.credit import COMPONENTS

# Documents whose own form needs the rights of a team: our view for others, and that team.
OWN_VIEWS = {
    "sale.order": (
        "scrm_settlement.sale_order_view_form_credit_manager",
        "sales_team.group_sale_salesman",
    ),
    "account.move": (
        "scrm_settlement.account_move_view_form_credit_manager",
        "account.group_account_invoice,account.group_account_readonly",
    ),
}


class ScrmCreditItem(models.TransientModel):
    """One document of what a dealer uses, as it was when somebody asked: the drill-down.

    Its rows are those of the query that gives the figure, so their sum is the figure.
    """

    _name = "scrm.credit.item"
    _description = "Credit Item"
    _order = "sequence, dated_on, id"

    account_id = fields.Many2one("scrm.credit.account", readonly=True, ondelete="cascade")
    sequence = fields.Integer(readonly=True)
    component = fields.Selection(
        selection=[
            ("receivable", "Open invoices"),
            ("delivered", "Delivered, not invoiced"),
            ("ordered", "Ordered, not delivered"),
            ("draft_invoice", "Draft invoices"),
            ("statement", "Settlements to receive"),
            ("payable", "Settlements to pay"),
            ("deposit", "Deposits"),
        ],
        readonly=True,
    )
    res_model = fields.Char(readonly=True)
    res_id = fields.Many2oneReference(string="Record", model_field="res_model", readonly=True)
    name = fields.Char(string="Document", readonly=True)
    dated_on = fields.Date(string="Date", readonly=True)
    due_on = fields.Date(string="Due", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    amount = fields.Monetary(readonly=True)

    @api.model
    def _open(self, account, component=None):
        """Return the action that lists the documents of one component, or of all."""
        account.check_access("read")
        items = self._make(account, component)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Credit of %s", account.display_name),
            "res_model": self._name,
            "views": [(self.env.ref("scrm_settlement.scrm_credit_item_view_list").id, "list")],
            "domain": [("id", "in", items.ids)],
            "context": {"group_by": [] if component else ["component"], "create": False},
        }

    @api.model
    def _make(self, account, component=None):
        rows = [
            row for row in account._get_items() if not component or row["component"] == component
        ]
        names = {}
        for model_name in {row["res_model"] for row in rows}:
            ids = [row["res_id"] for row in rows if row["res_model"] == model_name]
            # sudo: who sees the credit learns which documents make it up; opening one is another
            # matter, for which rights are needed
            for record in self.env[model_name].sudo().browse(ids):
                names[model_name, record.id] = record.display_name
        return self.create(
            [
                {
                    "account_id": account.id,
                    "sequence": COMPONENTS.index(row["component"]),
                    "component": row["component"],
                    "res_model": row["res_model"],
                    "res_id": row["res_id"],
                    "name": names[row["res_model"], row["res_id"]],
                    "dated_on": row["dated_on"],
                    "due_on": row["due_on"],
                    "currency_id": account.company_currency_id.id,
                    "amount": float(row["amount"]),
                }
                for row in rows
            ]
        )

    def action_open_record(self):
        self.ensure_one()
        return self._open_document(self.res_model, self.res_id)

    @api.model
    def _open_document(self, model_name, record_id):
        """Open a document; who is not of its team gets a view that asks for no rights but reading.

        Core's forms of orders and invoices read what belongs to other addons as well.
        """
        return {
            "type": "ir.actions.act_window",
            "res_model": model_name,
            "res_id": record_id,
            "views": [(self._get_own_view(model_name).id, "form")],
        }

    @api.model
    def _get_own_view(self, model_name):
        """Return our view of a document for a user who is not of its team, else none."""
        view, team = OWN_VIEWS.get(model_name, (None, None))
        if not view or self.env.user.has_groups(team):
            return self.env["ir.ui.view"]
        return self.env.ref(view)
