from odoo import api, fields, models
from odoo.exceptions import UserError

from .msp_billing_cycle import UNFREEZE

# Computers named on the line of a correction; all of them are in its evidence.
NAMED = 6
KINDS = [
    ("recurring", "Recurring"),
    ("minimum", "Minimum"),
    ("adjustment", "Adjustment"),
    ("credit", "Credit"),
    ("extra", "Extra"),
]


class MspCharge(models.Model):
    _name = "msp.charge"
    _description = "Charge"
    _order = "cycle_id desc, sequence, id"
    _check_company_auto = True

    # === FIELDS === #
    cycle_id = fields.Many2one(
        comodel_name="msp.billing.cycle",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    origin_cycle_id = fields.Many2one(
        comodel_name="msp.billing.cycle",
        string="Corrects",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    company_id = fields.Many2one(
        related="cycle_id.company_id", store=True, index=True, precompute=True
    )
    currency_id = fields.Many2one(
        related="cycle_id.currency_id", store=True, precompute=True
    )
    subscription_id = fields.Many2one(
        related="cycle_id.subscription_id", store=True, index=True, precompute=True
    )
    partner_id = fields.Many2one(
        related="cycle_id.partner_id", string="Customer", store=True, precompute=True
    )
    state = fields.Selection(related="cycle_id.state")
    price_id = fields.Many2one(
        comodel_name="msp.service.plan.price",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    extra_charge_id = fields.Many2one(
        comodel_name="msp.extra.charge",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    product_id = fields.Many2one(
        comodel_name="product.product", readonly=True, ondelete="restrict"
    )
    kind = fields.Selection(selection=KINDS, required=True, readonly=True)
    sequence = fields.Integer(readonly=True)
    name = fields.Text(required=True, readonly=True, help="What the customer reads.")
    counted = fields.Float(
        digits="Product Unit", readonly=True, help="The usage that was counted."
    )
    quantity = fields.Float(digits="Product Unit", readonly=True)
    unit_price = fields.Float(
        digits=(16, 6), min_display_digits="Product Price", readonly=True
    )
    full_unit_price = fields.Float(
        digits=(16, 6),
        min_display_digits="Product Price",
        readonly=True,
        help="The price of a full cycle.",
    )
    discount = fields.Float(string="Discount (%)", digits=(5, 2), readonly=True)
    amount = fields.Monetary(readonly=True)
    computer_ids = fields.One2many(
        comodel_name="msp.charge.computer", inverse_name="charge_id", readonly=True
    )
    tier = fields.Integer(
        default=-1, readonly=True, aggregator=None, help="-1: the price has no tiers."
    )
    move_line_id = fields.Many2one(
        comodel_name="account.move.line",
        string="Bill Line",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    move_id = fields.Many2one(related="cycle_id.move_id", string="Bill")

    # === COMPUTE METHODS === #
    @api.depends("name")
    def _compute_display_name(self):
        for charge in self:
            charge.display_name = (charge.name or "").splitlines()[0:1] and (
                charge.name.splitlines()[0]
            )

    # === CRUD METHODS === #
    def write(self, vals):
        self._refuse_frozen()
        return super().write(vals)

    @api.ondelete(at_uninstall=True)
    def _unlink_except_billed(self):
        self._refuse_frozen()

    # === BUSINESS METHODS === #
    def _refuse_frozen(self):
        if self.env.context.get("msp_unfreeze") is UNFREEZE:
            return
        for charge in self:
            if charge.cycle_id.state in ("billed", "voided"):
                raise UserError(
                    self.env._(
                        "Charge %(charge)s is billed and stays as it is.",
                        charge=charge.display_name,
                    )
                )

    def _changed_rows(self, before, now, names):
        """Return the values of the evidence of the computers that came, went, changed.

        :param dict before: computer id -> its newest stored evidence
        :param dict now: computer id -> its row of EVIDENCE today
        :param dict names: computer id -> name
        """
        self.ensure_one()
        vals_list = []
        for computer_id in sorted(before.keys() | now.keys()):
            old, new = before.get(computer_id), now.get(computer_id)
            if old and new and (old.days, old.status) == (int(new[7]), new[8]):
                continue
            if not new and not old.days:
                continue
            vals_list.append(
                {
                    "cycle_id": self.cycle_id.id,
                    "company_id": self.company_id.id,
                    "charge_id": self.id,
                    "computer_id": computer_id,
                    "name": names[computer_id],
                    "partner_id": new[3] if new else old.partner_id.id,
                    "type_id": new[4] if new else old.type_id.id,
                    "date_from": new[5] if new else False,
                    "date_to": new[6] if new else False,
                    "days": int(new[7]) if new else 0,
                    "status": new[8] if new else "excluded",
                    "reason": new[9] if new else "absent",
                }
            )
        return vals_list

    def _tier_name(self):
        """Return the name of the price, and which tier where it bills several."""
        self.ensure_one()
        name = self.price_id.name or self.display_name
        if self.price_id.price_model != "graduated" or self.tier < 1:
            return name
        tiers = self.price_id.tier_ids.sorted("from_quantity")
        return self.env._(
            "%(price)s, from %(start)s computers",
            price=name,
            start=f"{tiers[self.tier].from_quantity:g}",
        )

    def _name_computers(self, vals_list):
        """Name on the line the computers that the difference comes from."""
        came = [vals["name"] for vals in vals_list if vals["status"] != "excluded"]
        went = [vals["name"] for vals in vals_list if vals["status"] == "excluded"]
        parts = [
            sign + " " + ", ".join(names[:NAMED]) + (" …" if names[NAMED:] else "")
            for sign, names in (("+", came), ("–", went))
            if names
        ]
        if parts:
            self.name = "\n".join([self.name, "  ".join(parts)])
