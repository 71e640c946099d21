import {Component, onWillStart, useState} from "@odoo/owl";
import {DashboardChart} from "./dashboard_chart";
import {Layout} from "@web/search/layout";
import {_t} from "@web/core/l10n/translation";
import {formatFloat, formatInteger, formatMonetary} from "@web/views/fields/formatters";
import {registry} from "@web/core/registry";
import {standardActionServiceProps} from "@web/webclient/actions/action_service";
import {useService} from "@web/core/utils/hooks";
import {useSetupAction} from "@web/search/action_hook";

// Numbers of colours in Odoo's palette of six: what a movement does tells its colour.
const MOVEMENTS = {new: 2, grown: 0, shrunk: 3, lost: 1};

/** The view of the business: figures and graphs, each with the list behind it. */
export class MspDashboard extends Component {
    static template = "msp_billing.Dashboard";
    static components = {DashboardChart, Layout};
    static props = {...standardActionServiceProps};

    setup() {
        this.action = useService("action");
        this.notification = useService("notification");
        this.orm = useService("orm");
        const past = this.props.state || {};
        this.state = useState({
            months: past.months || 12,
            currency: past.currency || false,
            data: null,
            leakage: null,
            leakageFailed: false,
            busy: false,
        });
        useSetupAction({
            getLocalState: () => ({
                months: this.state.months,
                currency: this.state.currency,
            }),
        });
        onWillStart(() => this.load());
        // It looks at the whole inventory: the page does not wait for it.
        this.loadLeakage();
    }

    async load() {
        this.state.data = await this.orm.call("msp.dashboard", "get_data", [
            this.state.months,
            this.state.currency,
        ]);
        this.state.currency = this.state.data.chosen;
    }

    async loadLeakage() {
        try {
            this.state.leakage = await this.orm.silent.call(
                "msp.dashboard",
                "get_leakage",
                []
            );
        } catch (error) {
            this.state.leakageFailed = true;
            throw error;
        }
    }

    // === WHAT IS SHOWN ===
    get data() {
        return this.state.data;
    }

    get isEmpty() {
        const {recurring, bills, computers} = this.data;
        return (
            !recurring.total.some(Boolean) &&
            !recurring.pending.count &&
            !computers.total &&
            bills.every((own) => !own.count)
        );
    }

    money(value, currencyId = this.data.currency.id) {
        return formatMonetary(value, {currencyId});
    }

    number(value) {
        return formatInteger(value);
    }

    signed(value, text) {
        return value > 0 ? `+${text}` : text;
    }

    percent(value) {
        const text = formatFloat(value, {digits: [false, 1]});
        return `${this.signed(value, text)} %`;
    }

    get ratesText() {
        const {rates, left_out, today} = this.data;
        const texts = [];
        if (rates.length) {
            texts.push(
                _t(
                    "Other currencies are converted at the rates of %(day)s: %(rates)s.",
                    {day: today, rates: rates.join(", ")}
                )
            );
        }
        if (left_out.length) {
            texts.push(
                _t("Left out, because they have no rate: %(currencies)s.", {
                    currencies: left_out.join(", "),
                })
            );
        }
        return texts.join(" ");
    }

    get tiles() {
        const {recurring, computers, bills} = this.data;
        const overdue = bills.find((own) => own.key === "overdue");
        return [
            this.revenueTile(),
            {
                key: "arr",
                label: _t("Annual recurring revenue"),
                value: this.money(recurring.arr),
                note: _t("Customers: %(count)s", {
                    count: this.number(recurring.customers),
                }),
                target: recurring.open_all,
            },
            {
                key: "computers",
                label: _t("Computers under management"),
                value: this.number(computers.total),
                note: _t("%(change)s since last month", {
                    change: this.signed(
                        computers.change,
                        this.number(computers.change)
                    ),
                }),
                target: computers.open[computers.open.length - 1],
            },
            {
                key: "overdue",
                label: _t("Overdue"),
                value: this.money(overdue.open_amount),
                note: _t("Bills: %(count)s", {count: this.number(overdue.count)}),
                target: overdue.open,
            },
            ...(recurring.pending.count ? [this.pendingTile()] : []),
        ];
    }

    revenueTile() {
        const {change, percent, mrr, open_all} = this.data.recurring;
        const values = {
            change: this.signed(change, this.money(change)),
            percent: percent === false ? "" : this.percent(percent),
        };
        return {
            key: "mrr",
            label: _t("Monthly recurring revenue"),
            value: this.money(mrr),
            note:
                percent === false
                    ? _t("%(change)s since last month", values)
                    : _t("%(change)s (%(percent)s) since last month", values),
            noteClass: change < 0 ? "text-danger" : change > 0 ? "text-success" : "",
            target: open_all,
        };
    }

    pendingTile() {
        const {count, open} = this.data.recurring.pending;
        return {
            key: "pending",
            label: _t("Subscriptions not billed yet"),
            value: this.number(count),
            note: _t("They count from their first bill on."),
            target: open,
        };
    }

    get forecastText() {
        const {made, running, failed} = this.data.forecast;
        const texts = [
            made
                ? _t("As a preview would bill them, before taxes, as of %(moment)s.", {
                      moment: made,
                  })
                : _t("Not worked out yet: that happens once a day, in the background."),
        ];
        if (running) {
            texts.push(_t("It is being worked out now."));
        }
        if (failed) {
            texts.push(
                _t(
                    "Subscriptions that could not be rated: %(count)s. The preview of " +
                        "a bill run names them.",
                    {count: this.number(failed)}
                )
            );
        }
        return texts.join(" ");
    }

    get leakageText() {
        const {not_billed, currency_id} = this.state.leakage;
        return _t("Managed and not billed: %(amount)s per month.", {
            amount: this.money(not_billed, currency_id),
        });
    }

    get attention() {
        return this.data.attention.filter((own) => own.count);
    }

    get revenueSeries() {
        const {total} = this.data.recurring;
        return [{label: _t("Monthly recurring revenue"), data: total, color: 0}];
    }

    get movementSeries() {
        const {recurring} = this.data;
        const names = {
            new: _t("New"),
            grown: _t("Grown"),
            shrunk: _t("Shrunk"),
            lost: _t("Lost"),
        };
        return Object.entries(MOVEMENTS).map(([key, color]) => ({
            label: names[key],
            data: recurring[key],
            color,
        }));
    }

    get computerSeries() {
        return this.data.computers.types.map((own) => ({
            label: own.name,
            data: own.counts,
        }));
    }

    columns(rows, label) {
        return [{label, data: rows.map((own) => own.amount), color: 0}];
    }

    labels(rows) {
        return rows.map((own) => own.label);
    }

    get agedSeries() {
        return this.columns(this.data.aged, _t("Open"));
    }

    get forecastSeries() {
        return this.columns(this.data.forecast.columns, _t("Expected"));
    }

    // === WHAT PEOPLE DO ===
    async open(target) {
        const action = await this.action.loadAction(target.action);
        await this.action.doAction({
            ...action,
            name: target.name,
            display_name: target.name,
            domain: target.domain,
            context: target.context,
        });
    }

    openPlans() {
        return this.action.doAction("msp_billing.msp_service_plan_action");
    }

    async choose(key, event) {
        const value = event.target.value;
        this.state[key] = value === "false" ? false : Number(value);
        await this.load();
    }

    async refreshForecast() {
        this.state.busy = true;
        try {
            const done = await this.orm.call(
                "msp.dashboard",
                "action_refresh_forecast",
                []
            );
            if (!done) {
                this.notification.add(
                    _t(
                        "The forecast is being worked out in the background. Come " +
                            "back in some minutes."
                    ),
                    {type: "info"}
                );
            }
            await this.load();
        } finally {
            this.state.busy = false;
        }
    }
}

registry.category("actions").add("msp_billing_dashboard", MspDashboard);
