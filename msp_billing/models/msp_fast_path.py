from odoo import api, models

from ..tools.fast_path import (
    complete,
    is_currency,
    is_fast,
    same_companies,
    with_defaults,
    with_one_draft,
    without_prefetch,
)

# How core reads the currency of an amount, whenever it keeps one.
UNREAD = {"prefetch_fields": False}


class MspFastPath(models.AbstractModel):
    """What the invoices and the lines of a batch have in common: exact shortcuts.

    Each leads to what core would find, and leaves the work to core on any doubt. They
    are open to a bill run alone: what marks it in the context cannot be sent.
    """

    _name = "msp.fast.path"
    _description = "Shortcuts for a batch of bills"

    # === CRUD METHODS === #
    @api.model
    @api.private
    def new(self, values=None, origin=None, ref=None):
        """EXTENDS base: core asks a draft for the currency of each amount it stores."""
        make = super().new
        if is_fast(self.env) and not (origin or ref) and is_currency(self, values):
            return with_one_draft(self, values, make)
        return make(values, origin=origin, ref=ref)

    @api.model
    def _add_precomputed_values(self, vals_list):
        """EXTENDS base: give what core would compute on a draft for each record."""
        if is_fast(self.env):
            complete(self, vals_list, self._msp_final_values)
        return super()._add_precomputed_values(vals_list)

    @api.model
    def _add_missing_default_values(self, values):
        """EXTENDS base: ask for the defaults of a batch once."""
        ask = super()._add_missing_default_values
        return with_defaults(self, values, ask) if is_fast(self.env) else ask(values)

    # === BUSINESS METHODS === #
    @api.private
    def with_context(self, ctx=None, /, **overrides):
        """EXTENDS base: keep the environment in which core reads currencies."""
        change = super().with_context
        if ctx is None and overrides == UNREAD and is_fast(self.env):
            return self.with_env(without_prefetch(self, change))
        return change(ctx, **overrides)

    @api.model
    def _msp_final_values(self, _vals):
        """Return the values that core would compute for a draft, None on any doubt."""

    def _check_company(self, fnames=None):
        """EXTENDS base: ask once for all records of a batch."""
        if is_fast(self.env) and same_companies(self, fnames):
            return
        super()._check_company(fnames)
