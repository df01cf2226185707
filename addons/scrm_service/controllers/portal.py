from odoo import http
from odoo.exceptions import AccessError, MissingError, UserError
from odoo.http import request

from odoo.addons.portal.controllers.portal import CustomerPortal, pager

TICKETS_URL = "/my/service/tickets"


class ServicePortal(CustomerPortal):
    def _prepare_home_portal_values(self, counters):
        values = super()._prepare_home_portal_values(counters)
        if "service_ticket_count" in counters:
            tickets = request.env["scrm.service.ticket"]
            values["service_ticket_count"] = (
                tickets.search_count([]) if tickets.has_access("read") else 0
            )
        return values

    @http.route(
        [TICKETS_URL, f"{TICKETS_URL}/page/<int:page>"], type="http", auth="user", website=True
    )
    def portal_my_service_tickets(self, page=1, **kwargs):
        ticket_model = request.env["scrm.service.ticket"]
        ticket_model.check_access("read")
        page_values = pager(
            url=TICKETS_URL,
            total=ticket_model.search_count([]),
            page=page,
            step=self._items_per_page,
        )
        tickets = ticket_model.search(
            [], order="id desc", limit=self._items_per_page, offset=page_values["offset"]
        )
        # sudo: the rules chose the tickets; the page shows names of nodes and outlets too
        values = {
            "page_name": "service_ticket",
            "pager": page_values,
            "default_url": TICKETS_URL,
            "tickets": tickets.sudo(),
        }
        return request.render("scrm_service.portal_my_service_tickets", values)

    @http.route(f"{TICKETS_URL}/<int:ticket_id>", type="http", auth="public", website=True)
    def portal_my_service_ticket(self, ticket_id, access_token=None, **kwargs):
        try:
            ticket_sudo = self._document_check_access(
                "scrm.service.ticket", ticket_id, access_token=access_token
            )
        except (AccessError, MissingError):
            return request.redirect("/my")
        values = self._get_page_view_values(
            ticket_sudo,
            access_token,
            {
                "page_name": "service_ticket",
                "ticket": ticket_sudo,
                "steps": ticket_sudo._get_portal_steps(),
            },
            "my_service_tickets_history",
            False,
            **kwargs,
        )
        return request.render("scrm_service.portal_my_service_ticket", values)

    @http.route(f"{TICKETS_URL}/new", type="http", auth="user", website=True, methods=["GET"])
    def portal_new_service_ticket(self, **kwargs):
        return self._render_new_ticket(kwargs)

    @http.route(f"{TICKETS_URL}/new", type="http", auth="user", website=True, methods=["POST"])
    def portal_create_service_ticket(self, **post):
        tickets = request.env["scrm.service.ticket"]
        try:
            ticket = tickets._create_from_portal(request.env.user.partner_id, post)
        except UserError as error:
            return self._render_new_ticket(post, error=str(error))
        return request.redirect(f"{TICKETS_URL}/{ticket.id}")

    def _render_new_ticket(self, post, error=None):
        tickets = request.env["scrm.service.ticket"]
        return request.render(
            "scrm_service.portal_new_service_ticket",
            {
                "page_name": "service_ticket",
                "new_ticket": True,
                # sudo: customers read the names of what the portal offers, nothing else
                "templates": tickets._get_portal_templates().sudo(),
                "equipment": request.env["scrm.equipment"].search([]).sudo(),
                "post": post,
                "error": error,
            },
        )
