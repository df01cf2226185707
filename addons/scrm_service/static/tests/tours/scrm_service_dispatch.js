import { registry } from "@web/core/registry";

registry.category("web_tour.tours").add("scrm_service_dispatch", {
    steps: () => [
        {
            content: "Open a new ticket",
            trigger: ".o_kanban_view .o_control_panel .o-kanban-button-new, .o-kanban-button-new",
            run: "click",
        },
        {
            content: "Say what is wrong",
            trigger: ".o_field_widget[name='name'] input",
            run: "edit Tour: no water",
        },
        {
            content: "The only template in use is chosen, save it",
            trigger: ".o_form_button_save",
            run: "click",
        },
        {
            content: "It stands on the first node; the next step is refused with a sentence",
            trigger: ".o_scrm_ticket_moves button[data-move='dispatch'], .o_scrm_ticket_moves button:contains('Dispatch')",
            run: "click",
        },
        {
            content: "The sentence names what is missing",
            trigger: ".modal:contains('Outlet'):contains('Technician') .modal-footer button",
            run: "click",
        },
        {
            content: "Choose the outlet",
            trigger: ".o_field_widget[name='site_id'] input",
            run: "edit Futian",
        },
        {
            trigger: ".ui-autocomplete a:contains('Futian')",
            run: "click",
        },
        {
            content: "Its only technician is proposed",
            trigger: ".o_field_widget[name='user_id'] input:value(/t_technician/)",
        },
        {
            content: "Dispatch: the form is saved and the ticket moves",
            trigger: ".o_scrm_ticket_moves button:contains('Dispatch')",
            run: "click",
        },
        {
            content: "The status bar stands on the new node",
            trigger: ".o_statusbar_status .o_arrow_button_current:contains('Dispatched')",
        },
    ],
});
