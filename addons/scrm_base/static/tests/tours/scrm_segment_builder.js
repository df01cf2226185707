import { registry } from "@web/core/registry";

const COUNT = ".o_field_widget[name='preview_count']";

registry.category("web_tour.tours").add("scrm_segment_builder", {
    steps: () => [
        {
            trigger: ".o_list_button_add",
            run: "click",
        },
        {
            content: "Without a condition everybody is found",
            trigger: `${COUNT}:contains('4')`,
        },
        {
            trigger: ".o_field_widget[name='name'] :is(input, textarea)",
            run: "edit Tour segment",
        },
        {
            content: "Say what is true of the customer",
            trigger: ".o_field_domain a:contains('New Rule')",
            run: "click",
        },
        {
            trigger: ".o_field_domain .o_model_field_selector",
            run: "click",
        },
        {
            trigger: ".o_model_field_selector_popover_search input",
            run: "edit name",
        },
        {
            trigger:
                ".o_model_field_selector_popover_item[data-name='name'] .o_model_field_selector_popover_item_name",
            run: "click",
        },
        {
            trigger:
                ".o_tree_editor_condition:has(.o_model_field_selector_chain_part:contains('Name')) .o_tree_editor_editor > input.o_input",
            run: "edit 陈女士 && press Tab",
        },
        {
            content: "The count follows before anything is saved",
            trigger: `${COUNT}:contains('2')`,
        },
        {
            content: "And what is true of the figures",
            trigger: ".o_field_widget[name='condition_ids'] .o_field_x2many_list_row_add a",
            run: "click",
        },
        {
            trigger: ".o_selected_row .o_field_widget[name='value'] input",
            run: "edit 5 && press Tab",
        },
        {
            trigger: `${COUNT}:contains('1')`,
        },
        {
            trigger: ".o_form_button_save",
            run: "click",
        },
        {
            content: "The members are found at once",
            trigger: "button[name='action_view_members']:contains('1')",
        },
        {
            trigger: "button[name='action_refresh']",
            run: "click",
        },
        {
            content: "The size opens its customers",
            trigger: "button[name='action_view_members']:contains('1')",
            run: "click",
        },
        {
            trigger:
                ".o_action_manager > .o_list_view:has(.o_data_row:contains('陈女士')):not(:has(.o_data_row ~ .o_data_row))",
        },
        {
            trigger: ".breadcrumb-item a:contains('Tour segment'), .o_back_button a",
            run: "click",
        },
        {
            trigger: "button[name='action_view_moves']",
            run: "click",
        },
        {
            trigger: ".o_data_row:contains('陈女士') button[name='action_explain']",
            run: "click",
        },
        {
            content: "Each condition is beside the customer's own value",
            trigger: ".modal tr:contains('Orders at least 5.00'):contains('5.00') .text-success",
        },
        {
            trigger: ".modal-footer .btn-primary",
            run: "click",
        },
        {
            trigger: "body:not(:has(.modal))",
        },
    ],
});
