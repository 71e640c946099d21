import {Component, onWillStart, useState} from "@odoo/owl";
import {_t} from "@web/core/l10n/translation";
import {useService} from "@web/core/utils/hooks";
import {user} from "@web/core/user";

const MANAGER = "msp_billing.group_msp_billing_manager";

/** What a manager does first in a new company, until it is done or hidden. */
export class FirstSteps extends Component {
    static template = "msp_billing.FirstSteps";
    static props = {};

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.steps = useState([]);
        onWillStart(async () => {
            if (await user.hasGroup(MANAGER)) {
                this.steps.push(
                    ...(await this.orm.call("msp.service.plan", "get_first_steps", []))
                );
            }
        });
    }

    get progress() {
        const done = this.steps.filter((step) => step.done).length;
        return _t("%(done)s of %(all)s done", {done, all: this.steps.length});
    }

    sign(step) {
        return step.done
            ? {icon: "fa-check-circle text-success", label: _t("Done")}
            : {icon: "fa-circle-o text-muted", label: _t("Not done yet")};
    }

    /** The first open step that the user can take is the one to take now. */
    get next() {
        return this.steps.find((step) => !step.done && step.action)?.name;
    }

    async hide() {
        await this.orm.call("msp.service.plan", "action_hide_first_steps", []);
        this.steps.splice(0);
    }
}
