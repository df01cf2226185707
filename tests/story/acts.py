"""The acts of the story, in the order of the play."""

import datetime
import io
import xmlrpc.client
import zoneinfo
from collections.abc import Callable

import openpyxl
import pytest
from playwright.sync_api import expect

from tests.harness.browser import Person
from tests.harness.rpc import Rpc
from tests.harness.wait import wait_for
from tests.story.stage import PASSWORD
from tests.story.story import OPENID, Story

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
COMPANY_ZONE = zoneinfo.ZoneInfo("Asia/Shanghai")
PHONE, PHONE_E164 = "138 2600 3003", "+8613826003003"


def import_the_list(story: Story) -> None:
    """A customer list from the old system comes in; one row is bad and stays outside."""
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    for row in (
        ["姓名", "手机", "城市"] if story.chinese else ["Name", "Phone", "City"],
        [story.name, PHONE, "深圳"],
        ["吴先生" if story.chinese else "Mr Wu", "12", "深圳"],
    ):
        sheet.append(row)
    content = io.BytesIO()
    workbook.save(content)

    operator = story.person("operator")
    operator.open("action-scrm_base.scrm_customer_import_action/new")
    operator.page.set_input_files(
        ".o_field_widget[name='file'] input[type='file']",
        {"name": "customers.xlsx", "mimeType": XLSX, "buffer": content.getvalue()},
        strict=False,
    )
    operator.settle()
    operator.press("action_preview")
    expect(operator.field("line_ids").locator(".o_data_row")).to_have_count(2)
    operator.picture("01-import-preview")
    operator.press("action_start")
    wait_for(
        "the import done",
        lambda: story.eyes.read(
            "scrm.customer.import",
            [("state", "=", "done"), ("filename", "=", "customers.xlsx")],
            ["imported_count"],
        ),
    )
    identity = story.eyes.one(
        "scrm.identity",
        [("id_type", "=", "phone"), ("value", "=", PHONE_E164)],
        ["customer_id"],
    )
    story.imported_customer = identity["customer_id"][0]


def write_on_wechat(story: Story) -> None:
    """A stranger writes, then says her phone number: she is the customer of the list."""
    first, second = (
        ("你好，净水器出水变慢了", f"我的手机是{PHONE.replace(' ', '')}")
        if story.chinese
        else ("Hello, my purifier runs slowly", f"My phone is {PHONE.replace(' ', '')}")
    )
    assert story.wechat.say(OPENID, first).status_code == 200
    openid = [("id_type", "=", "openid"), ("value", "=", OPENID)]
    known = wait_for(
        "the stranger is a customer of her own",
        lambda: story.eyes.read("scrm.identity", openid, ["customer_id"]),
    )
    assert known[0]["customer_id"][0] != story.imported_customer
    assert story.wechat.say(OPENID, second).status_code == 200
    wait_for(
        "recognised by her phone",
        lambda: story.eyes.read(
            "scrm.identity", [*openid, ("customer_id", "=", story.imported_customer)], ["id"]
        ),
    )
    story.customer = story.imported_customer


def answer_in_discuss(story: Story) -> None:
    agent = story.person("agent")
    agent.open("conversations")
    agent.open_row(story.name)
    agent.press("action_open_discuss")
    expect(agent.page.locator(".o-mail-Message", has_text=PHONE.replace(" ", ""))).to_be_visible()
    answer = "您好，请问机器型号是？马上为您安排。" if story.chinese else "Hello, we are on it."
    agent.page.locator(".o-mail-Composer-input").first.fill(answer)
    agent.page.keyboard.press("Enter")
    wait_for("the answer on her phone", lambda: answer in story.received())
    agent.picture("03-conversation")


def open_a_ticket(story: Story) -> None:
    agent = story.person("agent")
    agent.open("conversations")
    agent.open_row(story.name)
    agent.press("action_open_ticket_wizard")
    agent.fill("name", "出水变慢" if story.chinese else "Runs slowly")
    agent.press("action_create_ticket")
    ticket = wait_for(
        "the ticket",
        lambda: story.eyes.read(
            "scrm.service.ticket", [("customer_id", "=", story.customer)], ["number"]
        ),
    )
    story.ticket = ticket[0]["id"]
    agent.picture("04-ticket-from-conversation")


def dispatch(story: Story) -> None:
    dispatcher = story.person("dispatcher")
    dispatcher.open(f"action-scrm_service.scrm_service_ticket_action/{story.ticket}")
    dispatcher.choose("site_id", story.stage.site)
    dispatcher.settle()
    if not dispatcher.field("user_id").locator("input").input_value():
        dispatcher.choose("user_id", story.stage.technician)
    dispatcher.save()
    dispatcher.page.click("button[data-move='dispatch']")
    dispatcher.settle()


def work_on_site(story: Story) -> None:
    """The technician uses a cartridge of the outlet's stock and closes the ticket."""
    technician = story.person("technician")
    before = stock(story)
    technician.open(f"action-scrm_service.scrm_service_ticket_action/{story.ticket}")
    technician.page.click("button[data-move='on_site']")
    technician.settle()
    technician.page.click(".nav-link[name='parts']")
    add_row(technician, "part_ids", story.stage.part)
    technician.press("action_use_parts")
    wait_for("the cartridge left the outlet", lambda: stock(story) == before - 1)
    technician.page.click(".nav-link[name='labour']")
    add_row(technician, "labour_ids", story.stage.labour)
    technician.page.click(".nav-link[name='description']")
    technician.fill("resolution", "已更换滤芯" if story.chinese else "Cartridge replaced")
    technician.save()
    technician.picture("05-ticket-on-site")
    technician.page.click("button[data-move='done']")
    technician.settle()
    picking = story.eyes.one(
        "stock.picking", [("scrm_ticket_id", "=", story.ticket)], ["state", "location_id"]
    )
    assert picking["state"] == "done"
    assert picking["location_id"][0] == story.stage.site_location_id


def add_row(person: Person, field: str, product: str) -> None:
    """Add a line with a product to an editable list."""
    person.field(field).locator(".o_field_x2many_list_row_add a").first.click()
    row = person.field(field).locator(".o_selected_row")
    row.locator("[name='product_id'] input").fill(product)
    person.page.locator(
        ".o-autocomplete--dropdown-item:not(.o_m2o_dropdown_option)", has_text=product
    ).first.click()
    person.settle()
    person.save()


def stock(story: Story) -> float:
    quants = story.eyes.read(
        "stock.quant",
        [
            ("product_id", "=", story.stage.part_id),
            ("location_id", "=", story.stage.site_location_id),
        ],
        ["quantity"],
    )
    return sum(quant["quantity"] for quant in quants)


def rate(story: Story) -> None:
    """The customer gets a WeChat message with a link, and rates on her phone."""

    def link():
        words = " ".join(story.received()).split()
        return next((word for word in words if "/rate/" in word), None)

    story.rating_url = wait_for("the message with the rating link", link)
    path = story.rating_url[story.rating_url.index("/rate/") :]
    customer = Person(story.browser, story.server.url, story.pictures, phone=True)
    customer.page.goto(f"{story.server.url}{path}")
    customer.picture("06-rating-on-the-phone")
    customer.page.locator("form button[type='submit']").first.click()
    wait_for(
        "the rating",
        lambda: story.eyes.read(
            "rating.rating",
            [
                ("res_model", "=", "scrm.service.ticket"),
                ("res_id", "=", story.ticket),
                ("consumed", "=", True),
            ],
            ["rating"],
        ),
    )
    customer.close()


def submit_the_statement(story: Story) -> None:
    channel = story.person("channel")
    # The company's day: settled work is of the day it was done on where the company lives.
    today = datetime.datetime.now(COMPANY_ZONE).date()
    channel.open("action-scrm_settlement.scrm_settlement_statement_action")
    channel.choose_menu(
        "scrm_settlement.menu_settlement", "scrm_settlement.scrm_settlement_generate_menu"
    )
    channel.page.wait_for_selector(".modal")
    fill_date(channel, "date_from", today.replace(day=1))
    fill_date(channel, "date_to", today)
    channel.choose("partner_ids", story.stage.dealer)
    channel.press("action_generate")
    statement = wait_for(
        "the dealer's statement",
        lambda: story.eyes.read(
            "scrm.settlement.statement",
            [("partner_id", "=", story.stage.dealer_id), ("state", "=", "draft")],
            ["line_ids"],
            order="id desc",
        ),
    )
    story.statement = statement[0]["id"]
    lines = story.eyes.call(
        "scrm.settlement.line",
        "read",
        statement[0]["line_ids"],
        ["source_type", "tier_id", "price_reason"],
    )
    # The clock fetches deliveries meanwhile, and a rebate of the year may fall due by them.
    lines = [line for line in lines if line["source_type"] != "trueup"]
    assert len(lines) >= 2, "the part and the labour"
    tiers = {line["tier_id"] and line["tier_id"][0] for line in lines}
    assert tiers == {story.stage.preferential_tier_id}, lines
    channel.open(f"action-scrm_settlement.scrm_settlement_statement_action/{story.statement}")
    channel.picture("07-statement")
    channel.press("action_submit")
    wait_for("submitted", lambda: statement_state(story) == "submitted")


def fill_date(person: Person, name: str, day: datetime.date) -> None:
    """Type a date; the field is text until it is touched, and reads ISO dates in any language."""
    field = person.page.locator(f".modal .o_field_widget[name='{name}']").first
    field.locator("button, input").first.click()
    box = field.locator("input").first
    box.fill(day.isoformat())
    box.press("Enter")


def statement_state(story: Story) -> str:
    return story.eyes.call("scrm.settlement.statement", "read", [story.statement], ["state"])[0][
        "state"
    ]


def review_in_invoicing(story: Story) -> None:
    """Finance reviews the bill inside Invoicing; before that, posting is refused."""
    finance = story.person("finance")
    finance.open("action-scrm_settlement.scrm_settlement_statement_action_review")
    name = story.eyes.call("scrm.settlement.statement", "read", [story.statement], ["name"])[0]
    finance.open_row(name["name"])
    finance.page.wait_for_selector(".o_form_view button[name='action_scrm_review']")
    finance.page.click(".nav-link[name='scrm_settlement']")
    finance.picture("08-review-on-bill")
    expect(finance.page.locator("button[name='action_post']:visible")).to_have_count(0)
    with pytest.raises(xmlrpc.client.Fault) as refusal:
        bill = story.eyes.read(
            "account.move", [("scrm_statement_ids", "=", story.statement)], ["id"]
        )
        own = Rpc(story.server.url, story.server.name, "demo.finance", PASSWORD)
        own.call("account.move", "action_post", [bill[0]["id"]])
    assert name["name"] in refusal.value.faultString, refusal.value.faultString
    assert statement_state(story) == "submitted", "an unreviewed settlement is not posted"
    finance.press("action_scrm_review")
    wait_for("reviewed", lambda: statement_state(story) == "reviewed")
    finance.press("action_post")
    wait_for("posted", lambda: statement_state(story) == "invoiced")
    finance.picture("09-bill-posted")


def buy_again(story: Story) -> None:
    """The next order earns points and lifts the tier."""
    seller = story.person("operator")
    seller.open("action-sale.action_orders/new")
    seller.choose("partner_id", story.name)
    seller.settle()
    seller.field("order_line").locator(".o_field_x2many_list_row_add a").first.click()
    row = seller.field("order_line").locator(".o_selected_row")
    row.locator("input, textarea").first.fill(story.stage.goods)
    seller.page.locator(
        ".o-autocomplete--dropdown-item:not(.o_m2o_dropdown_option)", has_text=story.stage.goods
    ).first.click()
    seller.settle()
    seller.press("action_confirm")
    wait_for(
        "the order and the higher tier",
        lambda: story.eyes.read(
            "scrm.loyalty.membership",
            [
                ("customer_id", "=", story.customer),
                ("tier_id.name", "=", story.stage.higher_tier),
            ],
            ["qualifying_points"],
        ),
    )


def look_at_the_customer(story: Story) -> None:
    """Her page shows every step in order, and each entry opens its record."""
    entries = story.timeline()
    kinds = [entry["kind"] for entry in entries]
    expected = iter(
        ["import", "message_in", "message_out", "ticket", "rating", "order", "points", "tier"]
    )
    step = next(expected)
    for kind in kinds:
        if kind == step:
            step = next(expected, None)
    assert step is None, f"{step} is missing or out of order in {kinds}"

    # Opening a record takes its own rights; the administrator has those of every role.
    admin = story.person("admin")
    page = f"action-scrm_base.scrm_customer_action/{story.customer}"
    admin.open(page)
    timeline = admin.page.locator(".o_scrm_timeline_entry")
    expect(timeline).to_have_count(len(entries))
    admin.picture("10-customer-page")
    for number in range(len(entries)):
        admin.open(page)
        expect(timeline).to_have_count(len(entries))
        row = timeline.nth(number)
        text = row.inner_text()
        row.locator(".o_scrm_timeline_open").click()
        admin.settle()
        assert not admin.page.locator(".o_error_dialog").count(), f"“{text}” cannot be opened"
        expect(timeline).to_have_count(0)
        expect(admin.page.locator(".o_form_view, .o-mail-Discuss").first).to_be_visible()


def undo_the_recognition(story: Story) -> None:
    """The steward takes the evidence back: two customers again, each with what is his."""
    steward = story.person("steward")
    steward.open(f"action-scrm_base.scrm_customer_action/{story.customer}")
    steward.page.click(".nav-link[name='merges']")
    row = steward.page.locator(".o_data_row", has=steward.page.locator("[name='action_undo']"))
    steward.picture("11-why-one-customer")
    row.first.locator("button[name='action_undo']").click()
    steward.confirm()
    wait_for(
        "two customers again",
        lambda: story.eyes.read(
            "scrm.identity",
            [("value", "=", OPENID), ("customer_id", "!=", story.customer)],
            ["customer_id"],
        ),
    )
    kinds = {entry["kind"] for entry in story.timeline()}
    assert "order" in kinds and "message_in" not in kinds, kinds


PLAY: tuple[Callable[[Story], None], ...] = (
    import_the_list,
    write_on_wechat,
    answer_in_discuss,
    open_a_ticket,
    dispatch,
    work_on_site,
    rate,
    submit_the_statement,
    review_in_invoicing,
    buy_again,
    look_at_the_customer,
    undo_the_recognition,
)
