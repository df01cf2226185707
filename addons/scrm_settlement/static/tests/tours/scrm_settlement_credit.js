import { registry } from "@web/core/registry";
import { stepUtils } from "@web_tour/tour_utils";

registry.category("web_tour.tours").add("scrm_settlement_credit_hold", {
    steps: () => [
        {
            content: "The quotation says that there is not enough credit",
            trigger: "div[name='scrm_credit_over']:contains('Not enough credit')",
        },
        {
            content: "Confirm all the same",
            trigger: "button[name='action_confirm']:visible",
            run: "click",
        },
        {
            content: "It is asked instead; say why it should be released",
            trigger: ".modal:has(.alert:contains('exceed')) [name='note'] textarea",
            run: "edit The dealer pays tomorrow",
        },
        {
            content: "Ask for the audit",
            trigger: ".modal button[name='action_request']",
            run: "click",
        },
        {
            content: "On hold, and nothing is delivered",
            trigger: "body:not(:has(.modal)) .o_form_view .alert-danger:contains('On credit hold')",
        },
        {
            content: "The order is confirmed",
            trigger: ".o_arrow_button_current[data-value='sale']",
        },
    ],
});

registry.category("web_tour.tours").add("scrm_settlement_credit", {
    url: "/odoo",
    steps: () => [
        ...stepUtils.goToAppSteps("account.menu_finance", "Open Invoicing"),
        {
            content: "Open the section",
            trigger: ".o_menu_sections [data-menu-xmlid='scrm_settlement.menu_settlement']",
            run: "click",
        },
        {
            content: "What waits for credit",
            trigger:
                ".dropdown-item[data-menu-xmlid='scrm_settlement.scrm_credit_hold_menu']",
            run: "click",
        },
        {
            content: "The queue says why; open the hold",
            trigger: ".o_list_view .o_data_row:contains('exceed the limit') td[name='partner_id']:contains('Tour dealer')",
            run: "click",
        },
        {
            content: "Look at the order",
            trigger: "button[name='action_open_order']",
            run: "click",
        },
        {
            content: "It is on hold, and nothing is delivered",
            trigger: ".o_form_view .alert-danger:contains('On credit hold')",
        },
        {
            content: "Back to the hold",
            trigger: "button[name='action_scrm_open_hold']",
            run: "click",
        },
        {
            content: "Who asked said why",
            trigger: ".o_form_view:contains('The dealer pays tomorrow')",
        },
        {
            content: "Decide",
            trigger: "button[name='action_open_decision']",
            run: "click",
        },
        {
            content: "Say why",
            trigger: ".modal [name='note'] textarea",
            run: "edit Paid tomorrow",
        },
        {
            content: "Release",
            trigger: ".modal button[name='action_approve']",
            run: "click",
        },
        {
            content: "Released",
            trigger: ".o_arrow_button_current[data-value='approved']",
        },
        {
            content: "The dealer's account",
            trigger: "button[name='action_open_account']",
            run: "click",
        },
        {
            content: "What it is made of",
            trigger: "button[name='action_open_items']:contains('Used')",
            run: "click",
        },
        {
            content: "The documents, by component",
            trigger: ".o_list_view .o_group_header:contains('Ordered, not delivered')",
        },
    ],
});
