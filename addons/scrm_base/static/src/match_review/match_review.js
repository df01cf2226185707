import { Component, onWillStart, useExternalListener, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { Layout } from "@web/search/layout";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";

const MODEL = "scrm.match.candidate";
const METHODS = { accept: "action_accept", reject: "action_reject", unsure: "action_unsure" };
const KEYS = { a: "accept", r: "reject", u: "unsure" };

/** One pair of customers at a time, side by side: one customer, different ones, or not sure. */
export class MatchReview extends Component {
    static template = "scrm_base.MatchReview";
    static components = { Layout };
    static props = { ...standardActionServiceProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.notification = useService("notification");
        this.state = useState({ ids: [], index: 0, item: null, decided: 0, busy: false });
        this.display = { controlPanel: {} };
        useExternalListener(window, "keydown", (event) => this.onKeydown(event));
        onWillStart(() => this.restart());
    }

    get progress() {
        return _t("%(place)s of %(total)s", {
            place: this.state.index + 1,
            total: this.state.ids.length,
        });
    }

    get progressWidth() {
        return Math.round((100 * this.state.index) / Math.max(this.state.ids.length, 1));
    }

    async restart() {
        this.state.ids = await this.orm.call(MODEL, "get_queue", []);
        this.state.decided = 0;
        await this.show(0);
    }

    read(index) {
        const id = this.state.ids[index];
        return id ? this.orm.call(MODEL, "read_review", [[id]]) : Promise.resolve(null);
    }

    /** Show the pair at a place, or the next one that nobody has settled meanwhile. */
    async show(index) {
        let item = await (this.ahead?.index === index ? this.ahead.promise : this.read(index));
        while (!item && index < this.state.ids.length - 1) {
            item = await this.read(++index);
        }
        Object.assign(this.state, { index, item: item || null });
        this.lookAhead();
    }

    /** Read the next pair while this one is looked at. */
    lookAhead() {
        const index = this.state.index + 1;
        const promise = this.read(index);
        promise.catch(() => {}); // said when it is asked for
        this.ahead = { index, promise };
    }

    async decide(decision) {
        if (this.state.busy || !this.state.item) {
            return;
        }
        this.state.busy = true;
        try {
            await this.orm.call(MODEL, METHODS[decision], [[this.state.item.id]]);
            this.state.decided++;
            // What was read ahead may have the customers of before the merge.
            this.ahead = undefined;
            await this.show(this.state.index + 1);
        } finally {
            this.state.busy = false;
        }
    }

    async move(step) {
        const index = this.state.index + step;
        if (!this.state.busy && index >= 0 && index < this.state.ids.length) {
            await this.show(index);
        }
    }

    onKeydown(event) {
        const writes = event.target.closest("input, textarea, select, [contenteditable=true]");
        if (writes || event.ctrlKey || event.altKey || event.metaKey || event.repeat) {
            return;
        }
        if (document.querySelector(".modal.d-block, .o_dialog")) {
            return;
        }
        const decision = KEYS[event.key.toLowerCase()];
        const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
        if (decision || step) {
            event.preventDefault();
            decision ? this.decide(decision) : this.move(step);
        }
    }

    openCustomer(id) {
        return this.action.doAction({
            type: "ir.actions.act_window",
            res_model: "scrm.customer",
            res_id: id,
            views: [[false, "form"]],
        });
    }

    openList() {
        return this.action.doAction("scrm_base.scrm_match_candidate_action");
    }
}

registry.category("actions").add("scrm_base.match_review", MatchReview);
