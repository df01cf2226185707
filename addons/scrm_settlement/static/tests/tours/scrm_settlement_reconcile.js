import { registry } from "@web/core/registry";

const tab = (name) => [
    { content: `Tab ${name}`, trigger: `.nav-link[name='${name}']`, run: "click" },
    { content: `Tab ${name} is open`, trigger: `.nav-link.active[name='${name}']` },
];

registry.category("web_tour.tours").add("scrm_settlement_reconcile", {
    steps: () => [
        { content: "Compare", trigger: "button[name='action_compare']", run: "click" },
        {
            content: "Compared; the six subtotals are there",
            trigger: ".o_arrow_button_current[data-value='compared']",
        },
        {
            content: "One amount differs by 30",
            trigger: "div[name='subtotal_ids'] .o_data_row:contains('Amount difference'):contains('30.00')",
        },
        ...tab("only_theirs"),
        {
            content: "The dealer wrote his own number",
            trigger: "div[name='only_theirs_line_ids'] .o_data_row:contains('Our 2') button[name='action_open_resolve']",
            run: "click",
        },
        {
            content: "Choose the entry",
            trigger: ".modal div[name='entry_row_id'] input",
            run: "edit D-2",
        },
        {
            content: "It is the only one left",
            trigger: ".o-autocomplete--dropdown-item:contains('D-2')",
            run: "click",
        },
        { content: "Match", trigger: ".modal button[name='action_match']", run: "click" },
        {
            content: "Matched",
            trigger: "body:not(:has(.modal)) div[name='only_theirs_line_ids'] .o_data_row:contains('D-3')",
        },
        {
            content: "We forgot D-3",
            trigger: "div[name='only_theirs_line_ids'] .o_data_row:contains('D-3') button[name='action_open_resolve']",
            run: "click",
        },
        { content: "Accept", trigger: ".modal button[name='action_accept']", run: "click" },
        {
            content: "Two are matched",
            trigger: "body:not(:has(.modal)) div[name='subtotal_ids'] .o_data_row:contains('Matched'):contains('200.00')",
        },
        {
            content: "The number opens its rows",
            trigger: "div[name='subtotal_ids'] .o_data_row:contains('Matched') button[name='action_open_rows']",
            run: "click",
        },
        { content: "Two rows", trigger: ".o_list_view .o_data_row:nth-child(2):contains('D-3')" },
    ],
});

registry.category("web_tour.tours").add("scrm_settlement_waive", {
    steps: () => [
        { content: "Waive", trigger: "button[name='action_open_waive']", run: "click" },
        {
            content: "Why",
            trigger: ".modal div[name='reason'] textarea",
            run: "edit Agreed by phone",
        },
        { content: "Decide", trigger: ".modal button[name='action_waive']", run: "click" },
        {
            content: "Waived, with the reason",
            trigger: ".o_arrow_button_current[data-value='waived']",
        },
        {
            content: "The reason stays",
            trigger: "div[name='waiver_reason']:contains('Agreed by phone')",
        },
    ],
});
