import { registry } from "@web/core/registry";
import { SelectionField, selectionField } from "@web/views/fields/selection/selection_field";

/** A selection whose empty value means something: it is shown, not only while one edits. */
export class AnySelectionField extends SelectionField {
    get string() {
        return super.string || this.props.placeholder || "";
    }
}

registry.category("fields").add("scrm_any_selection", {
    ...selectionField,
    component: AnySelectionField,
});
