import {button, openMenu, screen, state, write, writeDate} from "./steps";
import {registry} from "@web/core/registry";
import {stepUtils} from "@web_tour/tour_utils";

const tours = registry.category("web_tour.tours");

tours.add("msp_billing_add_service_plan", {
    steps: () => [
        ...openMenu("msp_customers_menu", "msp_service_plan_menu", "Service Plans"),
        {
            content: "Customers > Billing > Service Plans has an own button",
            trigger: ".o_list_button_add:contains(Add Service Plan)",
            run: "click",
        },
        write("name", "Workstation Care"),
        write("cost_per_computer", "12.50"),
        ...stepUtils.saveForm(),
        {
            content: "The price is in the list of prices",
            trigger: `.o_field_widget[name="price_ids"] .o_data_row:contains(12.50)`,
        },
        {
            content: "Go back to the list",
            trigger: ".o_back_button",
            run: "click",
        },
        {
            content: "The plan is in the list, with its price",
            trigger: ".o_data_row:contains(Workstation Care):contains(12.50)",
        },
    ],
});

tours.add("msp_billing_change_prices", {
    steps: () => [
        ...openMenu("msp_customers_menu", "msp_service_plan_menu", "Service Plans"),
        {
            content: "Choose the plan",
            trigger: `.o_data_row:contains(Workstation Care) .o_list_record_selector input`,
            run: "click",
        },
        {
            content: "Open the actions",
            trigger: ".o_cp_action_menus button:contains(Actions)",
            run: "click",
        },
        {
            content: "Change its prices",
            trigger: ".o-dropdown--menu .o-dropdown-item:contains(Change Prices)",
            run: "click",
        },
        {
            content: "The chosen plan is proposed",
            trigger: ".modal .o_tag:contains(Workstation Care)",
        },
        ...writeDate("date", "01/01/2100", ".modal"),
        write("value", "5", ".modal"),
        {
            content: "Round to five cents",
            trigger: `.modal .o_field_widget[name="rounding"] input`,
            run: "click",
        },
        {
            content: "Choose 0.05",
            trigger: ".o_select_menu_item:contains(0.05)",
            run: "click",
        },
        button("action_preview", ".modal"),
        {
            content: "The preview has the price before and after",
            trigger: `.modal .o_field_widget[name="line_ids"] .o_data_row:contains(12.50):contains(13.15)`,
        },
        {
            content: "Show the customers",
            trigger: ".modal .o_notebook .nav-link:contains(Customers)",
            run: "click",
        },
        {
            content: "and the customer's next cycle: two computers",
            trigger: `.modal .o_field_widget[name="effect_ids"] .o_data_row:contains(Acme Ltd):contains(25.00):contains(26.30)`,
        },
        button("action_apply", ".modal"),
        screen("New Prices"),
        {
            content: "The new price is shown",
            trigger: ".o_data_row:contains(Workstation Care):contains(13.15)",
        },
    ],
});

tours.add("msp_billing_start_bill_run", {
    steps: () => [
        ...openMenu("msp_customers_menu", "msp_bill_run_menu", "Bill Runs"),
        {
            content: "Make a new run",
            trigger: ".o_list_button_add",
            run: "click",
        },
        ...writeDate("date", "02/01/2026"),
        button("action_preview"),
        state("Previewed"),
        {
            content: "The preview shows what would be billed",
            trigger: `.o_field_widget[name="cycle_ids"] .o_data_row:contains(Acme Ltd):contains(25.00)`,
        },
        {
            content: "and its sum",
            trigger: `.o_field_widget[name="amount_untaxed"]:contains(25.00)`,
        },
        button("action_start"),
        {
            content: "Confirm",
            trigger: ".modal .modal-footer .btn-primary",
            run: "click",
        },
        state("Running"),
        {
            content: "The form shows how far the run is, and what it waits for",
            trigger: `.o_msp_bill_run_progress:contains(0 of 1 subscriptions):contains(Waiting for the scheduled action)`,
        },
    ],
});

tours.add("msp_billing_watch_bill_run", {
    steps: () => [
        ...openMenu("msp_customers_menu", "msp_bill_run_menu", "Bill Runs"),
        {
            content: "Open the run",
            trigger: ".o_data_row .o_data_cell:contains(Bill run of)",
            run: "click",
        },
        state("Running"),
        {
            content: "Nothing is billed yet",
            trigger: ".o_msp_bill_run_progress:contains(0 of 2 subscriptions)",
        },
        {
            content: "Without a click it shows the first bill",
            trigger: `.o_msp_bill_run_progress:contains(1 of 2 subscriptions):contains(50%) [data-figure="bills"]:contains(1)`,
        },
        button("action_pause"),
        state("Paused"),
        {
            content: "Paused, the bar stays",
            trigger: `.o_msp_bill_run_progress[data-state="paused"] .progress-bar.bg-warning`,
        },
        button("action_resume"),
        {
            content: "At the end the form shows by itself that the run is done",
            trigger: `.o_statusbar_status .o_arrow_button_current:contains("Done")`,
        },
        {
            content: "and its bills",
            trigger: `.oe_stat_button[name="action_view_bills"]:contains(2)`,
        },
        {
            content: "The bar is gone, and with it the questions to the server",
            trigger: ".o_form_view:not(:has(.o_msp_bill_run_progress))",
        },
    ],
});

tours.add("msp_billing_see_bills", {
    steps: () => [
        ...openMenu("msp_customers_menu", "msp_bill_run_menu", "Bill Runs"),
        {
            content: "Open the run that is done",
            trigger: ".o_data_row:contains(Done) .o_data_cell:first",
            run: "click",
        },
        state("Done"),
        button("action_view_bills"),
        screen("Bills"),
        {
            content: "Open the bill",
            trigger: ".o_data_row:contains(Acme Ltd) .o_data_cell:contains(Acme Ltd)",
            run: "click",
        },
        screen("INV/2026/00001"),
        {
            content: "The bill shows its amount",
            trigger: `.o_field_widget[name="amount_untaxed"]:contains(25.00)`,
        },
        {
            content: "Show what is behind it",
            trigger: ".o_notebook .nav-link:contains(Charges and Computers)",
            run: "click",
        },
        {
            content: "The plan is behind it",
            trigger: `.o_field_widget[name="msp_cycle_ids"] .o_data_row:contains(Workstation Care)`,
        },
        button("action_msp_open_cycles"),
        screen("Billing Cycles"),
        {
            content: "Its cycle is billed",
            trigger: ".o_data_row:contains(Acme Ltd):contains(Billed)",
        },
    ],
});

tours.add("msp_billing_release_and_approve", {
    steps: () => [
        ...openMenu("msp_customers_menu", "msp_bill_run_menu", "Bill Runs"),
        {
            content: "Open the run",
            trigger: ".o_data_row .o_data_cell:contains(Bill run of)",
            run: "click",
        },
        state("Waiting for Approval"),
        {
            content: "One customer's cycle is held",
            trigger: ".oe_stat_button:contains(Held):contains(1)",
            run: "click",
        },
        screen("Billing Cycles"),
        {
            content: "Choose it",
            trigger: `.o_data_row:contains(Acme Ltd) .o_list_record_selector input`,
            run: "click",
        },
        {
            content: "Release it",
            trigger: ".o_control_panel button:contains(Release)",
            run: "click",
        },
        {
            content: "The dialog says why it is held",
            trigger: ".modal .o_data_row:contains(Acme Ltd):contains(ever reported)",
        },
        write("note", "They begin with no computers", ".modal"),
        button("action_release", ".modal"),
        {
            content: "Nothing is held any more",
            trigger: "body:not(:has(.modal)) .o_list_view:not(:has(.o_data_row))",
        },
        {
            content: "Go back to the run",
            trigger: ".o_back_button",
            run: "click",
        },
        state("Waiting for Approval"),
        button("action_preview"),
        {
            content: "The preview has both customers",
            trigger: `.o_field_widget[name="cycle_ids"]:has(.o_data_row:contains(Beta Ltd)) .o_data_row:contains(Acme Ltd):contains(Due)`,
        },
        button("action_approve"),
        state("Running"),
    ],
});
