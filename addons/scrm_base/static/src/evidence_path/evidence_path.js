import { Component, useState } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { useRecordObserver } from "@web/model/relational_model/utils";
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
        this.state = useState({ handles: [], left: false, right: false, steps: [] });
        // Undoing evidence in the list below reads the same record again.
        useRecordObserver((record) => {
            void record.data.golden_sources;
            return this.start(record);
        });
    }

    async readHandles(record) {
        const [rows, types] = await Promise.all([
            this.orm.searchRead(
                "scrm.identity",
                [["customer_id", "=", record.resId]],
                ["id_type", "display_value"],
                { order: "id" }
            ),
            this.orm.call("scrm.identity", "fields_get", [["id_type"], ["selection"]]),
        ]);
        const labels = Object.fromEntries(types.id_type.selection);
        return rows.map(({ id, id_type, display_value }) => ({
            id,
            name: display_value,
            type: labels[id_type],
        }));
    }

    get sources() {
        return this.props.record.data.golden_sources || [];
    }

    async start(record) {
        this.state.handles = record.resId ? await this.readHandles(record) : [];
        const ids = this.state.handles.map((handle) => handle.id);
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
