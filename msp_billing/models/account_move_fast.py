from odoo import api, models

from ..tools.fast_path import complete, is_fast, same_companies, with_defaults

FORMATS = "msp_billing.sequence_formats"


class AccountMove(models.Model):
    """Exact shortcuts for the many bills of a batch.

    Each leads to what core would find, and leaves the work to core on any doubt. They
    are open to a bill run alone: what marks it in the context cannot be sent.
    """

    _inherit = "account.move"

    # === CRUD METHODS === #
    @api.model
    def _add_precomputed_values(self, vals_list):
        """EXTENDS base: a bill gives nearly all of these values; give the rest too."""
        if is_fast(self.env):
            complete(self, vals_list, self._msp_final_values)
        return super()._add_precomputed_values(vals_list)

    @api.model
    def _add_missing_default_values(self, values):
        """EXTENDS base: ask for the defaults of a batch once."""
        ask = super()._add_missing_default_values
        return with_defaults(self, values, ask) if is_fast(self.env) else ask(values)

    # === BUSINESS METHODS === #
    @api.model
    def _msp_final_values(self, vals):
        """Return what core would compute for the draft of a customer's invoice."""
        day = vals.get("invoice_date")
        if not day or vals.get("move_type") not in ("out_invoice", "out_refund"):
            return None
        return {"date": day, "delivery_date": False, "taxable_supply_date": False}

    def _check_company(self, fnames=None):
        """EXTENDS base: ask once for all bills of a batch."""
        if is_fast(self.env) and same_companies(self, fnames):
            return
        super()._check_company(fnames)

    def _get_next_sequence_format(self):
        """EXTENDS account: look for the format of a number once per transaction.

        Once core holds the lock on a sequence it counts on by itself and reads only
        the format. Without the lock, the number must be looked up.
        """
        self.ensure_one()
        if not is_fast(self.env) or self.journal_id.is_self_billing:
            return super()._get_next_sequence_format()
        known = self.env.cr.precommit.data.setdefault(FORMATS, {})
        key = (self.journal_id.id, self.company_id.id, self.date, self.move_type)
        if key in known:
            format_string, values = known[key]
            index = self._sequence_index and self[self._sequence_index]
            sequence = format_string.format(**{**values, "seq": 0})
            if (sequence, index) in self._get_sequence_cache():
                return format_string, dict(values)
        format_string, values = super()._get_next_sequence_format()
        known[key] = (format_string, dict(values))
        return format_string, values
