import { Component, onMounted, onWillUpdateProps, useState } from "@odoo/owl";
import { deserializeDateTime, formatDateTime } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { KeepLast } from "@web/core/utils/concurrency";
import { useService } from "@web/core/utils/hooks";
import { useDebounced } from "@web/core/utils/timing";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

const { DateTime } = luxon;
const SEARCH_DELAY = 300;

/**
 * What happened with a customer, newest first: filtered by kind, searched, page by page.
 *
 * The option `customer` names the many2one of the form that leads to the customer; without it
 * the form's own record is one. What customers wrote is text, never markup.
 */
export class Timeline extends Component {
    static template = "scrm_base.Timeline";
    static props = { ...standardWidgetProps, customerField: { type: String, optional: true } };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.keepLast = new KeepLast();
        this.state = useState({
            entries: [],
            groups: [],
            wanted: [],
            text: "",
            note: "",
            hasMore: false,
            canNote: false,
            loading: true,
            saving: false,
        });
        this.search = useDebounced(() => this.load(), SEARCH_DELAY);
        onMounted(() => this.load());
        onWillUpdateProps((nextProps) => {
            if (this.getCustomerId(nextProps) !== this.customerId) {
                Object.assign(this.state, { entries: [], groups: [], wanted: [], text: "" });
                this.load(nextProps);
            }
        });
    }

    getCustomerId({ record, customerField }) {
        return (customerField ? record.data[customerField]?.id : record.resId) || false;
    }

    get customerId() {
        return this.getCustomerId(this.props);
    }

    /** The entries by day of the user's time zone: [{ key, label, entries }]. */
    get days() {
        const days = [];
        for (const entry of this.state.entries) {
            const key = entry.at.toISODate();
            if (days.at(-1)?.key !== key) {
                days.push({ key, label: this.getDayLabel(entry.at), entries: [] });
            }
            days.at(-1).entries.push(entry);
        }
        return days;
    }

    getDayLabel(at) {
        const today = DateTime.local().startOf("day");
        const date = at.toLocaleString(DateTime.DATE_HUGE);
        const age = Math.round(today.diff(at.startOf("day"), "days").days);
        if (age === 0) {
            return _t("Today, %s", date);
        }
        return age === 1 ? _t("Yesterday, %s", date) : date;
    }


    async load(props = this.props, beforeId = false) {
        const customerId = this.getCustomerId(props);
        if (!customerId) {
            this.state.loading = false;
            return;
        }
        this.state.loading = true;
        try {
            const page = await this.keepLast.add(
                this.orm.call("scrm.interaction", "read_timeline", [customerId], {
                    groups: this.state.wanted,
                    text: this.state.text.trim(),
                    before_id: beforeId,
                })
            );
            const entries = page.entries.map((entry) => {
                const at = deserializeDateTime(entry.occurred_at);
                return {
                    ...entry,
                    at,
                    exact: formatDateTime(at),
                    time: at.toLocaleString(DateTime.TIME_SIMPLE),
                    relative: at.toRelative(),
                };
            });
            this.state.entries = beforeId ? [...this.state.entries, ...entries] : entries;
            this.state.hasMore = page.has_more;
            if (!beforeId) {
                this.state.groups = page.groups;
                this.state.canNote = page.can_note;
            }
        } finally {
            this.state.loading = false;
        }
    }

    loadMore() {
        return this.load(this.props, this.state.entries.at(-1).id);
    }

    toggle(group) {
        const wanted = this.state.wanted;
        this.state.wanted = wanted.includes(group)
            ? wanted.filter((key) => key !== group)
            : [...wanted, group];
        return this.load();
    }

    showAll() {
        this.state.wanted = [];
        return this.load();
    }

    onSearch(ev) {
        this.state.text = ev.target.value;
        this.search();
    }

    async open(entry) {
        if (entry.can_open) {
            const action = await this.orm.call("scrm.interaction", "action_open_record", [
                [entry.id],
            ]);
            await this.action.doAction(action);
        }
    }

    async addNote() {
        const note = this.state.note.trim();
        if (!note || this.state.saving) {
            return;
        }
        this.state.saving = true;
        try {
            await this.orm.call("scrm.interaction", "add_note", [this.customerId, note]);
            this.state.note = "";
            await this.load();
        } finally {
            this.state.saving = false;
        }
    }
}

export const timeline = {
    component: Timeline,
    extractProps: ({ options }) => ({ customerField: options.customer }),
};

registry.category("view_widgets").add("scrm_timeline", timeline);
