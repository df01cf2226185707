import { Component, onWillStart, onWillUpdateProps, useState } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

/**
 * "Why is this one customer?": the chain of evidence between two of its handles, and where what
 * is shown of the customer comes from.
 */
export class EvidencePath extends Component {
    static template = "scrm_base.EvidencePath";
    static props = { ...standardWidgetProps };

    setup() {
        this.orm = useService("orm");
        this.state = useState({ left: false, right: false, steps: [] });
        onWillStart(() => this.start(this.props.record));
        onWillUpdateProps((next) => this.start(next.record));
    }

    getHandles(record) {
        return record.data.identity_ids.records.map(({ resId, data }) => ({
            id: resId,
            name: data.display_value,
            type: record.data.identity_ids.fields.id_type.selection.find(
                ([code]) => code === data.id_type
            )?.[1],
        }));
    }

    get handles() {
        return this.getHandles(this.props.record);
    }

    get sources() {
        return this.props.record.data.golden_sources || [];
    }

    async start(record) {
        const ids = this.getHandles(record).map((handle) => handle.id);
        this.state.left = ids.includes(this.state.left) ? this.state.left : ids[0];
        this.state.right = ids.includes(this.state.right) ? this.state.right : ids.at(-1);
        await this.load(record);
    }

    async choose(end, event) {
        this.state[end] = Number(event.target.value);
        await this.load(this.props.record);
    }

    async load(record) {
        const { left, right } = this.state;
        this.state.steps =
            record.resId && left && right && left !== right
                ? await this.orm.call("scrm.customer", "get_evidence_path", [
                      [record.resId],
                      left,
                      right,
                  ])
                : [];
    }
}

registry.category("view_widgets").add("scrm_evidence_path", {
    component: EvidencePath,
    fieldDependencies: [{ name: "golden_sources", type: "json" }],
});
