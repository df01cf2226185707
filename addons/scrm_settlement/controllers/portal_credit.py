from odoo import http
from odoo.http import request

from odoo.addons.portal.controllers.portal import CustomerPortal

CREDIT_URL = "/my/credit"


class CreditPortal(CustomerPortal):
    def _prepare_home_portal_values(self, counters):
        values = super()._prepare_home_portal_values(counters)
        if "scrm_credit_count" in counters:
            values["scrm_credit_count"] = len(self._get_own_credit_accounts())
        return values

    @http.route(CREDIT_URL, type="http", auth="user", website=True, methods=["GET"])
    def portal_my_credit(self, **kwargs):
        accounts_sudo = self._get_own_credit_accounts()
        return request.render(
            "scrm_settlement.portal_my_credit",
            {
                "page_name": "scrm_credit",
                "accounts": [account._prepare_portal_values() for account in accounts_sudo],
            },
        )

    def _get_own_credit_accounts(self):
        """Return the accounts of the dealer who is logged in, and of no other one."""
        dealer = request.env.user.partner_id.commercial_partner_id
        # sudo: portal users have no rights on credit; the domain leaves them their own dealer's
        return request.env["scrm.credit.account"].sudo().search([("partner_id", "=", dealer.id)])
