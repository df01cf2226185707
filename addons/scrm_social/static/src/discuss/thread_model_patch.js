import { fields } from "@mail/core/common/record";
import { Thread } from "@mail/core/common/thread_model";

import { patch } from "@web/core/utils/patch";

/** Conversations with customers behave like live chats: a list of their own, no calls. */
patch(Thread.prototype, {
    setup() {
        super.setup(...arguments);
        this.appAsScrmConversations = fields.One("DiscussApp", {
            compute() {
                return this.channel_type === "scrm" ? this.store.discuss : null;
            },
        });
    },
    _computeDiscussAppCategory() {
        if (this.channel_type === "scrm") {
            return this.store.discuss.scrmCategory;
        }
        return super._computeDiscussAppCategory();
    },
    get isChatChannel() {
        return this.channel_type === "scrm" || super.isChatChannel;
    },
    get hasMemberList() {
        return this.channel_type === "scrm" || super.hasMemberList;
    },
    get allowedToUnpinChannelTypes() {
        return [...super.allowedToUnpinChannelTypes, "scrm"];
    },
    /** The customer is the only guest; the other members are our agents. */
    computeCorrespondent() {
        if (this.channel_type === "scrm") {
            return this.channel_member_ids.find((member) => member.guest_id);
        }
        return super.computeCorrespondent();
    },
    get avatarUrl() {
        if (this.channel_type === "scrm" && this.correspondent) {
            return this.correspondent.avatarUrl;
        }
        return super.avatarUrl;
    },
    get inChathubOnNewMessage() {
        if (this.channel_type === "scrm") {
            return Boolean(this.self_member_id);
        }
        return super.inChathubOnNewMessage;
    },
});
