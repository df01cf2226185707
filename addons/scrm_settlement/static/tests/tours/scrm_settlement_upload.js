import { registry } from "@web/core/registry";

const LIST = [
    "单号,物料编码,日期,数量,金额",
    "D-1,00123,2026-11-05,1,130.00",
    "D-2,00123,2026-11-05,1,100.00",
    "D-9,00123,2026-11-06,1,55.00",
].join("\n");

registry.category("web_tour.tours").add("scrm_settlement_upload", {
    url: "/my",
    steps: () => [
        {
            content: "Open the settlements",
            trigger: "a[href='/my/settlements']",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "Open the statement",
            trigger: ".o_portal_my_doc_table tbody tr:has(.badge:contains('Submitted')) a",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "Choose the list",
            trigger: "#reconciliation input[type='file']",
            run({ anchor }) {
                const transfer = new DataTransfer();
                transfer.items.add(new File([LIST], "november.csv", { type: "text/csv" }));
                anchor.files = transfer.files;
            },
        },
        {
            content: "Upload it",
            trigger: "#reconciliation button[name='upload']",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "The result: the row with another amount",
            trigger: "table[name='rows'] tr:contains('D-1'):contains('Amount difference'):contains('130.00')",
        },
        {
            content: "The row that we do not have",
            trigger: "table[name='rows'] tr:contains('D-9'):contains('Only yours'):contains('55.00')",
        },
        {
            content: "What is matched is a number that opens its rows",
            trigger: "table[name='subtotals'] tr:contains('Matched'):contains('100.00') a:contains('1')",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "The matched row",
            trigger: "table[name='rows']:not(:contains('D-9')) tr:contains('D-2')",
        },
        {
            content: "Back to the statement",
            trigger: "a[name='statement']",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "The list stands on it, with what differs",
            trigger: "table[name='reconciliations'] tr:contains('november.csv'):contains('85.00')",
        },
    ],
});
