import {listView} from "@web/views/list/list_view";
import {ListController} from "@web/views/list/list_controller";
import {registry} from "@web/core/registry";

/** The list of service plans, whose button says what it adds. */
export class ServicePlanListController extends ListController {
    static template = "msp_billing.ServicePlanListView";
}

registry.category("views").add("msp_service_plan_list", {
    ...listView,
    Controller: ServicePlanListController,
});
