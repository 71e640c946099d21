from odoo import fields, models


class MspBillRunIssue(models.Model):
    """What a run could not bill, or billed in another way than it was previewed.

    An issue also marks a customer as seen: a run tries each one once.
    """

    _name = "msp.bill.run.issue"
    _description = "Bill Run Issue"
    _order = "run_id desc, id"
    _check_company_auto = True

    # === FIELDS === #
    run_id = fields.Many2one(
        comodel_name="msp.bill.run",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(
        related="run_id.company_id", store=True, index=True, precompute=True
    )
    kind = fields.Selection(
        selection=[
            ("held", "Held"),
            ("failed", "Failed"),
            ("changed", "Changed since the preview"),
        ],
        required=True,
        readonly=True,
    )
    subscription_id = fields.Many2one(
        comodel_name="msp.subscription",
        readonly=True,
        index="btree_not_null",
        ondelete="cascade",
    )
    partner_id = fields.Many2one(related="subscription_id.partner_id")
    cycle_id = fields.Many2one(
        comodel_name="msp.billing.cycle",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )
    message = fields.Text(readonly=True, required=True)
