from odoo import api, fields, models


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
        companies = [("company_id", "in", [*self.env.companies.ids, False])]
        cards = dict(
            (customer, (count, points))
            for customer, count, points in self.env["loyalty.card"]._read_group(
                [
                    *companies,
                    ("scrm_customer_id", "in", self.ids),
                    ("program_id.program_type", "=", "loyalty"),
                ],
                ["scrm_customer_id"],
                ["__count", "points:sum"],
            )
        )
        entries = dict(
            self.env["scrm.point.entry"]._read_group(
                [*companies, ("card_id.scrm_customer_id", "in", self.ids)],
                ["scrm_customer_id"],
                ["__count"],
            )
        )
        moves = dict(
            self.env["scrm.loyalty.tier.move"]._read_group(
                [*companies, ("customer_id", "in", self.ids)], ["customer_id"], ["__count"]
            )
        )
        memberships = (
            self.env["scrm.loyalty.membership"]
            .search([*companies, ("customer_id", "in", self.ids)])
            .grouped("customer_id")
        )
        for customer in self:
            customer.scrm_card_count, customer.scrm_points = cards.get(customer, (0, 0.0))
            customer.scrm_entry_count = entries.get(customer, 0)
            customer.scrm_move_count = moves.get(customer, 0)
            customer.scrm_tier_id = memberships.get(
                customer, self.env["scrm.loyalty.membership"]
            ).tier_id[:1]

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
