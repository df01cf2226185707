import { registry } from "@web/core/registry";
import { stepUtils } from "@web_tour/tour_utils";

registry.category("web_tour.tours").add("scrm_base_review", {
    url: "/odoo",
    steps: () => [
        ...stepUtils.goToAppSteps("scrm_base.menu_root", "Open Social CRM"),
        {
            content: "Open the section",
            trigger: ".o_menu_sections [data-menu-xmlid='scrm_base.menu_customers']",
            run: "click",
        },
        {
            content: "Open the review",
            trigger: ".dropdown-item[data-menu-xmlid='scrm_base.scrm_match_review_menu']",
            run: "click",
        },
        {
            content: "The pair that the import found comes first",
            trigger: ".o_scrm_match_review:has(.o_scrm_progress:contains('1 of 2')) th:contains('Tour Chen Xiaoyu')",
        },
        {
            content: "Numbers are masked for everybody",
            trigger: ".o_scrm_sides td:contains('+86138****1001')",
        },
        {
            content: "Skip with the arrow",
            trigger: "button[name='next']",
            run: "press ArrowRight",
        },
        {
            content: "Two who are not one, with the weight of their names",
            trigger: ".o_scrm_match_review:has(.o_scrm_progress:contains('2 of 2')) .o_scrm_weight:contains('-2.0')",
        },
        {
            content: "Reject with the keyboard",
            trigger: "button[name='reject']",
            run: "press r",
        },
        {
            content: "That was the last",
            trigger: ".o_scrm_match_review .o_view_nocontent_smiling_face:contains('All pairs are reviewed')",
        },
        {
            content: "What was skipped waits",
            trigger: ".o_scrm_match_review button:contains('Look again')",
            run: "click",
        },
        {
            content: "Accept with the keyboard",
            trigger: ".o_scrm_match_review:has(.o_scrm_progress:contains('1 of 1')) button[name='accept']",
            run: "press a",
        },
        {
            content: "Nothing is left",
            trigger: ".o_scrm_match_review .o_view_nocontent_smiling_face",
        },
        {
            content: "Open the section again",
            trigger: ".o_menu_sections [data-menu-xmlid='scrm_base.menu_customers']",
            run: "click",
        },
        {
            content: "Look for the customer",
            trigger: ".dropdown-item[data-menu-xmlid='scrm_base.scrm_customer_menu']",
            run: "click",
        },
        {
            content: "One customer with both handles, once the list of before is read anew",
            trigger:
                ".o_list_view tbody:not(:has(.o_data_row:nth-child(4))) td[name='name']:contains('Tour Chen Xiaoyu')",
            run: "click",
        },
        {
            content: "Open the merges",
            trigger: ".nav-link[name='merges']",
            run: "click",
        },
        {
            content: "The page says why",
            trigger: ".o_scrm_evidence_path:contains('Decided by a person')",
        },
        {
            content: "Undo",
            trigger:
                ".o_scrm_page_list[data-list='merges'] .o_data_row:contains('Decided by a person') button[name='action_undo']:visible",
            run: "click",
        },
        {
            content: "Yes",
            trigger: ".modal .modal-footer .btn-primary",
            run: "click",
        },
        {
            content: "Two customers again",
            trigger: ".o_form_view:not(:has(.o_scrm_evidence_path select))",
        },
    ],
});
