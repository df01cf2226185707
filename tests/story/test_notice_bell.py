"""From a notice rule to the message: made in the form, set off by a button, shown live.

The bell of a window that nobody touches counts up by itself: the delivery job commits, the bus
tells the browser, nothing is asked for again.
"""

import base64
import os
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.harness.browser import Chromium, Person
from tests.harness.rpc import Rpc
from tests.harness.server import ROOT, Server

LANGUAGE = os.environ.get("SCRM_STORY_LANG", "zh_CN")
PICTURES = os.environ.get("SCRM_STORY_PICTURES")


@pytest.fixture
def server():
    server = Server("scrm_bell", "suite", jobs=2)
    server.create()
    server.start()
    yield server
    server.drop()


def make_import(admin: Rpc) -> int:
    """Upload a list as an import's first screen does."""
    content = base64.b64encode("姓名,手机\n王芳,13800138000\n".encode()).decode()
    record = admin.call(
        "scrm.customer.import", "create", [{"file": content, "filename": "名单.csv"}]
    )
    return record[0] if isinstance(record, list) else record


def make_rule(person: Person, model_label: str) -> None:
    person.open("action-scrm_base.scrm_notice_rule_action")
    person.page.click(".o_list_button_add")
    person.fill("name", "名单停止导入")
    person.choose("model_id", model_label)
    person.page.locator(
        ".o_field_widget[name='event'] select:has(option[value='cancel'])"
    ).wait_for()
    person.page.select_option(".o_field_widget[name='event'] select", "cancel")
    person.page.click(".o_field_widget[name='audience'] input")
    person.page.locator(".o_select_menu_item").nth(1).click()
    person.page.click(".o_field_widget[name='medium_ids'] .o_data_row td[name='medium']")
    person.page.click(".o_field_widget[name='medium_ids'] td[name='medium'] input")
    person.page.locator(".o_select_menu_item").first.click()
    person.fill("subject", "已停止:{{ object.name }}")
    person.fill("body", "{{ object.name }} 不再继续导入。")
    person.save()


def test_a_notice_from_its_rule_to_the_bell(server, tmp_path):
    pictures = Path(ROOT / PICTURES) if PICTURES else tmp_path / "pictures"
    admin = Rpc(server.url, server.name, "admin", "admin")
    admin.call("res.users", "write", [admin.uid], {"lang": LANGUAGE, "tz": "Asia/Shanghai"})
    record = make_import(admin)
    label = admin.call(
        "ir.model",
        "search_read",
        [("model", "=", "scrm.customer.import")],
        ["name"],
        context={"lang": LANGUAGE},
    )[0]["name"]
    with Chromium() as browser:
        actor = Person(browser, server.url, pictures).log_in("admin", "admin")
        onlooker = Person(browser, server.url, pictures).log_in("admin", "admin")
        make_rule(actor, label)
        actor.picture("notice-rule")
        actor.press("action_preview")
        expect(actor.page.locator(".modal .o_scrm_preview_subject")).to_contain_text("已停止")
        actor.picture("notice-preview")
        actor.page.click(".modal .modal-footer [special='cancel'], .modal .btn-close")

        onlooker.open("action-scrm_base.scrm_customer_action")
        expect(onlooker.page.locator(".o_scrm_bell_count")).to_have_count(0)
        actor.open(f"action-scrm_base.scrm_customer_import_action/{record}")
        actor.press("action_preview")
        actor.press("action_cancel")
        actor.confirm()
        for person in (actor, onlooker):
            expect(person.page.locator(".o_scrm_bell_count")).to_have_text("1")
        onlooker.page.click(".o_scrm_bell")
        onlooker.picture("notice-bell")
        onlooker.page.click(".o_scrm_bell_notice.o_unread")
        expect(onlooker.page.locator(".o_form_view .o_field_widget[name='name']")).to_be_visible()
        # Read in one window, it is put away in the other.
        expect(actor.page.locator(".o_scrm_bell_count")).to_have_count(0)
        assert not actor.errors + onlooker.errors
