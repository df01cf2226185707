import { Component } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

/** What may happen to the records of the rule's model: the server offers it in a field. */
export class NoticeEventField extends Component {
    static template = "scrm_base.NoticeEventField";
    static props = { ...standardFieldProps };

    get value() {
        return this.props.record.data[this.props.name] || "";
    }

    get options() {
        return this.props.record.data.event_options || [];
    }

    get label() {
        const chosen = this.options.find(([code]) => code === this.value);
        return chosen ? chosen[1] : this.value;
    }

    onChange(ev) {
        this.props.record.update({ [this.props.name]: ev.target.value || false });
    }
}

registry.category("fields").add("scrm_notice_event", {
    component: NoticeEventField,
    displayName: _t("Event of a notice rule"),
    supportedTypes: ["char"],
    fieldDependencies: [{ name: "event_options", type: "json" }],
});
