from odoo import api, fields, models
from odoo.exceptions import UserError


class MspBillDispute(models.Model):
    """A customer says that a line of a bill looks wrong; somebody answers."""

    _name = "msp.bill.dispute"
    _description = "Disputed Charge"
    _order = "id desc"
    _check_company_auto = True

    # === FIELDS === #
    charge_id = fields.Many2one(
        comodel_name="msp.charge",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    move_id = fields.Many2one(
        comodel_name="account.move",
        string="Bill",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(
        related="charge_id.company_id", store=True, index=True, precompute=True
    )
    author_id = fields.Many2one(
        comodel_name="res.partner",
        string="Told By",
        readonly=True,
        ondelete="restrict",
    )
    text = fields.Text(required=True, readonly=True, help="What the customer wrote.")
    user_id = fields.Many2one(
        comodel_name="res.users", string="Responsible", readonly=True
    )
    activity_id = fields.Many2one(
        comodel_name="mail.activity", readonly=True, index="btree_not_null"
    )
    state = fields.Selection(
        selection=[("open", "Disputed"), ("ended", "Ended")],
        required=True,
        readonly=True,
        default="open",
    )
    note = fields.Text(string="Answer", readonly=True)

    _one_open = models.UniqueIndex(
        "(charge_id) WHERE state = 'open'",
        "This charge is disputed already.",
    )

    # === COMPUTE METHODS === #
    @api.depends("charge_id")
    def _compute_display_name(self):
        for dispute in self:
            dispute.display_name = dispute.charge_id.display_name

    # === CRUD METHODS === #
    @api.ondelete(at_uninstall=False)
    def _unlink_except_told(self):
        for dispute in self:
            raise UserError(
                self.env._(
                    "What was said about %(charge)s on %(bill)s stays on record.",
                    charge=dispute.charge_id.display_name,
                    bill=dispute.move_id.display_name,
                )
            )
