"""The mark of the fast path in the context, and who would change what it cuts short."""

KEY = "msp_fast"
DEFAULTS = "msp_billing.defaults"
DRAFTS = "msp_billing.drafts"
UNREAD = "msp_billing.unread"
# What Odoo's own modules change for records of theirs alone: lines of sales and of
# purchase orders, down payments, expenses, payments of an order. A bill has none of
# these. A test compares the ledger of both ways with these modules installed.
HARMLESS = {
    "hr_expense": {
        "_compute_needed_terms",
        "_compute_partner_id",
        "_compute_totals",
        "_prepare_product_base_line_for_taxes_computation",
    },
    "purchase": {"_related_analytic_distribution"},
    "sale": {"_compute_is_storno", "_post", "_related_analytic_distribution"},
    # Or by a key of the context, and the bot's has its own keys alone.
    "sale_project": {"_compute_analytic_distribution"},
    "sale_stock": {"_compute_delivery_date"},
    # For vendor bills alone.
    "stock_account": {"_compute_account_id"},
}
# Only our own code holds this object. A client can send the key, never the object.
FAST = object()


def is_fast(env):
    """Say whether bills are made by a bill run, which allows exact shortcuts."""
    return env.context.get(KEY) is FAST


def is_changed(env, methods, known):
    """Say whether another module changes one of these methods.

    :param dict methods: names of methods by model
    :param set known: the modules whose code is known
    """
    for model, names in methods.items():
        for owner in type(env[model]).__mro__:
            module = getattr(owner, "_module", None)
            if module is None or module in known:
                continue
            if not HARMLESS.get(module, set()).issuperset(
                name for name in names if name in owner.__dict__
            ):
                return True
    return False


class _Known(dict):
    """Answers of a transaction, by environment: who copies its data starts anew."""

    def __deepcopy__(self, _memo):
        return type(self)()


def _known(model, what):
    """Return what a batch knows already of something, empty in a new transaction."""
    return model.env.cr.precommit.data.setdefault(what, _Known())


def with_defaults(model, values, ask):
    """Return values for ``create`` with the defaults of the fields that they leave out.

    The records of a batch leave out the same ones: core is asked once for them.

    :param dict values: of one record
    :param ask: core's way to complete values
    """
    known = _known(model, DEFAULTS)
    key = (model._name, model.env, frozenset(values))
    if key in known:
        return {**known[key], **values}
    complete = ask(values)
    known[key] = {name: complete[name] for name in complete.keys() - values.keys()}
    return complete


def with_one_draft(model, values, make):
    """Return a draft record that holds nothing but a currency, one for all amounts.

    Core makes one for each amount that it stores, to read the currency from it.

    :param dict values: of the draft
    :param make: core's way to make a draft
    """
    ((name, currency_id),) = values.items()
    field = model._fields[name]
    drafts = _known(model, DRAFTS)
    key = (model._name, model.env, name, currency_id)
    draft = drafts.get(key)
    # Who empties the cache takes the draft's value away.
    if draft is None or draft.id not in field._get_cache(model.env):
        draft = drafts[key] = make(values)
    return draft


def without_prefetch(model, change):
    """Return the environment that reads no other fields along, found once.

    Core looks for it among all environments whenever it keeps an amount.

    :param change: core's way to change the context
    """
    known = _known(model, UNREAD)
    env = known.get(model.env)
    if env is None:
        env = known[model.env] = change(prefetch_fields=False).env
    return env


def is_currency(model, values):
    """Say whether values for a draft are a single known currency."""
    if not values or len(values) != 1:
        return False
    ((name, value),) = values.items()
    comodel = getattr(model._fields.get(name), "comodel_name", None)
    return isinstance(value, int) and comodel == "res.currency"


def same_companies(records, fnames=None):
    """Say whether no link of these records leads to a foreign company.

    Core asks for each record and field. Here it is asked once for each company and
    field, of all linked records together: the question does not depend on which record
    of the company links them.

    :param fnames: the fields that are checked; None: all
    :return: False on any doubt
    """
    if fnames is None or {"company_id", "company_ids"} & set(fnames):
        fnames = records._fields
    checked = [records._fields[name] for name in fnames]
    checked = [field for field in checked if field.relational and field.check_company]
    if records._name == "res.company" or "company_id" not in records._fields:
        return False
    if any(field.company_dependent for field in checked):
        return False
    for company, own in records.grouped("company_id").items():
        for field in checked:
            linked = own.sudo().mapped(field.name)
            domain = linked._check_company_domain(company) if linked else None
            if domain and linked != linked.with_context(
                active_test=False
            ).filtered_domain(domain):
                return False
    return True


def complete(model, vals_list, final_values):
    """Give the precomputed fields of new records the values that core would compute.

    Core makes a draft record in memory for each, to read them from it.

    :param vals_list: values for ``create``, completed in place; left alone when the
        value of a precomputed field is not known
    :param final_values: returns such values by field name, or None; also those of
        fields that core computes later, which saves writing them
    """
    precomputed = {
        name: field for name, field in model._fields.items() if field.precompute
    }
    for vals in vals_list:
        missing = precomputed.keys() - vals.keys()
        final = final_values(vals) if missing else None
        if final is not None and missing <= final.keys():
            new = final.keys() - vals.keys()
            vals.update((name, final[name]) for name in new)
            # No inverse is called for these: nobody has chosen them.
            vals["__precomputed__"] = {model._fields[name] for name in new}
