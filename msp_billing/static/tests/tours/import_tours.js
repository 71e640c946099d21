import {button, choose, screen, state} from "./steps";
import {registry} from "@web/core/registry";

const unknown = `.o_field_widget[name="unknown_ids"]`;

registry.category("web_tour.tours").add("msp_billing_import_csv", {
    steps: () => [
        state("File"),
        button("action_read"),
        state("Columns and Customers"),
        {
            content: "The key's column is proposed, with an example",
            trigger: `.o_field_widget[name="column_key_id"] input:value("Device ID, e.g. D-1")`,
        },
        button("action_preview"),
        {
            content: "Who is not known has to be decided",
            trigger: `.alert-danger:contains("Acme Ltd, Beta Ltd, Lab")`,
        },
        button("action_use_proposals"),
        {
            content: "The customer of the same name was taken",
            trigger: `${unknown} .o_data_row:contains("Beta Ltd") td[name="partner_id"]:contains("Beta Ltd")`,
        },
        {
            content: "Skip the laboratory",
            trigger: `${unknown} .o_data_row:contains("Lab") td[name="skip"] input`,
            run: "click",
        },
        {
            content: "Choose what a laptop is",
            trigger: `.o_field_widget[name="type_ids"] .o_data_row:contains("Laptop") td[name="type_id"]`,
            run: "click",
        },
        ...choose("type_id", "Workstation", `.o_field_widget[name="type_ids"]`),
        button("action_preview"),
        state("Preview"),
        {
            content: "The preview counts",
            trigger: `button[name="action_view_computers"]:contains("3"):contains("Added")`,
        },
        {
            content: "and says who is skipped",
            trigger: `.alert-info:contains("Skipped: Lab")`,
        },
        {
            content: "Open the rejected lines",
            trigger: ".o_notebook .nav-link:contains(Rejected Lines)",
            run: "click",
        },
        {
            content: "They say what is wrong",
            trigger: `.o_field_widget[name="rejected_ids"] .o_data_row:contains("type toaster of computer D-4")`,
        },
        {
            content: "Look at the single computers",
            trigger: `button[name="action_view_computers"]:contains("Added")`,
            run: "click",
        },
        screen("What Happens to the Computers"),
        {
            content: "A computer of the file",
            trigger: `.o_data_row:contains("D-3"):contains("Beta Ltd")`,
        },
        {
            content: "Go back to the preview",
            trigger: ".o_back_button, .breadcrumb-item a:last",
            run: "click",
        },
        state("Preview"),
        {
            content: "Import the rest",
            trigger: `button[name="action_import"]:contains("Import the Rest"):enabled`,
            run: "click",
        },
        state("Imported"),
        button("action_view_syncs"),
        screen("Data Deliveries"),
        {
            content: "What came in is in the log",
            trigger: `.o_data_row:contains("Acme Ltd"):contains("Applied")`,
        },
    ],
});
