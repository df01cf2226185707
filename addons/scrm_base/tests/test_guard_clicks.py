"""Odoo's own click-everywhere robot on the suite's app and on the apps that it extends."""

from odoo.tests import HttpCase, tagged

APPS = (
    "scrm_base.menu_root",
    "account.menu_finance",
    "sale.sale_menu_root",
    "stock.menu_stock_root",
)
CODE = (
    "odoo.loader.modules.get('@web/webclient/clickbot/clickbot_loader').startClickEverywhere('%s');"
)


@tagged("post_install", "-at_install")
class TestGuardClicks(HttpCase):
    allow_end_on_form = True

    def _click_through(self, app):
        if "tour_enabled" in self.env["res.users"]._fields:
            self.env.ref("base.user_admin").tour_enabled = False
        self.browser_js(
            "/odoo",
            CODE % app,
            "odoo.isReady === true",
            login="admin",
            timeout=1200,
            success_signal="clickbot test succeeded",
        )

    def test_click_through_the_suite(self):
        self._click_through(APPS[0])

    def test_click_through_invoicing(self):
        self._click_through(APPS[1])

    def test_click_through_sales(self):
        self._click_through(APPS[2])

    def test_click_through_inventory(self):
        self._click_through(APPS[3])
