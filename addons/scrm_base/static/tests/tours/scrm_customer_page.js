import { registry } from "@web/core/registry";

registry.category("web_tour.tours").add("scrm_customer_page", {
    steps: () => [
        {
            content: "The timeline shows its first page, newest first",
            trigger: ".o_scrm_timeline_entry[data-kind='message_in']:contains('<b>Filter</b>?')",
        },
        {
            content: "Filter to the notes",
            trigger: ".o_scrm_timeline_groups button[data-group='notes']",
            run: "click",
        },
        {
            trigger: ".o_scrm_timeline:not(:has(.o_scrm_timeline_entry[data-kind='message_in']))",
        },
        {
            content: "Load more",
            trigger: ".o_scrm_timeline_more",
            run: "click",
        },
        {
            content: "The oldest entry is there and nothing more to load",
            trigger:
                ".o_scrm_timeline:not(:has(.o_scrm_timeline_more)) .o_scrm_timeline_text:contains('Note 39')",
        },
        {
            content: "Search",
            trigger: ".o_scrm_timeline_search",
            run: "edit Note 17",
        },
        {
            trigger: ".o_scrm_timeline:not(:contains('Note 18')) .o_scrm_timeline_text:contains('Note 17')",
        },
        {
            trigger: ".o_scrm_timeline_search",
            run: "clear",
        },
        {
            content: "Add a note",
            trigger: ".o_scrm_timeline_note textarea",
            run: "edit Is at home at weekends",
        },
        {
            trigger: ".o_scrm_timeline_note button[type='submit']:enabled",
            run: "click",
        },
        {
            trigger: ".o_scrm_timeline_entry[data-kind='note']:contains('Is at home at weekends')",
        },
        {
            content: "Tag the customer",
            trigger: ".o_field_widget[name='tag_ids'] input",
            run: "edit Tour tag",
        },
        {
            trigger: ".ui-autocomplete a:contains('Tour tag')",
            run: "click",
        },
        {
            trigger: ".o_form_button_save",
            run: "click",
        },
        {
            trigger: ".o_form_saved .o_field_widget[name='tag_ids'] .o_tag:contains('Tour tag')",
        },
        {
            content: "The tab says where the tag comes from",
            trigger: ".nav-link[name='tags']",
            run: "click",
        },
        {
            trigger: ".o_scrm_page_list[data-list='tags'] .o_data_row:contains('Tour tag')",
        },
        {
            content: "The evidence is on its tab, and can be undone there",
            trigger: ".nav-link[name='merges']",
            run: "click",
        },
        {
            trigger:
                ".o_scrm_page_list[data-list='merges'] .o_data_row button[name='action_undo']:visible",
            run: "click",
        },
        {
            trigger: ".modal-footer .btn-primary",
            run: "click",
        },
        {
            trigger:
                ".o_scrm_page_list[data-list='merges']:not(:has(button[name='action_undo']:visible))",
        },
        {
            content: "Open what an entry comes from",
            trigger: ".nav-link[name='timeline']",
            run: "click",
        },
        {
            trigger: ".o_scrm_timeline_groups button[data-group='messages']",
            run: "click",
        },
        {
            trigger: ".o_scrm_timeline_open:contains('Filter')",
            run: "click",
        },
        {
            trigger: ".o_form_view .o_field_widget[name='name'] :value(/Tour contact/)",
        },
    ],
});

registry.category("web_tour.tours").add("scrm_customer_circle", {
    steps: () => [
        {
            trigger: ".nav-link[name='tags']",
            run: "click",
        },
        {
            content: "One click to the other members",
            trigger:
                ".o_scrm_page_list[data-list='circles'] .o_data_row button[name='action_view_members']",
            run: "click",
        },
        {
            trigger: ".o_action_manager > .o_list_view .o_data_row:contains('Tour neighbour') .o_data_cell[name='name']",
            run: "click",
        },
        {
            content: "An order of the neighbour's opens from its tab",
            trigger: ".nav-link[name='documents']",
            run: "click",
        },
        {
            trigger: ".o_scrm_page_list[data-list='orders'] .o_data_row .o_data_cell[name='name']",
            run: "click",
        },
        {
            trigger: ".o_form_view .o_field_widget[name='order_line']",
        },
    ],
});
