import { registry } from "@web/core/registry";

/** An agent finds the customer in Discuss, answers, and opens the conversation's record. */
registry.category("web_tour.tours").add("scrm_social_answer", {
    steps: () => [
        {
            content: "customers have a list of their own",
            trigger: ".o-mail-DiscussSidebarCategory-scrm",
        },
        {
            trigger: ".o-mail-DiscussSidebarChannel:contains(Ms Chen)",
            run: "click",
        },
        {
            trigger: ".o-mail-Message:contains(The tap is dripping)",
        },
        {
            trigger: ".o-mail-Composer-input",
            run: "edit We are on our way",
        },
        {
            trigger: ".o-mail-Composer-input",
            run: "press Enter",
        },
        {
            trigger: ".o-mail-Message:contains(We are on our way)",
        },
        {
            trigger: "button[name='scrm-conversation'], [title='Open Conversation']",
            run: "click",
        },
        {
            trigger: ".o_form_view .o_field_widget[name=message_link_ids]:contains(We are on our way)",
        },
    ],
});
