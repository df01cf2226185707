import { registry } from "@web/core/registry";

registry.category("web_tour.tours").add("scrm_settlement_portal", {
    url: "/my/settlements",
    steps: () => [
        {
            content: "Open the statement",
            trigger: ".o_portal_my_doc_table tbody tr:has(.badge:contains('Submitted')) a",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "It stands at its beginning and comes to the sum of its lines",
            trigger:
                ".o_scrm_settlement_steps:has([data-step='submitted'][data-state='current'])",
        },
        {
            content: "The whole total",
            trigger: "[name='amount_total']:contains('1,187.84')",
        },
        {
            content: "Choose the first line",
            trigger: "tr:contains('Filter') input[name='line']",
            run: "check",
        },
        {
            content: "Dispute it",
            trigger: "button[name='dispute']",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "The right price",
            trigger: ".o_scrm_new_dispute input[name^='value_']",
            run: "edit 120",
        },
        {
            content: "Why",
            trigger: "textarea[name='evidence']",
            run: "edit The contract says 120.00",
        },
        {
            content: "Send",
            trigger: "button[name='send']",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "The rest stays on the statement",
            trigger: "[name='amount_total']:contains('363.52')",
        },
        {
            content: "The dispute is open",
            trigger: "#disputes [data-state='open']:contains('The contract says 120.00')",
        },
        {
            content: "Confirm the rest",
            trigger: "button[name='confirm']",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "Confirmed, and not asked again",
            trigger: "#wrap:not(:has(button[name='confirm'])) [name='confirmed']",
        },
    ],
});
