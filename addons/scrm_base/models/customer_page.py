"""What a customer's page shows beside the figures, and what may be begun from it."""

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import SQL

# Rows of a list on the page itself; the whole list is one click away.
PAGE_ROWS = 10


class ScrmCustomer(models.Model):
    _inherit = "scrm.customer"  # pylint: disable=consider-merging-classes-inherited

    circle_member_ids = fields.One2many(
        comodel_name="scrm.circle.member", inverse_name="customer_id", string="Circles"
    )
    organisation_ids = fields.Many2many(
        comodel_name="scrm.customer", string="Works At", compute="_compute_relations"
    )
    people_ids = fields.Many2many(comodel_name="scrm.customer", compute="_compute_relations")
    people_count = fields.Integer(compute="_compute_relations")

    @api.depends("partner_ids")
    def _compute_relations(self):
        """Derive who works where from the contacts: nothing of it is stored twice."""
        # In SQL: the tie between two customers is shown, their contacts may be others' alone.
        # Pools do not mix: a customer's handles and what is compared with them are of one pool.
        self.env["scrm.identity"].flush_model(["partner_id", "customer_id", "pool_id"])
        self.env["res.partner"].flush_model(["commercial_partner_id"])
        above, below = {}, {}
        for person_id, organisation_id in self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT person.customer_id, head.customer_id
                  FROM scrm_identity person
                  JOIN res_partner p ON p.id = person.partner_id
                  JOIN scrm_identity head ON head.partner_id = p.commercial_partner_id
                   AND head.pool_id = person.pool_id AND head.customer_id != person.customer_id
                 WHERE person.customer_id = ANY(%(ids)s) OR head.customer_id = ANY(%(ids)s)
                 ORDER BY person.customer_id, head.customer_id
                """,
                ids=self.ids,
            )
        ):
            above.setdefault(person_id, []).append(organisation_id)
            below.setdefault(organisation_id, []).append(person_id)
        for customer in self:
            customer.organisation_ids = self.browse(above.get(customer.id, ()))
            customer.people_ids = self.browse(below.get(customer.id, ()))
            customer.people_count = len(below.get(customer.id, ()))

    # === LISTS OF THE TABS === #

    @api.model
    def _page_get_lists(self):
        """Return {name: (method that returns the action, list view, rows open)} of the tabs.

        A tab reads its list when it is opened, so the page costs what its header costs. Another
        addon adds its own, with the view's whole external id.
        """
        return {
            "handles": ("action_view_handles", "scrm_identity_view_list_page", False),
            "orders": ("action_view_orders", "sale_order_view_list_scrm_page", True),
            "invoices": ("action_view_invoices", "account_move_view_list_scrm_page", True),
            "tags": ("action_view_tag_sources", "scrm_tag_assign_view_list", False),
            "circles": ("action_view_circles", "scrm_circle_member_view_list", False),
            "people": ("action_view_people", "scrm_customer_view_list_page", True),
            "segments": ("action_view_segments", "scrm_segment_member_view_list_page", False),
            "consents": ("action_view_consents", "scrm_consent_view_list_page", False),
            "merges": ("action_view_links", "scrm_identity_link_view_list", False),
            "stages": ("action_view_stages", "scrm_lifecycle_history_view_list_page", False),
        }

    @api.readonly
    def get_page_list(self, name):
        """Return what a tab's list shows: model, domain, view and the action for all of it."""
        self.ensure_one()
        self.check_access("read")
        method, view, opens = self._page_get_lists()[name]
        action = getattr(self, method)()
        return {
            "res_model": action["res_model"],
            "domain": action["domain"],
            "view_id": self.env.ref(view if "." in view else f"scrm_base.{view}").id,
            "opens": opens,
            "limit": PAGE_ROWS,
            "action": action,
        }

    def action_view_handles(self):
        """Open the customer's handles."""
        domain = Domain("customer_id", "in", self.ids)
        return self._get_list_action(self.env._("Handles"), "scrm.identity", domain)

    def action_view_tag_sources(self):
        """Open who or what gave the customer's tags."""
        domain = self.env["scrm.tag.assign"]._get_valid_domain() & Domain(
            "customer_id", "in", self.ids
        )
        return self._get_list_action(self.env._("Tags"), "scrm.tag.assign", domain)

    def action_view_circles(self):
        """Open the customer's places in circles."""
        domain = Domain("customer_id", "in", self.ids)
        return self._get_list_action(self.env._("Circles"), "scrm.circle.member", domain)

    def action_view_segments(self):
        """Open the segments that the customer is in now."""
        domain = Domain("customer_id", "in", self.ids) & Domain("left_at", "=", False)
        return self._get_list_action(self.env._("Segments"), "scrm.segment.member", domain)

    def action_view_consents(self):
        """Open what the customer allowed and withdrew, in every channel."""
        domain = Domain("customer_id", "in", self.ids)
        return self._get_list_action(self.env._("Consents"), "scrm.consent", domain)

    def action_view_links(self):
        """Open the evidence that ties the customer's handles, ended evidence too."""
        domain = Domain("left_id.customer_id", "in", self.ids)
        domain |= Domain("right_id.customer_id", "in", self.ids)
        return self._get_list_action(self.env._("Merges"), "scrm.identity.link", domain)

    def action_view_stages(self):
        """Open the steps of the customer, on every track, in the current company."""
        tracks = self | self.merged_customer_ids
        domain = Domain("customer_id", "in", tracks.ids)
        domain &= Domain("company_id", "=", self.env.company.id)
        return self._get_list_action(self.env._("Stages"), "scrm.lifecycle.history", domain)

    # === WHAT MAY BE BEGUN === #

    def _get_partner_to_act_on(self):
        """Return the contact that new business is begun with; an operator's click makes it.

        :raise AccessError: there is none yet and the user is no operator
        """
        self.ensure_one()
        self.check_access("read")
        operator = self.env.user.has_group("scrm_base.group_scrm_base_operator")
        if not self.main_partner_id and not operator:
            raise AccessError(
                self.env._(
                    "%s has no contact yet. An operator makes it with one click here.",
                    self.display_name,
                )
            )
        return self._ensure_partner()

    def _get_new_action(self, name, model, **context):
        return {
            "type": "ir.actions.act_window",
            "name": name,
            "res_model": model,
            "view_mode": "form",
            "views": [(False, "form")],
            "target": "current",
            "context": context,
        }

    def action_write_mail(self):
        """Open an e-mail to the customer."""
        partner = self._get_partner_to_act_on()
        # sudo: which of the contacts has an address; the screen shows what its reader may see.
        partner = self.sudo().partner_ids.filtered("email").sudo(False)[:1] or partner
        if not partner.email:
            raise UserError(
                self.env._(
                    "No e-mail address of %s is known. Write it on the contact first.",
                    self.display_name,
                )
            )
        action = self._get_new_action(
            self.env._("Write E-mail"),
            "mail.compose.message",
            default_composition_mode="comment",
            default_model="res.partner",
            default_res_ids=partner.ids,
            default_partner_ids=partner.ids,
        )
        view = self.env.ref("mail.email_compose_message_wizard_form")
        return {**action, "views": [(view.id, "form")], "target": "new"}

    def action_schedule_activity(self):
        """Open the planning of a call or another activity with the customer."""
        partner = self._get_partner_to_act_on()
        call = self.env.ref("mail.mail_activity_data_call", raise_if_not_found=False)
        action = self._get_new_action(
            self.env._("Schedule Activity"),
            "mail.activity.schedule",
            active_model="res.partner",
            active_id=partner.id,
            active_ids=partner.ids,
            default_activity_type_id=bool(call) and call.id,
        )
        return {**action, "target": "new"}

    def action_new_lead(self):
        """Open a new opportunity of the customer."""
        partner = self._get_partner_to_act_on()
        return self._get_new_action(
            self.env._("New Lead"),
            "crm.lead",
            default_partner_id=partner.id,
            default_type="opportunity",
        )

    def action_new_quotation(self):
        """Open a new quotation for the customer."""
        partner = self._get_partner_to_act_on()
        return self._get_new_action(
            self.env._("New Quotation"), "sale.order", default_partner_id=partner.id
        )

    def action_view_people(self):
        """Open the customers that ``people_count`` counts."""
        self.ensure_one()
        domain = Domain("id", "in", self.people_ids.ids)
        return self._get_list_action(self.env._("People"), "scrm.customer", domain)
