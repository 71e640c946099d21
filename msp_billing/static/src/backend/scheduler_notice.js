import {Component, onWillStart, useState} from "@odoo/owl";
import {Dropdown} from "@web/core/dropdown/dropdown";
import {ListController} from "@web/views/list/list_controller";
import {listView} from "@web/views/list/list_view";
import {registry} from "@web/core/registry";
import {useService} from "@web/core/utils/hooks";
import {user} from "@web/core/user";

const MANAGER = "msp_billing.group_msp_billing_manager";

/** Ask once, as a manager, which scheduled actions stand still. */
function useNotices() {
    const orm = useService("orm");
    const notices = useState([]);
    onWillStart(async () => {
        if (await user.hasGroup(MANAGER)) {
            notices.push(
                ...(await orm.silent.call("msp.bill.run", "get_scheduler_notices", []))
            );
        }
    });
    return notices;
}

/** A sign in the menu bar of every screen, for managers, while something stands still. */
export class SchedulerSign extends Component {
    static template = "msp_billing.SchedulerSign";
    static components = {Dropdown};
    static props = {};

    setup() {
        this.notices = useNotices();
    }
}

registry
    .category("systray")
    .add("msp_billing.scheduler_sign", {Component: SchedulerSign}, {sequence: 30});

/** The list of bill runs, below what managers must know of the scheduled actions. */
export class BillRunListController extends ListController {
    static template = "msp_billing.BillRunListView";

    setup() {
        super.setup();
        this.notices = useNotices();
    }
}

registry.category("views").add("msp_bill_run_list", {
    ...listView,
    Controller: BillRunListController,
});
