import {registry} from "@web/core/registry";
import {screen} from "./steps";
import {stepUtils} from "@web_tour/tour_utils";

registry.category("web_tour.tours").add("msp_billing_dashboard", {
    steps: () => [
        ...stepUtils.goToAppSteps("msp_billing.msp_billing_menu_root", "Open the app"),
        screen("Dashboard"),
        {
            content: "Two computers of 12.50 are billed each month",
            trigger: `.o_msp_tile[data-tile="mrr"]:contains(25.00)`,
        },
        {
            content: "The graph is drawn",
            trigger: ".o_msp_dashboard canvas",
        },
        {
            content: "Read the figures of the graph",
            trigger: ".o_msp_cards section:first button:contains(Show as Table)",
            run: "click",
        },
        {
            content: "The table has them",
            trigger: ".o_msp_cards section:first td:contains(25.00)",
        },
        {
            content: "Open the overdue bills",
            trigger: `.o_msp_dashboard a[data-state="overdue"]`,
            run: "click",
        },
        screen("Overdue"),
        {
            content: "There is the bill",
            trigger: ".o_data_row:contains(Acme Ltd)",
        },
        {
            content: "Go back",
            trigger: ".o_breadcrumb a:contains(Dashboard), .o_back_button",
            run: "click",
        },
        screen("Dashboard"),
        {
            content: "Open the recurring revenue",
            trigger: `.o_msp_tile[data-tile="mrr"]`,
            run: "click",
        },
        screen("Recurring Revenue,"),
        {
            content: "By customer",
            trigger: ".o_pivot :contains(Acme Ltd)",
        },
    ],
});
