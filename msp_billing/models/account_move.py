from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools.worked_out import is_ours, wanted

READERS = (
    "msp_billing.group_msp_billing_sales,"
    "account.group_account_readonly,account.group_account_invoice"
)
# By these a move is a bill of ours: no client says so.
CLAIMS = ("msp_run_id", "msp_bill_email", "msp_seal")


class AccountMove(models.Model):
    _inherit = "account.move"

    # === FIELDS === #
    msp_run_id = fields.Many2one(
        comodel_name="msp.bill.run",
        string="Bill Run",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        groups=READERS,
    )
    msp_cycle_ids = fields.One2many(
        comodel_name="msp.billing.cycle",
        inverse_name="move_id",
        string="Billing Cycles",
        readonly=True,
        groups=READERS,
    )
    msp_bill_email = fields.Char(
        string="Bill E-mail", readonly=True, copy=False, groups=READERS
    )
    msp_disputed = fields.Boolean(
        string="Disputed",
        copy=False,
        groups=READERS,
        help="A disputed bill gets no reminders.",
    )
    msp_delivery_ids = fields.One2many(
        comodel_name="msp.delivery",
        inverse_name="move_id",
        string="Deliveries",
        readonly=True,
        groups=READERS,
    )
    msp_delivery_state = fields.Selection(
        selection=lambda self: self._selection_msp_delivery_state(),
        string="Bill Sent",
        compute="_compute_msp_delivery_state",
        groups=READERS,
    )

    # === COMPUTE METHODS === #
    @api.model
    def _selection_msp_delivery_state(self):
        return (
            self.env["msp.delivery"]._fields["state"]._description_selection(self.env)
        )

    @api.depends("msp_delivery_ids.state")
    def _compute_msp_delivery_state(self):
        for move in self:
            bills = move.msp_delivery_ids.filtered(lambda d: d.kind == "bill")
            move.msp_delivery_state = bills[:1].state

    # === CRUD METHODS === #
    @api.model_create_multi
    def create(self, vals_list):
        """EXTENDS account: a run makes our bills, and a reversal their credit notes."""
        for vals in vals_list:
            claimed = wanted(self, vals, CLAIMS)
            reversed_entry = self.browse(vals.get("reversed_entry_id") or ()).sudo()
            credit = {"msp_seal": False}
            if reversed_entry:
                credit["msp_run_id"] = reversed_entry.msp_run_id.id
                credit["msp_bill_email"] = reversed_entry.msp_bill_email
            if any(
                value and credit.get(name) != value for name, value in claimed.items()
            ):
                self._msp_refuse_claim()
        return super().create(vals_list)

    def write(self, vals):
        """EXTENDS account: no client makes a move a bill of ours, or takes it away."""
        claimed = [name for name in CLAIMS if name in vals]
        if any(
            self._field_will_change(move, vals, name)
            for name in claimed
            for move in self
        ):
            self._msp_refuse_claim()
        return super().write(vals)

    @api.ondelete(at_uninstall=True)
    def _unlink_msp_frees_cycles(self):
        self._msp_free_cycles()

    def copy_data(self, default=None):
        """Refuse to duplicate a bill; a reversal by core names the reversed entry."""
        for move in self.sudo():
            if move.msp_run_id and "reversed_entry_id" not in (default or {}):
                raise UserError(
                    self.env._(
                        "%(bill)s is the bill of billing cycles and cannot be "
                        "duplicated: its computers would be billed twice.",
                        bill=move.display_name,
                    )
                )
        return super().copy_data(default)

    def button_cancel(self):
        """EXTENDS account: a cancelled draft gives its days back."""
        result = super().button_cancel()
        self._msp_free_cycles()
        return result

    # === ACTION METHODS === #
    def action_msp_open_cycles(self):
        """Show the billing cycles behind this bill."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "msp_billing.msp_billing_cycle_action"
        )
        action["domain"] = [("move_id", "=", self.id)]
        action["context"] = {}
        return action

    def action_msp_open_in_accounting(self):
        """Open the bill in Odoo's own form of an invoice."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "account.move",
            "res_id": self.id,
            "views": [(self.env.ref("account.view_move_form").id, "form")],
        }

    def action_msp_consolidated(self):
        """Open the download of the consolidated bill for these bills' customers."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "msp_billing.msp_consolidated_bill_action"
        )
        days = self.mapped("invoice_date")
        action["context"] = {
            "default_partner_ids": self.commercial_partner_id.ids,
            "default_date_from": min(days).replace(day=1) if days else False,
            "default_date_to": max(days) if days else False,
        }
        return action

    # === BUSINESS METHODS === #
    def _msp_refuse_claim(self):
        if not is_ours(self.env):
            raise UserError(
                self.env._(
                    "What belongs to a bill run is told by the run itself. Bill the "
                    "customer by a run, or make an invoice without one."
                )
            )

    @api.readonly
    def get_formview_id(self, access_uid=None):
        """EXTENDS account: people without accounting rights get our form of a bill."""
        user = self.env["res.users"].browse(access_uid) if access_uid else self.env.user
        accounting = user.has_group("account.group_account_readonly") or user.has_group(
            "account.group_account_invoice"
        )
        if not accounting and user.has_group("msp_billing.group_msp_billing_sales"):
            return self.env.ref("msp_billing.msp_bill_view_form").id
        return super().get_formview_id(access_uid)

    def _msp_open_bill(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "account.move",
            "res_id": self.id,
            "views": [(self.get_formview_id(), "form")],
        }

    def _msp_is_bill(self):
        """Say whether this is a bill of ours, or a credit note of one."""
        self.ensure_one()
        return bool(self.sudo().msp_run_id)

    def _msp_free_cycles(self):
        """Give back the days of drafts that are deleted or cancelled."""
        cycles = self.sudo().msp_cycle_ids._unfrozen()
        cycles.charge_ids.write({"move_line_id": False})
        cycles.write({"state": "due", "move_id": False})
