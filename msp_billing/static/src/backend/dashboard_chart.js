import {Component, onWillStart, useEffect, useRef, useState} from "@odoo/owl";
import {getColor, getCustomColor} from "@web/core/colors/colors";
import {_t} from "@web/core/l10n/translation";
import {cookie} from "@web/core/browser/cookie";
import {formatInteger, formatMonetary} from "@web/views/fields/formatters";
import {loadBundle} from "@web/core/assets";

const scheme = cookie.get("color_scheme");
const GRID = getCustomColor(scheme, "rgba(0,0,0,.1)", "rgba(255,255,255,.15)");
const TEXT = getCustomColor(scheme, "#111827", "#E4E4E4");

/**
 * A graph with the table of its figures.
 *
 * Whoever does not see the graph, or wants to read the numbers, gets the table: each of
 * its rows leads to the list behind it, as each bar does.
 */
export class DashboardChart extends Component {
    static template = "msp_billing.DashboardChart";
    static props = {
        title: String,
        labels: Array,
        // {label, data, color?}: bars on each other.
        series: Array,
        currencyId: {optional: true},
        // Called with the number of the label that was chosen.
        open: Function,
        slots: {type: Object, optional: true},
    };

    setup() {
        this.canvas = useRef("canvas");
        this.state = useState({table: false});
        onWillStart(() => loadBundle("web.chartjs_lib"));
        useEffect(
            () => {
                const chart = this.canvas.el && this.draw();
                return () => chart && chart.destroy();
            },
            () => [this.canvas.el, this.props.labels, this.props.series]
        );
    }

    toggle() {
        this.state.table = !this.state.table;
    }

    get summary() {
        return _t(
            "%(title)s, as a graph. The button Show as Table gives the figures.",
            {title: this.props.title}
        );
    }

    format(value) {
        return this.props.currencyId
            ? formatMonetary(value, {currencyId: this.props.currencyId})
            : formatInteger(value);
    }

    color(own, number) {
        const size = Math.max(this.props.series.length, 6);
        return getColor(own.color ?? number, scheme, size);
    }

    dataset(own, number) {
        return {
            label: own.label,
            data: own.data,
            backgroundColor: this.color(own, number),
            maxBarThickness: 36,
        };
    }

    scales() {
        const short = {humanReadable: true, currencyId: this.props.currencyId};
        const callback = (value) =>
            this.props.currencyId
                ? formatMonetary(value, short)
                : formatInteger(value, short);
        const ticks = {color: TEXT, maxTicksLimit: 6, callback};
        return {
            x: {stacked: true, ticks: {color: TEXT}, grid: {display: false}},
            y: {stacked: true, ticks, grid: {color: GRID}, beginAtZero: true},
        };
    }

    draw() {
        // eslint-disable-next-line no-undef
        return new Chart(this.canvas.el, {
            type: "bar",
            data: {
                labels: this.props.labels,
                datasets: this.props.series.map((own, number) =>
                    this.dataset(own, number)
                ),
            },
            options: {
                animation: false,
                maintainAspectRatio: false,
                interaction: {mode: "index", intersect: false},
                onClick: (_event, found) =>
                    found.length && this.props.open(found[0].index),
                onHover: (event, found) => {
                    event.native.target.style.cursor = found.length ? "pointer" : "";
                },
                plugins: {
                    legend: {
                        display: this.props.series.length > 1,
                        position: "bottom",
                        labels: {color: TEXT, boxWidth: 12},
                    },
                    tooltip: {
                        callbacks: {
                            label: (item) =>
                                `${item.dataset.label}: ${this.format(item.raw)}`,
                        },
                    },
                },
                scales: this.scales(),
            },
        });
    }
}
