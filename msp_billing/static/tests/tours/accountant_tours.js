import {button, choose, openMenu, screen, write} from "./steps";
import {registry} from "@web/core/registry";

const tours = registry.category("web_tour.tours");

/** Open a bill of a list by its customer. */
function open(customer, number) {
    return [
        {
            content: "Open the bill",
            trigger: `.o_data_row .o_data_cell:contains(${customer})`,
            run: "click",
        },
        screen(number),
    ];
}

tours.add("msp_billing_register_payment", {
    steps: () => [
        ...openMenu("msp_customers_menu", "msp_bill_unpaid_menu", "Unpaid Bills"),
        ...open("Acme Ltd", "INV/2026/00001"),
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

tours.add("msp_billing_send_and_credit", {
    steps: () => [
        ...openMenu("msp_customers_menu", "msp_bill_unpaid_menu", "Unpaid Bills"),
        ...open("Beta Ltd", "INV/2026/00002"),
        button("action_msp_open_in_accounting"),
        button("action_invoice_sent", ".o_statusbar_buttons"),
        {
            content: "It goes to the customer, with the bill as it was",
            trigger: ".modal .o_tag:contains(Beta Ltd)",
        },
        button("action_send_and_print", ".modal"),
        {
            content: "The mail stands in the discussion",
            trigger: ".o-mail-Chatter .o-mail-Message:contains(INV/2026/00002)",
        },
        button("action_reverse", ".o_statusbar_buttons"),
        write("reason", "SRV-2 was scrapped", ".modal"),
        button("refund_moves", ".modal"),
        screen("Draft Credit Note"),
        button("action_post", ".o_statusbar_buttons"),
        screen("RINV/2026/00001"),
        {
            content: "It has the line of the bill",
            trigger: `.o_field_widget[name="invoice_line_ids"] .o_data_row:contains(12.50)`,
        },
        ...openMenu("msp_customers_menu", "msp_bill_menu", "Bills"),
        {
            content: "The list has the bill as credited",
            trigger: ".o_data_row:contains(INV/2026/00002):contains(Reversed)",
        },
        {
            content: "and the credit note",
            trigger: ".o_data_row:contains(RINV/2026/00001)",
        },
    ],
});

tours.add("msp_billing_download_consolidated", {
    steps: () => [
        ...openMenu("msp_customers_menu", "msp_consolidated_bill_menu"),
        {
            content: "This month has no bills",
            trigger: `.modal .o_field_widget[name="bill_count"]:contains(0)`,
        },
        {
            content: "Open the days",
            trigger: `.modal .o_field_widget[name="date_from"] button:first`,
            run: "click",
        },
        {
            content: "Begin in February",
            trigger: `.modal .o_field_widget[name="date_from"] input[data-field="date_from"]`,
            run: "edit 02/01/2026 && press Enter",
        },
        {
            content: "Both bills are found",
            trigger: `.modal .o_field_widget[name="bill_count"]:contains(2)`,
        },
        ...choose("partner_ids", "Beta Ltd", ".modal"),
        {
            content: "and one of the customer",
            trigger: `.modal .o_field_widget[name="bill_count"]:contains(1)`,
        },
        button("action_download", ".modal"),
        {
            content: "Then the dialog can be closed",
            trigger: `.modal:has(button[name="action_download"]:enabled) button:contains(Discard)`,
            run: "click",
        },
        {
            content: "It is closed",
            trigger: "body:not(:has(.modal))",
        },
    ],
});
