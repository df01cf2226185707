import { registry } from "@web/core/registry";

registry.category("web_tour.tours").add("scrm_loyalty_member_card", {
    url: "/my",
    steps: () => [
        {
            content: "Open the member card from the portal's home",
            trigger: "a[href='/my/member']",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "The tier is on the card",
            trigger: ".o_scrm_member_tier:contains('Silver')",
        },
        {
            content: "So is the way to the next one",
            trigger: ".o_scrm_member_progress:contains('Gold')",
        },
        {
            content: "Open all movements",
            trigger: ".o_scrm_member_all",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "Each names its order",
            trigger: ".o_scrm_member_entry a[href^='/my/orders/']",
        },
    ],
});
