from odoo import http
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.http import request

from odoo.addons.portal.controllers.portal import CustomerPortal
from odoo.addons.portal.controllers.portal import pager as portal_pager

SHIPMENTS_URL = "/my/shipments"


class ShipmentPortal(CustomerPortal):
    def _prepare_home_portal_values(self, counters):
        values = super()._prepare_home_portal_values(counters)
        if "shipment_count" in counters:
            values["shipment_count"] = self._count_shipments()
        return values

    def _get_shipments(self):
        """Return the model, and the domain of the deliveries of the user's own company.

        sudo: a dealer has no rights on stock; the domain is what lets him see his own.
        """
        Picking = request.env["stock.picking"]
        return Picking.sudo(), Picking._scrm_get_portal_domain()

    def _count_shipments(self):
        picking_sudo, domain = self._get_shipments()
        return picking_sudo.search_count(domain)

    def _find_shipment(self, picking_id):
        picking_sudo, domain = self._get_shipments()
        picking = picking_sudo.search(domain & Domain("id", "=", picking_id), limit=1)
        if not picking:
            raise request.not_found()
        return picking

    @http.route(
        [SHIPMENTS_URL, f"{SHIPMENTS_URL}/page/<int:page>"],
        type="http",
        auth="user",
        website=True,
        methods=["GET"],
    )
    def portal_my_shipments(self, page=1, **_kwargs):
        picking_sudo, domain = self._get_shipments()
        pager = portal_pager(
            url=SHIPMENTS_URL,
            total=self._count_shipments(),
            page=page,
            step=self._items_per_page,
        )
        values = {
            "page_name": "scrm_shipments",
            "shipments": picking_sudo.search(
                domain, order="id desc", limit=self._items_per_page, offset=pager["offset"]
            ),
            "pager": pager,
            "default_url": SHIPMENTS_URL,
        }
        return request.render("scrm_settlement.portal_my_shipments", values)

    @http.route(
        f"{SHIPMENTS_URL}/<int:picking_id>",
        type="http",
        auth="user",
        website=True,
        methods=["GET"],
    )
    def portal_my_shipment(self, picking_id, **_kwargs):
        return self._render_shipment(self._find_shipment(picking_id))

    @http.route(
        f"{SHIPMENTS_URL}/<int:picking_id>/receive",
        type="http",
        auth="user",
        website=True,
        methods=["POST"],
    )
    def portal_my_shipment_receive(self, picking_id, complete=None, remark="", **_kwargs):
        picking = self._find_shipment(picking_id)
        try:
            picking._scrm_confirm_receipt(bool(complete), remark)
        except UserError as refusal:
            return self._render_shipment(picking, str(refusal))
        return request.redirect(f"{SHIPMENTS_URL}/{picking.id}")

    def _render_shipment(self, picking, error=None):
        values = {"page_name": "scrm_shipments", "shipment": picking, "error": error}
        return request.render("scrm_settlement.portal_my_shipment", values)
