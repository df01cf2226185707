from odoo import http
from odoo.http import request

from odoo.addons.portal.controllers.portal import CustomerPortal

CONSENTS_URL = "/my/consents"


class ConsentPortal(CustomerPortal):
    @http.route(CONSENTS_URL, type="http", auth="user", website=True, methods=["GET"])
    def portal_my_consents(self, saved=None, **kwargs):
        partner = request.env.user.partner_id
        values = {
            "page_name": "scrm_consents",
            "purposes": partner._scrm_get_portal_consents(),
            "saved": bool(saved),
        }
        return request.render("scrm_base.portal_my_consents", values)

    @http.route(CONSENTS_URL, type="http", auth="user", website=True, methods=["POST"])
    def portal_my_consents_save(self, **post):
        # What a browser posts names purposes and channels only; the person is who is logged in.
        shown = post.pop("shown", None)
        request.env.user.partner_id._scrm_save_portal_consents(
            {name for name, value in post.items() if value},
            shown if shown is None else set(shown.split()),
        )
        return request.redirect(f"{CONSENTS_URL}?saved=1")
