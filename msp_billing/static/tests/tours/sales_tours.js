import {button, choose, openMenu, state, write, writeDate} from "./steps";
import {registry} from "@web/core/registry";

/** Say that a menu is in something. */
function has(menu) {
    return `:has([data-menu-xmlid="msp_billing.${menu}"])`;
}

const NUMBERS = [1, 2, 3, 4, 5];

// The lists of the dialog look like the one behind it.
const CLOSED = {
    content: "The dialog has closed",
    trigger: "body:not(:has(.modal))",
};

registry.category("web_tour.tours").add("msp_billing_associate_customers", {
    steps: () => [
        ...openMenu("msp_customers_menu", "msp_service_plan_menu", "Service Plans"),
        {
            content: "Open the plan",
            trigger: ".o_data_row .o_data_cell:contains(Workstation Care)",
            run: "click",
        },
        button("action_open_associate"),
        ...NUMBERS.flatMap((number) => [
            ...choose("partner_ids", `Customer${number} Ltd`, ".modal"),
            {
                content: "The customer is chosen",
                trigger: `.modal .o_tag:contains("Customer${number} Ltd")`,
            },
        ]),
        {
            content: "The last customer's own address is proposed",
            trigger: `.modal .o_data_row:contains("customer5@example.com")`,
        },
        {
            content: "What the plan would cost somebody with two computers",
            trigger: `.modal .o_data_row:contains("Customer1 Ltd"):contains("25.00")`,
        },
        {
            content: "and all of them together",
            trigger: `.modal .o_list_footer:contains("25.00")`,
        },
        write("due_days", "30", ".modal"),
        button("action_associate", ".modal"),
        CLOSED,
        ...NUMBERS.map((number) => ({
            content: "The subscription is in the list",
            trigger: `.o_list_view .o_data_row:contains("Customer${number} Ltd"):contains("customer${number}@example.com")`,
        })),
        {
            content: "Open one",
            trigger: `.o_list_view .o_data_row .o_data_cell:contains("Customer1 Ltd")`,
            run: "click",
        },
        state("Active"),
        {
            content: "It counts the computers",
            trigger: `.o_form_view button[name="action_view_computers"]:contains("2")`,
        },
        {
            content: "Look what there is for sales",
            trigger: `.o_menu_sections button[data-menu-xmlid="msp_billing.msp_customers_menu"]`,
            run: "click",
        },
        {
            content: "Bills are, runs and new prices are not",
            trigger: `.o-dropdown--menu${has("msp_bill_menu")}:not(${has("msp_bill_run_menu")}):not(${has("msp_price_change_menu")})`,
        },
        {
            content: "nor are the dashboard and the configuration",
            trigger: `.o_menu_sections:not(${has("msp_dashboard_menu")}):not(${has("msp_configuration_menu")})`,
        },
    ],
});

registry.category("web_tour.tours").add("msp_billing_dissociate_customers", {
    steps: () => [
        ...openMenu("msp_customers_menu", "msp_subscription_menu", "Subscriptions"),
        ...[2, 4].map((number) => ({
            content: "Choose the subscription",
            trigger: `.o_data_row:contains("Customer${number} Ltd") .o_list_record_selector input`,
            run: "click",
        })),
        {
            content: "Open the actions",
            trigger: ".o_cp_action_menus button:contains(Actions)",
            run: "click",
        },
        {
            content: "End them",
            trigger: ".o-dropdown--menu .o-dropdown-item:contains(Dissociate)",
            run: "click",
        },
        ...[2, 4].map((number) => ({
            content: "The chosen customers are proposed",
            trigger: `.modal .o_tag:contains("Customer${number} Ltd")`,
        })),
        ...writeDate("date", "01/01/2100", ".modal"),
        button("action_dissociate", ".modal"),
        CLOSED,
        ...[2, 4].map((number) => ({
            content: "It has its end",
            trigger: `.o_list_view .o_data_row:contains("Customer${number} Ltd"):contains("2100")`,
        })),
    ],
});
