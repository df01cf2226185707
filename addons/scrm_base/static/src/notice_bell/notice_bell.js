import { Component, onWillStart, onWillDestroy, useState } from "@odoo/owl";
import { Dropdown } from "@web/core/dropdown/dropdown";
import { useDropdownState } from "@web/core/dropdown/dropdown_hooks";
import { deserializeDateTime, formatDateTime } from "@web/core/l10n/dates";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";

/** As many as the list under the bell shows. */
const LIMIT = 12;

/**
 * The user's own notices, live: the server tells of each new one by the bus, nothing is polled.
 */
export class NoticeBell extends Component {
    static template = "scrm_base.NoticeBell";
    static components = { Dropdown };
    static props = {};

    setup() {
        this.action = useService("action");
        this.bus = useService("bus_service");
        this.notification = useService("notification");
        this.orm = useService("orm");
        this.dropdown = useDropdownState();
        this.state = useState({ unread: 0, notices: [] });
        const onNotice = (notice) => this.onNotice(notice);
        const onRead = ({ ids }) => this.onRead(ids);
        const onReconnect = () => this.load();
        this.bus.subscribe("scrm_base.notice", onNotice);
        this.bus.subscribe("scrm_base.notice_read", onRead);
        // What was sent while the connection was lost is read at once when it is back.
        this.bus.addEventListener("BUS:RECONNECT", onReconnect);
        onWillDestroy(() => {
            this.bus.unsubscribe("scrm_base.notice", onNotice);
            this.bus.unsubscribe("scrm_base.notice_read", onRead);
            this.bus.removeEventListener("BUS:RECONNECT", onReconnect);
        });
        onWillStart(() => this.load());
    }

    async load() {
        Object.assign(
            this.state,
            await this.orm.silent.call("scrm.outbox", "get_bell", [], { limit: LIMIT })
        );
    }

    formatWhen(notice) {
        return formatDateTime(deserializeDateTime(notice.written_at));
    }

    onNotice(notice) {
        if (this.state.notices.some((known) => known.id === notice.id)) {
            return;
        }
        this.state.notices = [notice, ...this.state.notices].slice(0, LIMIT);
        this.state.unread++;
        this.notification.add(notice.body, { title: notice.subject, type: "info" });
    }

    /** @param {number[]|false} ids rows that were read, false for all of them */
    onRead(ids) {
        if (!ids) {
            this.state.unread = 0;
        }
        for (const notice of this.state.notices) {
            if (!ids || ids.includes(notice.id)) {
                notice.is_read = true;
            }
        }
        if (ids) {
            this.state.unread = Math.max(0, this.state.unread - ids.length);
        }
    }

    async markAllRead() {
        await this.orm.call("scrm.outbox", "mark_bell_read", []);
    }

    async open(notice) {
        this.dropdown.close();
        const action = await this.orm.call("scrm.outbox", "open_bell", [notice.id]);
        if (action) {
            this.action.doAction(action);
        }
    }

    openAll() {
        this.dropdown.close();
        this.action.doAction("scrm_base.scrm_outbox_action_mine");
    }
}

registry
    .category("systray")
    .add("scrm_base.notice_bell", { Component: NoticeBell }, { sequence: 26 });
