import { registerThreadAction } from "@mail/core/common/thread_actions";

import { _t } from "@web/core/l10n/translation";

/** From the chat to the record: customer, status, what else there is to do. */
registerThreadAction("scrm-conversation", {
    condition: ({ owner, thread }) =>
        thread?.channel_type === "scrm" && !owner.isDiscussSidebarChannelActions,
    icon: "fa fa-fw fa-id-card-o",
    name: _t("Open Conversation"),
    open: async ({ store, thread }) => {
        const action = await store.env.services.orm.call(
            "discuss.channel",
            "action_open_scrm_conversation",
            [thread.id]
        );
        store.env.services.action.doAction(action);
    },
    sequence: 5,
    sequenceGroup: 5,
});
