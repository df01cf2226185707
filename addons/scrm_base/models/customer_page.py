"""What a customer's page shows beside the figures, and what may be begun from it."""

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

# Documents on the page itself; the whole list is one click away.
LAST_DOCUMENTS = 10
# People of an organisation that are shown; the whole list is one click away.
LAST_PEOPLE = 20


class ScrmCustomer(models.Model):
    _inherit = "scrm.customer"  # pylint: disable=consider-merging-classes-inherited

    last_order_ids = fields.Many2many(
        comodel_name="sale.order", string="Last Orders", compute="_compute_last_documents"
    )
    last_invoice_ids = fields.Many2many(
        comodel_name="account.move", string="Last Invoices", compute="_compute_last_documents"
    )
    circle_member_ids = fields.One2many(
        comodel_name="scrm.circle.member", inverse_name="customer_id", string="Circles"
    )
    organisation_ids = fields.Many2many(
        comodel_name="scrm.customer", string="Works At", compute="_compute_relations"
    )
    people_ids = fields.Many2many(
        comodel_name="scrm.customer", string="People", compute="_compute_relations"
    )
    people_count = fields.Integer(string="People Count", compute="_compute_relations")

    @api.depends_context("uid", "company", "allowed_company_ids")
    @api.depends("partner_ids")
    def _compute_last_documents(self):
        """Find the latest documents that the reader may see; the form shows one customer."""
        self.last_order_ids = False
        self.last_invoice_ids = False
        family = self._get_family()
        for model, name, domain, order in (
            ("sale.order", "last_order_ids", self._get_order_domain(), "date_order DESC, id DESC"),
            (
                "account.move",
                "last_invoice_ids",
                self._get_invoice_domain(),
                "invoice_date DESC, id DESC",
            ),
        ):
            if not self.env[model].has_access("read"):
                continue
            for customer in self:
                ids = [id_ for id_, owners in family.items() if customer.id in owners]
                if ids:
                    customer[name] = self.env[model].search(
                        domain & Domain("partner_id", "in", ids), order=order, limit=LAST_DOCUMENTS
                    )

    @api.depends("partner_ids")
    def _compute_relations(self):
        """Derive who works where from the contacts: nothing of it is stored twice."""
        # sudo: the tie between two customers is shown, their contacts may be others' alone.
        self_sudo = self.sudo()
        partners = self_sudo.partner_ids
        pools = self_sudo.pool_id.ids
        identities = (
            self_sudo.env["scrm.identity"].search_fetch(
                Domain("id_type", "=", "partner")
                & Domain("pool_id", "in", pools)
                & (
                    Domain("partner_id", "in", partners.commercial_partner_id.ids)
                    | Domain("partner_id.commercial_partner_id", "in", partners.ids)
                ),
                ["partner_id", "customer_id", "pool_id"],
                order="id",
            )
            if partners
            else self_sudo.identity_ids.browse()
        )
        above, below = {}, {}
        for identity in identities:
            above[identity.partner_id.id, identity.pool_id.id] = identity.customer_id
            head = identity.partner_id.commercial_partner_id.id
            below.setdefault((head, identity.pool_id.id), []).append(identity.customer_id)
        none = self.sudo(False).browse()
        for customer in self:
            customer_sudo, pool = customer.sudo(), customer.sudo().pool_id.id
            ids, heads = {}, {}
            for partner in customer_sudo.partner_ids:
                ids |= {c.id: None for c in below.get((partner.id, pool), ())}
                head = above.get((partner.commercial_partner_id.id, pool))
                heads |= {head.id: None} if head else {}
            ids.pop(customer.id, None)
            heads.pop(customer.id, None)
            customer.organisation_ids = none.browse(heads)
            customer.people_ids = none.browse(list(ids)[:LAST_PEOPLE])
            customer.people_count = len(ids)

    # === WHAT MAY BE BEGUN === #

    def _timeline_can_note(self):
        """Tell whether the user may write a note in the current company."""
        self.ensure_one()
        # sudo: which pool the current company is in decides, not who may read pools.
        in_pool = self.sudo().pool_id == self.env.company.sudo().scrm_pool_id
        is_operator = self.env.user.has_group("scrm_base.group_scrm_base_operator")
        return bool(is_operator and in_pool and not self.sudo().merged_into_id)

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
        # sudo: see _compute_relations; the list keeps the reader's own rights.
        contacts = self.sudo().partner_ids.ids
        domain = (
            Domain("pool_id", "=", self.pool_id.id)
            & Domain("id", "!=", self.id)
            & Domain("identity_ids.partner_id.commercial_partner_id", "in", contacts)
        )
        return self._get_list_action(self.env._("People"), "scrm.customer", domain)
