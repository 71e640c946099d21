import logging

from odoo.tools import SQL

_logger = logging.getLogger(__name__)

# The owner of what stays when the add-on is uninstalled: the bot and the product.
KEPT = "__msp_billing__"
# In the order in which their rows can go: what refers to others comes first.
TABLES = (
    "msp_delivery",
    "msp_charge_computer",
    "msp_charge",
    "msp_bill_run_issue",
    "msp_bill_run_batch",
    "msp_billing_cycle",
    "msp_extra_charge",
    "msp_subscription_price_override",
    "msp_subscription",
    "msp_service_plan_price_tier",
    "msp_service_plan_price",
    "msp_service_plan",
    "msp_count_reading",
    "msp_computer_period",
    "msp_computer",
    "msp_source_request",
    "msp_source_sync",
    "msp_source_customer",
    "msp_source",
)


def pre_init_hook(env):
    """Create ``btree_gist``, and take over what an earlier installation left.

    On the extension the constraints against overlaps rest. Without it Odoo would
    only log a line and install the add-on with nothing in the database that forbids
    billing a day twice.
    """
    env.cr.execute(SQL("CREATE EXTENSION IF NOT EXISTS btree_gist"))
    _rename_kept(env, KEPT, "msp_billing")


def post_init_hook(env):
    """Check the constraints, and let the bot work in every company."""
    missing = env["msp.billing.cycle"]._missing_constraints()
    if missing:
        raise RuntimeError(
            "The database did not accept these constraints: "
            f"{', '.join(missing)}. Create the extension btree_gist in it "
            "and install MSP Billing again."
        )
    # A user who never signed in is listed as a pending invitation.
    bot = env.ref("msp_billing.user_bot")
    env["res.users.log"].with_user(bot).sudo().create({})
    companies = env["res.company"].search([])
    companies._msp_let_bot_in()
    companies.filtered(lambda c: not c.msp_product_id).msp_product_id = env.ref(
        "msp_billing.product_managed_computer"
    )


def uninstall_hook(env):
    """Delete our rows in order, so that posted invoices and their users stay.

    The bot stays as an archived user: it is the author of posted invoices. So do the
    agents of sources, without their keys.
    Products and customers stay too.
    """
    sources = env["msp.source"].with_context(active_test=False).search([])
    sources.agent_user_id._msp_retire()
    env.cr.execute("UPDATE msp_service_plan_price SET replaces_id = NULL")
    for table in TABLES:
        env.cr.execute(SQL("DELETE FROM %s", SQL.identifier(table)))
    env.invalidate_all()
    bot = env.ref("msp_billing.user_bot", raise_if_not_found=False)
    if bot:
        bot.active = False
    env["ir.config_parameter"].search(
        [("key", "=", "msp_billing.delivery_database")]
    ).unlink()
    # What is not the module's is not deleted with it, and known again afterwards.
    _rename_kept(env, "msp_billing", KEPT)
    _logger.info("MSP Billing left its posted invoices and its products in place.")


def _rename_kept(env, old, new):
    """Give the records that outlive an uninstallation another owner."""
    env.cr.execute(
        SQL(
            "UPDATE ir_model_data SET module = %s WHERE module = %s AND model IN "
            "('res.users', 'res.partner', 'product.product', 'product.template')",
            new,
            old,
        )
    )
    env.registry.clear_cache()
