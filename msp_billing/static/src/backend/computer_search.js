import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {user} from "@web/core/user";

const LIMIT = 12;
const READERS = [
    "msp_billing.group_msp_billing_sales",
    "account.group_account_readonly",
    "account.group_account_invoice",
];

async function mayRead() {
    for (const group of READERS) {
        if (await user.hasGroup(group)) {
            return true;
        }
    }
    return false;
}

/**
 * Ctrl+K, then ! and a part of a name, a serial number or a key of a source: the
 * computer, from wherever one is.
 */
registry.category("command_setup").add("!", {
    debounceDelay: 250,
    emptyMessage: _t("No computer has this in its name or serial number"),
    name: _t("computers"),
    placeholder: _t("Search for a computer by name or serial number"),
});

registry.category("command_provider").add("msp_billing.computers", {
    namespace: "!",
    async provide(env, {searchValue} = {}) {
        if (!searchValue?.trim() || !(await mayRead())) {
            return [];
        }
        const computers = await env.services.orm.searchRead(
            "msp.computer",
            [["display_name", "ilike", searchValue.trim()]],
            ["name", "serial", "partner_id"],
            {limit: LIMIT, context: {active_test: false}}
        );
        return computers.map(({id, name, serial, partner_id: customer}) => ({
            name: [name, serial, customer[1]].filter(Boolean).join(" · "),
            action: () =>
                env.services.action.doAction({
                    type: "ir.actions.act_window",
                    res_model: "msp.computer",
                    res_id: id,
                    views: [[false, "form"]],
                }),
        }));
    },
});
