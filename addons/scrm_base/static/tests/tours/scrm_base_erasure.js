import { registry } from "@web/core/registry";

registry.category("web_tour.tours").add("scrm_base_erasure", {
    steps: () => [
        {
            content: "Begin to answer the request",
            trigger: "button[name='action_start']",
            run: "click",
        },
        {
            content: "See what an erasure would do",
            trigger: "button[name='action_erase']",
            run: "click",
        },
        {
            content: "The preview counts the rows and says what stays",
            trigger: ".modal .o_field_widget[name='preview']:contains('Outgoing Notice')",
        },
        {
            content: "Type the number of the request",
            trigger: ".modal .o_field_widget[name='word'] input",
            run({ anchor }) {
                const number = document
                    .querySelector(".modal .o_field_widget[name='expected']")
                    .textContent.trim();
                anchor.value = number;
                anchor.dispatchEvent(new InputEvent("input", { bubbles: true }));
                anchor.dispatchEvent(new Event("change", { bubbles: true }));
            },
        },
        {
            content: "Erase",
            trigger: ".modal button[name='action_confirm']",
            run: "click",
        },
        {
            content: "The request is done and says what was kept",
            trigger: ".o_field_widget[name='result']:contains('hashes')",
        },
    ],
});
