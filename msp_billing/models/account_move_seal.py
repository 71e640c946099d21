from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from odoo.addons.account.models.account_move import BYPASS_LOCK_CHECK

from ..tools.seal_sql import CONTENT

# Lets our own code pass, for one call. A client cannot send an object.
UNSEAL = object()
SEALING_MODULES = {"account", "product", "msp_billing"}
# What payment, delivery and people's work change on a posted bill.
OPEN_FIELDS = {
    "access_token",
    "checked",
    "inalterable_hash",
    "invoice_user_id",
    "is_manually_modified",
    "is_move_sent",
    "made_sequence_gap",
    "matched_payment_ids",
    "msp_disputed",
    "payment_state",
    "preferred_payment_method_line_id",
    "qr_code_method",
    "sending_data",
}
OPEN_PREFIXES = ("message_", "activity_")
# From which state of payment to which: what *Block Payment* and its way back write.
BLOCKING = {
    ("not_paid", "blocked"),
    ("partial", "blocked"),
    ("in_payment", "blocked"),
    ("blocked", "not_paid"),
}


class AccountMove(models.Model):
    """The seal: a posted bill stays as it was posted, for everybody.

    Odoo protects the journal items of a posted invoice in its form; a client can still
    change quantities, state and amounts by RPC. Our bills and their credit notes are
    changed by payments, and by credit notes.
    """

    _inherit = "account.move"

    # === FIELDS === #
    msp_seal = fields.Char(
        string="Seal",
        readonly=True,
        copy=False,
        groups="msp_billing.group_msp_billing_sales,"
        "account.group_account_readonly,account.group_account_invoice",
        help="A digest of what the bill said when it was posted.",
    )

    # === COMPUTE METHODS === #
    def _compute_show_reset_to_draft_button(self):
        """EXTENDS account: a sealed bill shows no button that would be refused."""
        result = super()._compute_show_reset_to_draft_button()
        self._msp_sealed().show_reset_to_draft_button = False
        return result

    # === CRUD METHODS === #
    def write(self, vals):
        self._msp_refuse_change(vals)
        unblocked = self.browse()
        if vals.get("payment_state") == "not_paid":
            unblocked = self._msp_sealed()
        result = super().write(vals)
        # Whoever unblocks does not say what is paid: that is worked out.
        self.env.add_to_compute(self._fields["payment_state"], unblocked)
        return result

    def unlink(self):
        self._msp_refuse_sealed(self.env._("be deleted"))
        return super().unlink()

    # === ACTION METHODS === #
    def action_msp_extend(self, date_due, reason):
        """Give the customer more time: move the due date of posted bills.

        :param date date_due: the new due date, after the present one
        :param str reason: kept on the bill
        :raises UserError: for an earlier day, without a reason, for a bill in parts
        """
        if not (
            self.env.user.has_group("msp_billing.group_msp_billing_manager")
            or self.env.user.has_group("account.group_account_invoice")
        ):
            raise UserError(
                self.env._("Only a billing manager or an accountant can do this.")
            )
        self.check_access("read")
        date_due = fields.Date.to_date(date_due)
        for move in self:
            move._msp_check_extension(date_due, (reason or "").strip())
            before = move.invoice_date_due
            opened = move.sudo().with_context(msp_unseal=UNSEAL)
            opened.invoice_date_due = date_due
            opened._msp_term_lines().date_maturity = date_due
            move.sudo()._msp_put_seal()
            move.sudo().message_post(
                body=self.env._(
                    "%(user)s moved the due date from %(before)s to %(after)s: "
                    "%(reason)s",
                    user=self.env.user.name,
                    before=before,
                    after=date_due,
                    reason=reason.strip(),
                )
            )
        return True

    # === BUSINESS METHODS === #
    def _post(self, soft=True):
        """EXTENDS account: seal what is posted."""
        opened = self.with_context(msp_unseal=UNSEAL)
        posted = super(AccountMove, opened)._post(soft).with_env(self.env)
        posted.sudo().filtered("msp_run_id")._msp_put_seal()
        return posted

    def _msp_put_seal(self):
        """Store the digest of what these bills say now."""
        if not self.ids:
            return
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                "UPDATE account_move m SET msp_seal = content.seal "
                "FROM (%s) AS content WHERE m.id = content.id AND m.id = ANY(%s)",
                SQL(CONTENT),
                list(self.ids),
            )
        )
        self.invalidate_recordset(["msp_seal"])

    def _msp_sealed(self):
        """Return the moves of these that are posted bills of ours."""
        if self.env.context.get("msp_unseal") is UNSEAL:
            return self.browse()
        return self.filtered(lambda m: m.state == "posted" and m.sudo().msp_run_id)

    def _msp_refuse_sealed(self, what):
        sealed = self._msp_sealed()
        if sealed:
            # Who may change no invoice at all is told that.
            sealed.check_access("write")
            raise UserError(
                self.env._(
                    "%(bill)s is posted and cannot %(what)s. Void it by a credit note, "
                    "or credit the difference.",
                    bill=sealed[:1].display_name,
                    what=what,
                )
            )

    def _msp_refuse_change(self, vals):
        for move in self._msp_sealed() if vals else ():
            changed = [name for name in vals if move._msp_is_sealed_change(vals, name)]
            if changed:
                label = move._fields[changed[0]]._description_string(self.env)
                move._msp_refuse_sealed(
                    self.env._("have another %(field)s", field=label)
                )

    def _msp_is_sealed_change(self, vals, name):
        """Say whether a value would change what a posted bill says."""
        field = self._fields.get(name)
        if field is None or not self._msp_is_sealed_field(field):
            return False
        if name == "commercial_partner_id" and self._msp_bypasses():
            return False
        if name == "payment_state":
            before, after = self.payment_state, vals[name]
            return before != after and (before, after) not in BLOCKING
        if name == "inalterable_hash":
            return bool(self.inalterable_hash)
        if name in OPEN_FIELDS or name.startswith(OPEN_PREFIXES):
            return False
        return self._field_will_change(self, vals, name)

    @api.model
    def _msp_is_sealed_field(self, field):
        """Say whether a field, of a move or of a line, belongs to what is sealed."""
        stored = field.store and field.type != "one2many"
        return stored and not SEALING_MODULES.isdisjoint(field._modules)

    def _msp_bypasses(self):
        """Say whether core itself changes the owner of documents (a merge)."""
        return self.env.context.get("bypass_lock_check") is BYPASS_LOCK_CHECK

    def _msp_term_lines(self):
        """Return the receivable lines: one for each date on which a part is due."""
        return self.line_ids.filtered(lambda line: line.display_type == "payment_term")

    def _msp_check_extension(self, date_due, reason):
        self.ensure_one()
        terms = self.sudo()._msp_term_lines()
        if not self._msp_is_bill() or self.state != "posted":
            raise UserError(
                self.env._(
                    "%(bill)s is no posted bill of MSP Billing.", bill=self.display_name
                )
            )
        if len(terms) != 1:
            raise UserError(
                self.env._(
                    "%(bill)s is due in %(count)s parts; its dates stay.",
                    bill=self.display_name,
                    count=len(terms),
                )
            )
        if not date_due or date_due <= self.invoice_date_due:
            raise UserError(
                self.env._(
                    "%(bill)s is due on %(before)s. Choose a later day.",
                    bill=self.display_name,
                    before=self.invoice_date_due,
                )
            )
        if not reason:
            raise UserError(self.env._("Write a reason: why is there more time?"))
