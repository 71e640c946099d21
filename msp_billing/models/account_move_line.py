from odoo import api, fields, models

# What reconciling and analytic work change on the lines of a posted bill.
OPEN_FIELDS = {"matching_number", "full_reconcile_id", "analytic_distribution"}


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    # === FIELDS === #
    msp_charge_ids = fields.One2many(
        comodel_name="msp.charge",
        inverse_name="move_line_id",
        string="Charges",
        readonly=True,
        groups="msp_billing.group_msp_billing_sales,"
        "account.group_account_readonly,account.group_account_invoice",
    )

    # === CRUD METHODS === #
    @api.model_create_multi
    def create(self, vals_list):
        """EXTENDS account: no line is added to a posted bill of ours."""
        moves = self.env["account.move"].browse(
            {vals["move_id"] for vals in vals_list if vals.get("move_id")}
        )
        moves._msp_refuse_sealed(self.env._("have more lines"))
        return super().create(vals_list)

    def write(self, vals):
        """EXTENDS account: the lines of a posted bill of ours stay."""
        self._msp_refuse_change(vals)
        return super().write(vals)

    def unlink(self):
        """EXTENDS account: no line of a posted bill of ours is deleted."""
        self.move_id._msp_refuse_sealed(self.env._("lose lines"))
        return super().unlink()

    # === BUSINESS METHODS === #
    def _msp_refuse_change(self, vals):
        if not vals:
            return
        if vals.get("move_id"):
            target = self.env["account.move"].browse(vals["move_id"])
            (target - self.move_id)._msp_refuse_sealed(self.env._("have more lines"))
        sealed = self.move_id._msp_sealed()
        for line in self if sealed else ():
            if line.move_id not in sealed:
                continue
            for name in vals:
                if line._msp_is_sealed_change(vals, name):
                    label = self._fields[name]._description_string(self.env)
                    line.move_id._msp_refuse_sealed(
                        self.env._("have another %(field)s on a line", field=label)
                    )

    def _msp_is_sealed_change(self, vals, name):
        """Say whether a value would change what a line of a posted bill says."""
        Move = self.env["account.move"]
        field = self._fields.get(name)
        if field is None or name in OPEN_FIELDS or not Move._msp_is_sealed_field(field):
            return False
        if name == "partner_id" and self.move_id._msp_bypasses():
            return False
        return Move._field_will_change(self, vals, name)
