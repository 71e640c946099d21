import {Component, onWillStart, useEffect, useRef, useState} from "@odoo/owl";
import {getColor, getCustomColor, hexToRGBA} from "@web/core/colors/colors";
import {_t} from "@web/core/l10n/translation";
import {cookie} from "@web/core/browser/cookie";
import {formatInteger, formatMonetary} from "@web/views/fields/formatters";
import {loadBundle} from "@web/core/assets";

const scheme = cookie.get("color_scheme");
const GRID = getCustomColor(scheme, "rgba(0,0,0,.1)", "rgba(255,255,255,.15)");
const TEXT = getCustomColor(scheme, "#111827", "#E4E4E4");
const LINE = getCustomColor(scheme, "#374151", "#E4E4E4");

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
        // {label, data, color?, line?}: bars on each other, a line above them.
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
        const color = own.line ? LINE : this.color(own, number);
        return {
            label: own.label,
            data: own.data,
            type: own.line ? "line" : "bar",
            order: own.line ? 0 : 1,
            stack: own.line ? "line" : "bars",
            yAxisID: own.line ? "total" : "y",
            backgroundColor: own.line ? hexToRGBA(color, 0.1) : color,
            borderColor: color,
            borderWidth: own.line ? 2 : 0,
            pointRadius: own.line ? 2 : 0,
            pointHitRadius: 10,
            tension: 0.2,
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
        const axis = {stacked: true, ticks, grid: {color: GRID}};
        const scales = {
            x: {stacked: true, ticks: {color: TEXT}, grid: {display: false}},
            y: axis,
        };
        if (this.props.series.some((own) => own.line)) {
            scales.total = {
                ...axis,
                stacked: false,
                beginAtZero: true,
                position: "right",
                grid: {display: false},
            };
        }
        return scales;
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
                onClick: (_event, found) => found.length && this.props.open(found[0].index),
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
