from odoo import models
from odoo.exceptions import UserError


class AccountMove(models.Model):
    """Voiding: the full credit note of a bill, and what becomes of its cycles."""

    _inherit = "account.move"

    # === ACTION METHODS === #
    def action_msp_void(self, bill_again, reason):
        """Post the full credit note of bills.

        :param bool bill_again: the cycles become *voided* and the next run bills them
            anew; corrections made for them are taken back. Else they stay *billed*
        :param str reason: kept on both documents
        :return: the credit notes
        :raises UserError: when it is no posted bill of ours, is credited already, or
            there is no reason
        """
        if not self.env.user.has_group("msp_billing.group_msp_billing_manager"):
            raise UserError(self.env._("Only a billing manager can void bills."))
        if not (reason or "").strip():
            raise UserError(self.env._("Write a reason: why is the bill voided?"))
        self.check_access("read")
        credits = self.browse()
        for move in self:
            move._msp_check_voidable()
            credits |= move._msp_void(bill_again, reason.strip())
        return credits

    # === BUSINESS METHODS === #
    def _reverse_moves(self, default_values_list=None, cancel=False):
        """EXTENDS account: the credit note of a bill belongs to the bill's run."""
        values_list = default_values_list or [{} for _move in self]
        for move, values in zip(self.sudo(), values_list, strict=True):
            if move.msp_run_id:
                values.setdefault("msp_run_id", move.msp_run_id.id)
                values.setdefault("msp_bill_email", move.msp_bill_email)
        return super()._reverse_moves(values_list, cancel)

    def _msp_check_voidable(self):
        self.ensure_one()
        if not self._msp_is_bill() or self.state != "posted":
            raise UserError(
                self.env._(
                    "%(bill)s is no posted bill of MSP Billing.", bill=self.display_name
                )
            )
        if self.move_type != "out_invoice":
            raise UserError(
                self.env._("%(bill)s is a credit note itself.", bill=self.display_name)
            )
        if self.sudo().reversal_move_ids.filtered(lambda m: m.state == "posted"):
            raise UserError(
                self.env._("%(bill)s is credited already.", bill=self.display_name)
            )

    def _msp_void(self, bill_again, reason):
        """Credit one bill in full, as the bot, in the bill's company."""
        run = self.sudo().msp_run_id
        move = self.with_env(run._as_bot().env).sudo()
        today = self.company_id._msp_today()
        credit = move._reverse_moves(
            [
                {
                    "date": today,
                    "invoice_date": today,
                    "ref": self.env._(
                        "Reversal of %(bill)s: %(reason)s",
                        bill=self.name,
                        reason=reason,
                    ),
                    "invoice_user_id": move.invoice_user_id.id,
                }
            ],
            cancel=True,
        )
        if bill_again:
            cycles = move.msp_cycle_ids
            cycles._unfrozen().write({"state": "voided", "reason": reason})
            cycles.subscription_id._require_correction(today)
        # Nothing that a client sent reaches the new records.
        credit.env["msp.delivery"]._enqueue_bill(credit)
        move.message_post(
            body=self.env._(
                "Voided by %(user)s with %(credit)s: %(reason)s",
                user=self.env.user.name,
                credit=credit.name,
                reason=reason,
            )
        )
        return self.browse(credit.ids)
