import {openMenu, write} from "./steps";
import {registry} from "@web/core/registry";
import {stepUtils} from "@web_tour/tour_utils";

registry.category("web_tour.tours").add("msp_billing_first_steps", {
    steps: () => [
        ...openMenu("msp_customers_menu", "msp_service_plan_menu", "Service Plans"),
        {
            content: "Nothing is done yet, and the list says what a plan is",
            trigger: `.o_msp_first_steps:contains("0 of 5 done")`,
        },
        {
            content: "The help of the empty list is there too",
            trigger: `.o_view_nocontent:contains("Add your first service plan")`,
        },
        {
            content: "The company's address is for an administrator",
            trigger: `.o_msp_first_step[data-step="company"]:contains("administrator"):not(:has(button))`,
        },
        {
            content: "Add a plan",
            trigger: `.o_msp_first_step[data-step="plan"] button:contains("Add Service Plan")`,
            run: "click",
        },
        write("name", "Workstation Care"),
        write("cost_per_computer", "12.50"),
        ...stepUtils.saveForm(),
        {
            content: "Go back to the list",
            trigger: ".o_back_button, .breadcrumb-item a:last",
            run: "click",
        },
        {
            content: "The step has ticked itself",
            trigger: `.o_msp_first_step[data-step="plan"][data-done="1"] [aria-label="Done"]`,
        },
        {
            content: "One is done",
            trigger: `.o_msp_first_steps:contains("1 of 5 done")`,
        },
        {
            content: "The next step is the one that stands out",
            trigger: `.o_msp_first_step[data-step="customers"] button.btn-primary`,
            run: "click",
        },
        {
            content: "It opens the association, with the plan",
            trigger: `.modal .o_field_widget[name="plan_id"] input:value("Workstation Care")`,
        },
        {
            content: "Not yet",
            trigger: `.modal button:contains("Discard")`,
            run: "click",
        },
        {
            content: "Hide the steps",
            trigger: "body:not(:has(.modal)) .o_msp_first_steps_hide",
            run: "click",
        },
        {
            content: "They are gone, the list stays",
            trigger:
                "body:not(:has(.o_msp_first_steps)) .o_data_row:contains(Workstation Care)",
        },
    ],
});
