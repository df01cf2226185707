import { _t } from "@web/core/l10n/translation";
import { Component, onWillStart, useState } from "@odoo/owl";
import { Layout } from "@web/search/layout";
import { formatFloat } from "@web/core/utils/numbers";
import { parseFloat as parseNumber } from "@web/views/fields/parsers";
import { registry } from "@web/core/registry";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";
import { useService } from "@web/core/utils/hooks";

/** A tier as a table: rules in rows, the edges of their brackets in columns, values to edit. */
export class TierMatrix extends Component {
    static template = "scrm_settlement.TierMatrix";
    static components = { Layout };
    static props = { ...standardActionServiceProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.notification = useService("notification");
        this.display = { controlPanel: {} };
        this.state = useState({ tiers: [], tier: false, edges: [], rows: [], newEdge: "" });
        this.added = [];
        onWillStart(() => this.load(this.props.action.context?.tier_id || false));
    }

    async load(tierId) {
        const matrix = await this.orm.call("scrm.settlement.tier", "get_matrix", [], {
            tier_id: tierId,
        });
        // Columns that were added and hold no value yet stay.
        this.added = this.added.filter((edge) => !matrix.edges.includes(edge));
        Object.assign(this.state, matrix, { edges: this.sortEdges(matrix.edges, this.added) });
    }

    onTierChange(ev) {
        this.added = [];
        return this.load(Number(ev.target.value));
    }

    sortEdges(...edges) {
        return edges.flat().sort((a, b) => a - b);
    }

    format(value) {
        return formatFloat(value, { digits: [16, 6], minDigits: 0, trailingZeros: false });
    }

    label(index) {
        const from = this.format(this.state.edges[index]);
        const next = this.state.edges[index + 1];
        return next === undefined
            ? _t("%s and more", from)
            : _t("%(from)s to below %(to)s", { from, to: this.format(next) });
    }

    cell(row, edge) {
        // What is typed while another cell is saved is not written over.
        if (this.typing?.row === row.id && this.typing.edge === edge) {
            return this.typing.text;
        }
        const cell = row.cells.find((cell) => cell.edge === edge);
        return cell ? this.format(cell.value) : "";
    }

    onInput(row, edge, ev) {
        this.typing = { row: row.id, edge, text: ev.target.value };
    }

    async onChange(row, edge, ev) {
        this.typing = null;
        const text = ev.target.value.trim();
        let value = false;
        try {
            value = text === "" ? false : parseNumber(text);
        } catch {
            this.notification.add(_t("“%s” is not a number.", text), { type: "danger" });
            ev.target.value = this.cell(row, edge);
            return;
        }
        try {
            await this.orm.call("scrm.settlement.rule", "set_matrix_cell", [row.id, edge, value]);
        } finally {
            await this.load(this.state.tier);
        }
    }

    addEdge() {
        let edge;
        try {
            edge = parseNumber(this.state.newEdge);
        } catch {
            edge = -1;
        }
        if (!(edge > 0)) {
            this.notification.add(_t("Enter where the new bracket begins, a number above 0."), {
                type: "warning",
            });
        } else if (!this.state.edges.includes(edge)) {
            this.added.push(edge);
            this.state.edges = this.sortEdges(this.state.edges, edge);
        }
        this.state.newEdge = "";
    }

    openRule(row) {
        this.action.doAction({
            type: "ir.actions.act_window",
            res_model: "scrm.settlement.rule",
            res_id: row.id,
            views: [[false, "form"]],
        });
    }
}

registry.category("actions").add("scrm_settlement_tier_matrix", TierMatrix);
