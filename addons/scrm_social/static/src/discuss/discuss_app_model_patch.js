import { fields } from "@mail/core/common/record";
import { DiscussApp } from "@mail/core/public_web/discuss_app_model";
import { DiscussAppCategory } from "@mail/discuss/core/public_web/discuss_app_category_model";
import { compareDatetime } from "@mail/utils/common/misc";

import { _t } from "@web/core/l10n/translation";
import { patch } from "@web/core/utils/patch";

const SCRM_CATEGORY_ID = "scrm_social.category_conversations";

patch(DiscussApp.prototype, {
    setup() {
        super.setup(...arguments);
        this.scrmCategory = fields.One("DiscussAppCategory", {
            compute() {
                return {
                    extraClass: "o-mail-DiscussSidebarCategory-scrm",
                    hideWhenEmpty: true,
                    icon: "fa fa-weixin",
                    id: SCRM_CATEGORY_ID,
                    name: _t("Customers"),
                    sequence: 5,
                };
            },
            eager: true,
        });
        this.scrmConversations = fields.Many("Thread", { inverse: "appAsScrmConversations" });
    },
});

patch(DiscussAppCategory.prototype, {
    sortThreads(t1, t2) {
        if (this.id === SCRM_CATEGORY_ID) {
            return compareDatetime(t2.lastInterestDt, t1.lastInterestDt) || t2.id - t1.id;
        }
        return super.sortThreads(t1, t2);
    },
});
