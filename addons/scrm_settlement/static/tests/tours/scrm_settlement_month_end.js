import { registry } from "@web/core/registry";
import { stepUtils } from "@web_tour/tour_utils";

const tours = registry.category("web_tour.tours");
const inForm = (selector) => `.o_form_view ${selector}`;
const row = (dealer) => `.o_list_view .o_data_row:contains('${dealer}') td[name='partner_id']`;

function choose(item, content) {
    return [
        {
            content: "Open the section",
            trigger: ".o_menu_sections [data-menu-xmlid='scrm_settlement.menu_settlement']",
            run: "click",
        },
        {
            content,
            trigger: `.dropdown-item[data-menu-xmlid='scrm_settlement.${item}']`,
            run: "click",
        },
    ];
}

const press = (name, content, scope = inForm) => ({
    content,
    trigger: scope(`button[name='${name}']:visible:enabled`),
    run: "click",
});

const at = (state, content) => ({
    content,
    trigger: inForm(`.o_arrow_button_current[data-value='${state}']`),
});

tours.add("scrm_settlement_month_end_prepare", {
    url: "/odoo",
    steps: () => [
        ...stepUtils.goToAppSteps("account.menu_finance", "Open Invoicing"),
        ...choose("scrm_settlement_generate_menu", "Generate the statements"),
        {
            content: "Last month is asked for, and two lines wait in it",
            trigger: ".modal .o_field_widget[name='pending_count']:contains('2')",
        },
        press("action_generate", "Generate", (button) => `.modal ${button}`),
        {
            content: "A statement for each dealer",
            trigger: ".o_list_view:has(.o_data_row:contains('Near')):has(.o_data_row:contains('Far'))",
        },
        {
            content: "Choose both",
            trigger: ".o_list_view thead .o_list_record_selector input",
            run: "click",
        },
        press("action_submit", "Submit", (button) => `.o_control_panel ${button}`),
        {
            content: "Both wait for finance",
            trigger: ".o_list_view:not(:has(td[name='state'] .text-bg-info)) td[name='state'] .text-bg-warning",
        },
    ],
});

tours.add("scrm_settlement_month_end_review", {
    url: "/odoo",
    steps: () => [
        ...stepUtils.goToAppSteps("account.menu_finance", "Open Invoicing"),
        ...choose("scrm_settlement_statement_menu_review", "What waits for review"),
        {
            content: "A row opens the bill",
            trigger: row("Near"),
            run: "click",
        },
        {
            content: "The bill of the first",
            trigger: inForm("[name='partner_id'] input:value('Near')"),
        },
        press("action_scrm_review_next", "Review and next"),
        {
            content: "The bill of the second stands there",
            trigger: inForm("[name='partner_id'] input:value('Far')"),
        },
        {
            content: "It is not reviewed, and posting is not offered",
            trigger: ".o_form_view:not(:has(button[name='action_post']:visible)) .ribbon:contains('not reviewed')",
        },
        press("action_scrm_review_next", "Review and next: the last one"),
        {
            content: "Nothing waits any more",
            trigger: ".o_view_nocontent:contains('Nothing to review')",
        },
        ...choose("scrm_settlement_statement_menu", "The statements"),
        {
            content: "Open the first",
            trigger: row("Near"),
            run: "click",
        },
        at("reviewed", "It is reviewed"),
        press("action_open_document", "Its bill"),
        press("action_post", "Post"),
        at("posted", "Posted"),
    ],
});

tours.add("scrm_settlement_month_end_dispute", {
    url: "/odoo",
    steps: () => [
        ...stepUtils.goToAppSteps("account.menu_finance", "Open Invoicing"),
        ...choose("scrm_settlement_dispute_menu", "The disputes"),
        {
            content: "The dealer's dispute waits for a decision",
            trigger: row("Near"),
            run: "click",
        },
        {
            content: "What it is founded on",
            trigger: inForm("[name='evidence']:contains('The contract says 120.00')"),
        },
        {
            content: "Say why it is accepted",
            trigger: inForm("[name='resolution'] textarea"),
            run: "edit The contract is right",
        },
        press("action_accept", "Accept"),
        at("accepted", "Accepted"),
        press("action_open_adjustment", "What makes up for it"),
        {
            content: "The difference waits for the next statement",
            trigger: inForm("[name='amount']:contains('15.68')"),
        },
        ...choose("scrm_settlement_statement_menu", "The statements"),
        {
            content: "Open the first",
            trigger: row("Near"),
            run: "click",
        },
        at("invoiced", "It is invoiced"),
        press("action_open_document", "Its bill"),
        press("action_reverse", "Reverse it"),
        press("refund_moves", "Reverse", (button) => `.modal ${button}`),
        at("draft", "The reversal is a draft"),
        press("action_post", "Post it"),
        at("posted", "Posted"),
    ],
});

tours.add("scrm_settlement_month_end_again", {
    url: "/odoo",
    steps: () => [
        ...stepUtils.goToAppSteps("account.menu_finance", "Open Invoicing"),
        ...choose("scrm_settlement_statement_menu", "The statements"),
        {
            content: "Open the reversed one",
            trigger: row("Near"),
            run: "click",
        },
        at("reversed", "It is reversed"),
        press("action_reopen", "Settle again"),
        at("draft", "A new statement"),
        {
            content: "The next revision of the same period",
            trigger: inForm("[name='revision']:contains('1')"),
        },
        {
            content: "It takes up the reversed one",
            trigger: inForm("[name='origin_statement_id'] a"),
        },
        press("action_submit", "Submit"),
        at("submitted", "Submitted"),
    ],
});
