from odoo import api, models

from ..tools.fast_path import is_fast

FORMATS = "msp_billing.sequence_formats"


class AccountMove(models.Model):
    """The shortcuts of a batch, and those for the numbers of its bills."""

    _name = "account.move"
    _inherit = ["account.move", "msp.fast.path"]

    # === BUSINESS METHODS === #
    @api.model
    def _msp_final_values(self, vals):
        """OVERRIDES: what core would compute for the draft of a customer's invoice."""
        day = vals.get("invoice_date")
        if not day or vals.get("move_type") not in ("out_invoice", "out_refund"):
            return None
        return {"date": day, "delivery_date": False, "taxable_supply_date": False}

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
