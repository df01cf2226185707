import { Store } from "@mail/core/common/store_service";
import { ThreadIcon } from "@mail/core/common/thread_icon";
import { MessagingMenu } from "@mail/core/public_web/messaging_menu";

import { _t } from "@web/core/l10n/translation";
import { patch } from "@web/core/utils/patch";

patch(MessagingMenu.prototype, {
    get _tabs() {
        const items = super._tabs;
        const conversations = this.store.discuss.scrmConversations;
        if (conversations.length) {
            items.push({
                counter: conversations.filter(
                    (thread) => thread.self_member_id?.message_unread_counter > 0
                ).length,
                id: "scrm",
                icon: "fa fa-weixin",
                activeIcon: "fa fa-weixin",
                label: _t("Customers"),
                sequence: 10,
            });
        }
        return items;
    },
});

patch(Store.prototype, {
    tabToThreadType(tab) {
        const types = super.tabToThreadType(tab);
        if (tab === "scrm" || (tab === "chat" && !this.env.services.ui.isSmall)) {
            types.push("scrm");
        }
        return types;
    },
});

patch(ThreadIcon.prototype, {
    get defaultChatIcon() {
        if (this.props.thread.channel_type === "scrm") {
            return { class: "fa fa-weixin opacity-75", title: _t("Customer Conversation") };
        }
        return super.defaultChatIcon;
    },
});
