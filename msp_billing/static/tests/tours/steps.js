import {stepUtils} from "@web_tour/tour_utils";

/** Open the app, then a menu of one of its sections; wait for its screen, if it has one. */
export function openMenu(section, menu, title) {
    return [
        ...stepUtils.goToAppSteps("msp_billing.msp_billing_menu_root", "Open the app"),
        {
            content: "Wait for the app",
            trigger: ".o_menu_brand:contains(MSP Billing)",
        },
        {
            content: "Open the section",
            trigger: `.o_menu_sections button[data-menu-xmlid="msp_billing.${section}"]`,
            run: "click",
        },
        {
            content: "Open the menu",
            trigger: `.o-dropdown--menu [data-menu-xmlid="msp_billing.${menu}"]`,
            run: "click",
        },
        ...(title ? [screen(title)] : []),
    ];
}

/** Wait for a screen by the title above it: what is clicked next must be on it. */
export function screen(title) {
    return {
        content: `Wait for ${title}`,
        trigger: `.o_breadcrumb .active:contains("${title}")`,
    };
}

/** Write into a field of the form, or of the dialog before it. */
export function write(field, value, within = "") {
    return {
        content: `Write ${value} into ${field}`,
        trigger: `${within} .o_field_widget[name="${field}"] input`,
        run: `edit ${value}`,
    };
}

/** Write a date, whose input appears on a click. */
export function writeDate(field, value, within = "") {
    return [
        {
            content: `Open ${field}`,
            trigger: `${within} .o_field_widget[name="${field}"] button`,
            run: "click",
        },
        {
            content: `Write ${value} into ${field}`,
            trigger: `${within} .o_field_widget[name="${field}"] input`,
            run: `edit ${value} && press Enter`,
        },
    ];
}

/** Choose a record by its name in a many2one or in tags. */
export function choose(field, name, within = "") {
    return [
        write(field, name, within),
        {
            content: `Choose ${name}`,
            trigger: `.o-autocomplete--dropdown-item:contains("${name}")`,
            run: "click",
        },
    ];
}

/** Wait until the status bar shows a state. */
export function state(label) {
    return {
        content: `Wait for ${label}`,
        trigger: `.o_statusbar_status .o_arrow_button_current:contains("${label}")`,
    };
}

/** Click a button of a form by the name of its method. */
export function button(name, within = ".o_form_view") {
    return {
        content: `Click ${name}`,
        trigger: `${within} button[name="${name}"]:enabled`,
        run: "click",
    };
}
