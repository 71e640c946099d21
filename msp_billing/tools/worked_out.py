"""What a client wants to put into fields that only our own code fills."""


def wanted(model, vals, names):
    """Return what values, or the defaults in the context, would put into fields.

    :param model: a recordset of the model that is created or written
    :param dict vals: as they are given to ``create`` or ``write``
    :param names: the fields that only our own code fills
    :rtype: dict
    """
    context = model.env.context
    defaults = {
        name: context[f"default_{name}"]
        for name in names
        if f"default_{name}" in context
    }
    return defaults | {name: vals[name] for name in names if name in vals}


def is_ours(env):
    """Say whether our own code works: as superuser, or as the bot."""
    return env.su or env.user.has_group("msp_billing.group_msp_billing_bot")
