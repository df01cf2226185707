import { Component, onWillStart, onWillUpdateProps, status, useState } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { ListController } from "@web/views/list/list_controller";
import { listView } from "@web/views/list/list_view";
import { View } from "@web/views/view";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

/** A list that tells the page around it when one of its buttons changed something. */
class PageListController extends ListController {
    static props = { ...ListController.props, onChanged: { type: Function, optional: true } };

    async afterExecuteActionButton(clickParams) {
        await super.afterExecuteActionButton(clickParams);
        this.props.onChanged?.();
    }
}

registry.category("views").add("scrm_page_list", { ...listView, Controller: PageListController });

/**
 * The first rows of a list of the customer's, read when its tab is opened, with a way to all.
 *
 * The option `list` names one of the lists that the server knows (`_page_get_lists`).
 */
export class PageList extends Component {
    static template = "scrm_base.PageList";
    static components = { View };
    static props = { ...standardWidgetProps, list: String };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.state = useState({ viewProps: null, key: 0 });
        onWillStart(() => this.load(this.props));
        onWillUpdateProps(async (nextProps) => {
            if (nextProps.record.resId !== this.loadedId) {
                await this.load(nextProps);
            }
        });
    }

    async load({ record, list }) {
        this.loadedId = record.resId;
        const data = await this.orm.call("scrm.customer", "get_page_list", [[record.resId], list]);
        this.allAction = data.action;
        this.state.key++;
        this.state.viewProps = {
            type: "list",
            resModel: data.res_model,
            domain: data.domain,
            context: { active_test: false },
            views: [[data.view_id, "list"]],
            viewId: data.view_id,
            limit: data.limit,
            display: { controlPanel: false, searchPanel: false },
            allowSelectors: false,
            useSampleModel: false,
            noBreadcrumbs: true,
            noContentHelp: " ",
            selectRecord: (resId) => data.opens && this.open(data.res_model, resId),
            // A button may have led away from the page, which is gone then.
            onChanged: () => status(this) === "mounted" && record.load(),
        };
    }

    open(resModel, resId) {
        return this.action.doAction({
            type: "ir.actions.act_window",
            res_model: resModel,
            res_id: resId,
            views: [[false, "form"]],
        });
    }

    openAll() {
        return this.action.doAction(this.allAction);
    }
}

export const pageList = {
    component: PageList,
    extractProps: ({ options }) => ({ list: options.list }),
};

registry.category("view_widgets").add("scrm_list", pageList);
