import {
    Component,
    onWillUnmount,
    useEffect,
    useExternalListener,
    useState,
} from "@odoo/owl";
import {ConnectionLostError} from "@web/core/network/rpc";
import {registry} from "@web/core/registry";
import {standardWidgetProps} from "@web/views/widgets/standard_widget_props";
import {useService} from "@web/core/utils/hooks";

const INTERVAL = 4000;
const INTERVAL_OFFLINE = 15000;

/**
 * How far a bill run is. It asks the server for a few counts while the run works and
 * the page is seen; it reloads the form only when the state of the run has changed and
 * nothing on the form waits to be saved.
 */
export class BillRunProgress extends Component {
    static template = "msp_billing.BillRunProgress";
    static props = {...standardWidgetProps};

    setup() {
        this.orm = useService("orm");
        this.progress = useState({data: null, stale: false});
        this.timer = null;
        this.asking = false;
        this.gone = false;
        useEffect(
            () => {
                this.ask();
            },
            () => {
                const {resId, data, dirty} = this.props.record;
                return [resId, data.state, data.previewing, dirty];
            }
        );
        useExternalListener(document, "visibilitychange", () => this.ask());
        onWillUnmount(() => {
            this.gone = true;
            clearTimeout(this.timer);
        });
    }

    get barClass() {
        const {state} = this.progress.data;
        if (state === "stopped") {
            return "bg-danger";
        }
        return state === "paused"
            ? "bg-warning"
            : "progress-bar-striped progress-bar-animated";
    }

    /** Ask how far the run is, and again later while it works. */
    async ask() {
        const {record} = this.props;
        if (this.asking || this.gone || !record.resId || document.hidden) {
            return;
        }
        clearTimeout(this.timer);
        this.asking = true;
        try {
            await this.refresh(record);
        } catch (error) {
            if (!(error instanceof ConnectionLostError)) {
                throw error;
            }
            this.askAgain(INTERVAL_OFFLINE);
        } finally {
            this.asking = false;
        }
    }

    async refresh(record) {
        const data = await this.orm.silent.call("msp.bill.run", "get_progress", [
            [record.resId],
        ]);
        if (this.gone || record !== this.props.record) {
            return;
        }
        this.progress.data = data;
        if (data.active) {
            this.askAgain(INTERVAL);
        }
        const changed =
            data.state !== record.data.state ||
            data.previewing !== record.data.previewing;
        this.progress.stale = changed && (await record.isDirty());
        if (changed && !this.progress.stale && !this.gone) {
            await record.load();
        }
    }

    askAgain(milliseconds) {
        clearTimeout(this.timer);
        if (!this.gone) {
            this.timer = setTimeout(() => this.ask(), milliseconds);
        }
    }
}

registry.category("view_widgets").add("msp_bill_run_progress", {
    component: BillRunProgress,
    fieldDependencies: [
        {name: "state", type: "selection"},
        {name: "previewing", type: "boolean"},
    ],
});
