import { Component } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { ViewButton } from "@web/views/view_button/view_button";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

/**
 * One button for each step that the server offers in the field `move_buttons`.
 *
 * They are ordinary view buttons: the form is saved first, errors and the reload are the view's.
 */
export class TicketMoves extends Component {
    static template = "scrm_service.TicketMoves";
    static components = { ViewButton };
    static props = { ...standardWidgetProps };

    get moves() {
        const moves = (this.props.record.resId && this.props.record.data.move_buttons) || [];
        return moves.map((move, index) => ({
            ...move,
            rank: index === 0 && move.kind !== "cancel" ? "btn-primary" : "btn-secondary",
            clickParams: {
                type: "object",
                name: "action_move",
                args: JSON.stringify([move.id]),
            },
        }));
    }
}

registry.category("view_widgets").add("scrm_ticket_moves", {
    component: TicketMoves,
    fieldDependencies: [{ name: "move_buttons", type: "json" }],
});
