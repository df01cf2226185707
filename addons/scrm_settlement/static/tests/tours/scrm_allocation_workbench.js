import { registry } from "@web/core/registry";
import { stepUtils } from "@web_tour/tour_utils";

const row = (dealer) => `.o_field_widget[name='line_ids'] .o_data_row:contains('${dealer}')`;

registry.category("web_tour.tours").add("scrm_allocation_workbench", {
    url: "/odoo",
    steps: () => [
        ...stepUtils.goToAppSteps("account.menu_finance", "Open Invoicing"),
        {
            content: "Open the section",
            trigger: ".o_menu_sections [data-menu-xmlid='scrm_settlement.menu_settlement']",
            run: "click",
        },
        {
            content: "The workbench",
            trigger:
                ".dropdown-item[data-menu-xmlid='scrm_settlement.scrm_allocation_run_menu']",
            run: "click",
        },
        {
            content: "A new allocation",
            trigger: ".o_list_button_add",
            run: "click",
        },
        {
            content: "Simulate",
            trigger: "button[name='action_simulate']",
            run: "click",
        },
        {
            content: "The agent gets everything",
            trigger: `${row("Tour agent")} td[name='allocated']:contains('60')`,
        },
        {
            content: "The store gets nothing, and reads why",
            trigger: `${row("Tour store")} td[name='explanation']:contains('Nothing left')`,
        },
        {
            content: "Give the store five all the same",
            trigger: `${row("Tour store")} td[name='allocated']`,
            run: "click",
        },
        {
            content: "Say why",
            trigger: `${row("Tour store")} td[name='override_reason'] input`,
            run: "edit Opening of the shop",
        },
        {
            content: "Five; leaving the field hands it over before the form is saved",
            trigger: `${row("Tour store")} td[name='allocated'] input`,
            run: "edit 5 && press Tab",
        },
        {
            content: "Save",
            trigger: ".o_form_button_save:visible",
            run: "click",
        },
        {
            content: "Saved, with the reason",
            trigger: `.o_form_saved ${row("Tour store")} td[name='explanation']:contains('Opening of the shop')`,
        },
        {
            content: "And take them from the distributor",
            trigger: `${row("Tour distributor")} td[name='allocated']`,
            run: "click",
        },
        {
            content: "Say why here too",
            trigger: `${row("Tour distributor")} td[name='override_reason'] input`,
            run: "edit For the shop",
        },
        {
            content: "Thirty-five; leaving the field hands it over before the form is saved",
            trigger: `${row("Tour distributor")} td[name='allocated'] input`,
            run: "edit 35 && press Tab",
        },
        {
            content: "Save",
            trigger: ".o_form_button_save:visible",
            run: "click",
        },
        {
            content: "Saved",
            trigger: `.o_form_saved ${row("Tour distributor")} td[name='explanation']:contains('For the shop')`,
        },
        {
            content: "Apply",
            trigger: "button[name='action_apply']",
            run: "click",
        },
        {
            content: "Yes",
            trigger: ".modal-footer .btn-primary",
            run: "click",
        },
        {
            content: "Applied",
            trigger: ".o_arrow_button_current[data-value='applied']",
        },
    ],
});
