"""A person at the web client: Chromium driven by Playwright.

Elements are found by their technical names, so that a story reads the same in every language.
"""

import shutil
import time
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# Milliseconds: the first page of a cold server bundles its assets.
PATIENCE = 90_000
# Moments of 50 ms without a call after which the client has drawn what it got.
QUIET_MOMENTS = 6


def chromium_path() -> str:
    for name in ("chromium", "chromium-browser", "google-chrome"):
        path = shutil.which(name)
        if path:
            return path
    raise AssertionError("The stories need Chromium; install the package `chromium`.")


class Chromium:
    """A browser for the length of a `with` block."""

    def __enter__(self) -> Browser:
        self.playwright = sync_playwright().start()
        self.browser = self.playwright.chromium.launch(
            executable_path=chromium_path(), args=ARGUMENTS
        )
        return self.browser

    def __exit__(self, *_exc) -> None:
        self.browser.close()
        self.playwright.stop()


class Person:
    """One user in a browser window of her own.

    :param pictures: the folder for her screenshots, or None
    """

    def __init__(self, browser: Browser, url: str, pictures: Path | None = None, phone=False):
        self.url, self.pictures = url, pictures
        size = {"width": 420, "height": 860} if phone else {"width": 1440, "height": 900}
        self.context = browser.new_context(
            viewport=size, locale="zh-CN", timezone_id="Asia/Shanghai"
        )
        self.context.set_default_timeout(PATIENCE)
        self.page: Page = self.context.new_page()
        self.errors: list[str] = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        # The live connection of Discuss never ends, so "no network" is counted here by calls.
        self.calls: set = set()
        self.page.on("request", self._call_begins)
        self.page.on("requestfinished", self._call_ends)
        self.page.on("requestfailed", self._call_ends)

    def close(self) -> None:
        self.context.close()

    def _call_begins(self, request) -> None:
        if request.resource_type in ("xhr", "fetch", "document"):
            self.calls.add(request)

    def _call_ends(self, request) -> None:
        self.calls.discard(request)

    def log_in(self, login: str, password: str) -> "Person":
        self.page.goto(f"{self.url}/web/login")
        self.page.fill("input[name=login]", login)
        self.page.fill("input[name=password]", password)
        self.page.click("form.oe_login_form button[type=submit]")
        self.page.wait_for_selector(".o_web_client .o_main_navbar, #wrapwrap .o_portal")
        return self

    def open(self, path: str) -> None:
        """Open an action (`action-module.xmlid`) or one of its records (`…/7`)."""
        self.page.goto(f"{self.url}/odoo/{path}")
        self.page.wait_for_selector(".o_action_manager .o_view_controller, .o_action")

    def choose_menu(self, section: str, item: str) -> None:
        """Choose an item of the app's menu bar, both by XML id."""
        self.page.click(f".o_menu_sections [data-menu-xmlid='{section}']")
        self.page.click(f".dropdown-menu [data-menu-xmlid='{item}']")
        self.settle()

    def field(self, name: str):
        return self.page.locator(f".o_field_widget[name='{name}']").first

    def fill(self, name: str, value: str) -> None:
        """Type into a field of the form or dialog on top."""
        box = self._on_top().locator(f".o_field_widget[name='{name}']").first
        box.locator("input, textarea").first.fill(value)
        box.locator("input, textarea").first.press("Tab")

    def choose(self, name: str, text: str) -> None:
        """Choose a record in a many2one of the form or dialog on top."""
        box = self._on_top().locator(f".o_field_widget[name='{name}'] input").first
        box.click()
        box.fill(text)
        self.page.locator(
            ".o-autocomplete--dropdown-menu .o-autocomplete--dropdown-item"
            ":not(.o_m2o_dropdown_option)",
            has_text=text,
        ).first.click()

    def press(self, name: str) -> None:
        """Press the button of a form or dialog by the name of what it calls."""
        button = self._on_top().locator(f"button[name='{name}']:visible").first
        button.click()
        self.settle()

    def open_row(self, text: str) -> None:
        """Open the record of the list whose row has a cell with the text."""
        self.page.locator(".o_data_row .o_data_cell", has_text=text).first.click()
        self.settle()

    def confirm(self) -> None:
        """Say yes to the question on top, where there is one."""
        self.page.wait_for_timeout(300)
        yes = self.page.locator(".modal:visible .modal-footer .btn-primary")
        if yes.count():
            yes.last.click()
        self.settle()

    def save(self) -> None:
        self.page.locator(".o_form_button_save:visible").first.click()
        expect(self.page.locator(".o_form_button_save:visible")).to_have_count(0)

    def settle(self) -> None:
        """Return when the client has had nothing under way for a moment."""
        end, quiet = time.monotonic() + PATIENCE / 1000, 0
        while quiet < QUIET_MOMENTS:
            self.page.wait_for_timeout(50)
            quiet = 0 if self.calls else quiet + 1
            if time.monotonic() > end:
                raise AssertionError(f"The client waits for {[r.url for r in self.calls]}")

    def picture(self, name: str) -> None:
        if self.pictures:
            self.settle()
            self.pictures.mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=str(self.pictures / f"{name}.png"))

    def _on_top(self):
        dialogs = self.page.locator(".modal:visible")
        return dialogs.last if dialogs.count() else self.page.locator("body")
