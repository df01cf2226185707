import { registry } from "@web/core/registry";
import { stepUtils } from "@web_tour/tour_utils";

registry.category("web_tour.tours").add("scrm_settlement_review", {
    url: "/odoo",
    steps: () => [
        ...stepUtils.goToAppSteps("account.menu_finance", "Open Invoicing"),
        {
            content: "Open the section",
            trigger: ".o_menu_sections [data-menu-xmlid='scrm_settlement.menu_settlement']",
            run: "click",
        },
        {
            content: "What waits for review",
            trigger:
                ".dropdown-item[data-menu-xmlid='scrm_settlement.scrm_settlement_statement_menu_review']",
            run: "click",
        },
        {
            content: "A row opens the bill",
            trigger: ".o_list_view td[name='partner_id']:contains('Tour dealer')",
            run: "click",
        },
        {
            content: "The ribbon says that nobody reviewed it, and posting is not offered",
            trigger:
                ".o_form_view:not(:has(button[name='action_post']:visible)) .ribbon:contains('not reviewed')",
        },
        {
            content: "Look at the settlement's lines",
            trigger: ".nav-link[name='scrm_settlement']",
            run: "click",
        },
        {
            content: "Ask of a line why it costs what it costs",
            trigger: ".o_field_widget[name='scrm_settlement_line_ids'] button[name='action_open_reason']",
            run: "click",
        },
        {
            content: "It says so",
            trigger: ".modal .o_field_widget[name='price_reason']:contains('− 8 %')",
        },
        {
            content: "Back to the bill",
            trigger: ".modal .btn-close",
            run: "click",
        },
        {
            content: "The bill is there again",
            trigger: "body:not(:has(.modal))",
        },
        {
            content: "Review",
            trigger: "button[name='action_scrm_review']",
            run: "click",
        },
        {
            content: "Now it can be posted",
            trigger: "button[name='action_post']:visible",
            run: "click",
        },
        {
            content: "Posted",
            trigger: ".o_arrow_button_current[data-value='posted']",
        },
        {
            content: "Back to the statement",
            trigger: "button[name='action_scrm_open_statement']",
            run: "click",
        },
        {
            content: "The statement has followed",
            trigger: ".o_arrow_button_current[data-value='invoiced']",
        },
    ],
});
