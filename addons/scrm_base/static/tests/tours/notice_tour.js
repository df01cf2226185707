import { registry } from "@web/core/registry";

const pick = (field, text) => [
    { trigger: `.o_field_widget[name='${field}'] input`, run: `edit ${text}` },
    { trigger: `.ui-autocomplete a:contains('${text}')`, run: "click" },
];

registry.category("web_tour.tours").add("scrm_base_notice", {
    steps: () => [
        {
            content: "Begin a rule",
            trigger: ".o_list_button_add",
            run: "click",
        },
        { trigger: ".o_field_widget[name='name'] input", run: "edit Tour: import stopped" },
        ...pick("model_id", "Customer Import"),
        {
            content: "What happens is chosen, not written",
            trigger: ".o_field_widget[name='event'] select:has(option[value='cancel'])",
            run: "select cancel",
        },
        {
            content: "Who is responsible is told",
            trigger: ".o_field_widget[name='audience'] input",
            run: "click",
        },
        { trigger: ".o_select_menu_item:contains('Who is responsible')", run: "click" },
        {
            content: "In the app",
            trigger: ".o_field_widget[name='medium_ids'] .o_data_row td[name='medium']",
            run: "click",
        },
        { trigger: ".o_field_widget[name='medium_ids'] td[name='medium'] input", run: "click" },
        { trigger: ".o_select_menu_item:contains('In the app')", run: "click" },
        {
            trigger: ".o_field_widget[name='subject'] input, .o_field_widget[name='subject'] textarea",
            run: "edit Stopped: {{ object.nmae }}",
        },
        {
            trigger: ".o_field_widget[name='body'] textarea",
            run: "edit Somebody stopped it.",
        },
        { trigger: ".o_form_button_save", run: "click" },
        {
            content: "A placeholder that cannot be filled is named",
            trigger: ".modal:contains('object.nmae') .modal-footer button",
            run: "click",
        },
        {
            trigger: ".o_field_widget[name='subject'] input, .o_field_widget[name='subject'] textarea",
            run: "edit Stopped: {{ object.name }}",
        },
        {
            content: "The preview saves the rule and shows the newest record",
            trigger: "button[name='action_preview']",
            run: "click",
        },
        { trigger: ".modal .o_scrm_preview_subject:contains('Stopped: tour.xls')" },
        { trigger: ".modal .o_scrm_preview_people:contains('notice.manager')" },
        { trigger: ".modal button[special='cancel'], .modal .btn-close", run: "click" },
        { trigger: "body:not(:has(.modal))" },
        {
            content: "Nothing was sent by looking at it",
            trigger: ".o_scrm_bell:not(:has(.o_scrm_bell_count))",
        },
        {
            content: "Set off the event on another screen",
            trigger: "body",
            run: () => {
                window.location.assign("/odoo/action-scrm_base.scrm_customer_import_action");
            },
            expectUnloadPage: true,
        },
        { trigger: ".o_list_view .o_data_cell:contains('tour.xls')", run: "click" },
        { trigger: "button[name='action_cancel']", run: "click" },
        { trigger: ".modal .btn-primary", run: "click" },
        { trigger: ".o_statusbar_status .o_arrow_button_current:contains('Stopped')" },
        {
            content: "Load the page again: the bus is silent in a test",
            trigger: "body",
            run: () => {
                window.location.reload();
            },
            expectUnloadPage: true,
        },
        {
            content: "It is under the bell",
            trigger: ".o_scrm_bell:has(.o_scrm_bell_count:contains('1'))",
            run: "click",
        },
        {
            content: "A click opens the record and puts the notice away",
            trigger: ".o_scrm_bell_notice.o_unread:contains('Stopped: tour.xls')",
            run: "click",
        },
        { trigger: ".o_form_view .o_field_widget[name='name']:contains('tour.xls'), .o_form_view .o_field_widget[name='name'] input" },
        { trigger: ".o_scrm_bell:not(:has(.o_scrm_bell_count))" },
    ],
});
