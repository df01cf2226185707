from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL


class ScrmCustomer(models.Model):
    _inherit = "scrm.customer"

    scrm_membership_ids = fields.One2many(
        comodel_name="scrm.loyalty.membership",
        inverse_name="customer_id",
        string="Memberships",
        readonly=True,
    )
    scrm_card_ids = fields.One2many(
        comodel_name="loyalty.card",
        inverse_name="scrm_customer_id",
        string="Member Cards",
        readonly=True,
    )
    scrm_membership_count = fields.Integer(
        string="Membership Count", compute="_compute_scrm_loyalty", compute_sudo=True
    )
    scrm_tier_id = fields.Many2one(
        comodel_name="scrm.loyalty.tier",
        string="Tier",
        compute="_compute_scrm_loyalty",
        compute_sudo=True,
    )
    scrm_points = fields.Float(
        string="Points", compute="_compute_scrm_loyalty", compute_sudo=True, digits=(16, 2)
    )
    scrm_card_count = fields.Integer(
        string="Card Count", compute="_compute_scrm_loyalty", compute_sudo=True
    )
    scrm_entry_count = fields.Integer(
        string="Entry Count", compute="_compute_scrm_loyalty", compute_sudo=True
    )
    scrm_move_count = fields.Integer(
        string="Move Count", compute="_compute_scrm_loyalty", compute_sudo=True
    )

    @api.depends_context("company", "allowed_company_ids")
    def _compute_scrm_loyalty(self):
        """Sum up what the current companies' programmes know of the customer."""
        known = self._scrm_read_loyalty()
        for customer in self:
            count, points, _first = known.get((customer.id, "cards"), (0, 0.0, None))
            customer.scrm_card_count, customer.scrm_points = count, points
            customer.scrm_entry_count = known.get((customer.id, "entries"), (0,))[0]
            customer.scrm_move_count = known.get((customer.id, "moves"), (0,))[0]
            count, _sum, tier_id = known.get((customer.id, "memberships"), (0, 0, None))
            customer.scrm_membership_count = count
            customer.scrm_tier_id = tier_id

    def _scrm_read_loyalty(self):
        """Return {(customer id, what): (count, sum of points, first tier)}, in one query."""
        companies = Domain("company_id", "in", [*self.env.companies.ids, False])
        loyalty = Domain("program_id.program_type", "=", "loyalty")
        parts = []
        for what, model, owner, domain, points, tier in (
            ("cards", "loyalty.card", "scrm_customer_id", loyalty, "points", None),
            ("entries", "scrm.point.entry", "card_id.scrm_customer_id", Domain.TRUE, None, None),
            ("moves", "scrm.loyalty.tier.move", "customer_id", Domain.TRUE, None, None),
            ("memberships", "scrm.loyalty.membership", "customer_id", Domain.TRUE, None, "tier_id"),
        ):
            records = self.env[model]
            query = records._search(companies & domain & Domain(owner, "in", self.ids))

            def get_column(path, records=records, query=query):
                table, name = records, path
                alias = records._table
                if "." in path:
                    many2one, name = path.split(".")
                    field = records._fields[many2one]
                    table, alias = field.join(records, alias, query)
                return table._field_to_sql(alias, name, query)

            parts.append(
                SQL(
                    "SELECT q.owner, %s, COUNT(*), COALESCE(SUM(q.points), 0),"
                    " (ARRAY_AGG(q.tier ORDER BY q.place) FILTER (WHERE q.tier IS NOT NULL))[1]"
                    " FROM (%s) q GROUP BY 1",
                    what,
                    query.select(
                        SQL("%s AS owner", get_column(owner)),
                        SQL("%s AS points", get_column(points) if points else SQL("0")),
                        SQL("%s AS tier", get_column(tier) if tier else SQL("NULL::int")),
                        SQL("ROW_NUMBER() OVER (ORDER BY %s) AS place", query.order),
                    ),
                )
            )
        rows = self.env.execute_query(SQL(" UNION ALL ").join(parts))
        return {(owner, what): tuple(values) for owner, what, *values in rows}

    @api.model
    def _page_get_lists(self):
        return {
            **super()._page_get_lists(),
            "memberships": (
                "action_view_memberships",
                "scrm_loyalty.scrm_loyalty_membership_view_list_page",
                True,
            ),
        }

    # === ACTIONS === #

    def _scrm_get_loyalty_action(self, xmlid, domain):
        action = self.env["ir.actions.act_window"]._for_xml_id(f"scrm_loyalty.{xmlid}")
        return {**action, "domain": domain, "context": {"create": False}}

    def action_view_memberships(self):
        """Open the customer's memberships."""
        return self._scrm_get_loyalty_action(
            "scrm_loyalty_membership_action", [("customer_id", "in", self.ids)]
        )

    def action_view_cards(self):
        """Open the customer's member cards."""
        return self._scrm_get_loyalty_action(
            "loyalty_card_action",
            [
                ("scrm_customer_id", "in", self.ids),
                ("program_id.program_type", "=", "loyalty"),
            ],
        )

    def action_view_entries(self):
        """Open the movements of the customer's points."""
        return self._scrm_get_loyalty_action(
            "scrm_point_entry_action", [("card_id.scrm_customer_id", "in", self.ids)]
        )

    def action_view_tier_moves(self):
        """Open the customer's steps from tier to tier."""
        return self._scrm_get_loyalty_action(
            "scrm_loyalty_tier_move_action", [("customer_id", "in", self.ids)]
        )
