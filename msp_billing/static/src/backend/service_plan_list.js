import {FirstSteps} from "./first_steps";
import {listView} from "@web/views/list/list_view";
import {ListController} from "@web/views/list/list_controller";
import {registry} from "@web/core/registry";

/** The list of service plans: its button says what it adds, above it the first steps. */
export class ServicePlanListController extends ListController {
    static template = "msp_billing.ServicePlanListView";
    static components = {...ListController.components, FirstSteps};
}

registry.category("views").add("msp_service_plan_list", {
    ...listView,
    Controller: ServicePlanListController,
});
