import {button, openMenu, screen} from "./steps";
import {registry} from "@web/core/registry";

registry.category("web_tour.tours").add("msp_billing_register_payment", {
    steps: () => [
        ...openMenu("msp_customers_menu", "msp_bill_unpaid_menu", "Unpaid Bills"),
        {
            content: "Open the bill",
            trigger: ".o_data_row .o_data_cell:contains(Acme Ltd)",
            run: "click",
        },
        screen("INV/2026/00001"),
        {
            content: "The bill shows its amount",
            trigger: `.o_field_widget[name="amount_untaxed"]:contains(25.00)`,
        },
        button("action_msp_open_in_accounting"),
        {
            content: "Odoo's own form shows the lines",
            trigger: `.o_field_widget[name="invoice_line_ids"] .o_data_row:contains(12.50)`,
        },
        button("action_register_payment", ".o_statusbar_buttons"),
        button("action_create_payments", ".modal"),
        {
            content: "The bill is paid",
            trigger: ".o_form_view .ribbon span:contains(Paid)",
        },
        {
            content: "and says where its computers are",
            trigger: `button[name="action_msp_open_cycles"]`,
        },
    ],
});
