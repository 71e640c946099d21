from odoo import api, fields, models
from odoo.tools import SQL

COMPARED = ("previous_id", "computer_change", "amount_change")


class MspBillingCycle(models.Model):
    """The last billed cycle, with which a cycle is compared."""

    _inherit = "msp.billing.cycle"

    # === FIELDS === #
    previous_id = fields.Many2one(
        comodel_name="msp.billing.cycle",
        string="Compared With",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        help="The cycle of the subscription that was billed before this one. Empty: "
        "its first bill.",
    )
    computer_change = fields.Integer(
        string="More Computers",
        readonly=True,
        aggregator=None,
        help="Computers more, or less, than in the cycle billed before.",
    )
    amount_change = fields.Monetary(
        string="Difference",
        readonly=True,
        help="More, or less, than the cycle billed before. Nothing on a first bill.",
    )
    change_summary = fields.Char(
        string="Since Last Bill",
        compute="_compute_change_summary",
        help="Computers that came and that went.",
    )
    changes = fields.Html(string="What Changed", compute="_compute_changes")

    # === COMPUTE METHODS === #
    @api.depends("previous_id", "kind")
    @api.depends_context("lang")
    def _compute_change_summary(self):
        summaries = self.env["msp.bill.change"]._summaries(
            self.filtered(lambda cycle: cycle.kind == "regular")
        )
        for cycle in self:
            cycle.change_summary = summaries.get(cycle._origin, False)

    @api.depends("previous_id", "charge_ids.amount", "amount")
    @api.depends_context("lang")
    def _compute_changes(self):
        Change = self.env["msp.bill.change"]
        found = Change._of(self.filtered(lambda cycle: cycle.kind == "regular"), True)
        for cycle in self:
            change = found.get(cycle._origin)
            cycle.changes = Change._as_html([change]) if change else False

    # === BUSINESS METHODS === #
    def _store_comparison(self):
        """Find the cycles billed before these, and store what differs in sum.

        A cycle of the same run is before the next one: catching up bills several.
        """
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                UPDATE msp_billing_cycle c
                   SET previous_id = p.id,
                       computer_change = COALESCE(
                           c.computer_count - p.computer_count, 0),
                       amount_change = COALESCE(c.amount - p.amount, 0)
                  FROM msp_billing_cycle y
                  LEFT JOIN LATERAL (
                       SELECT b.id, b.computer_count, b.amount
                         FROM msp_billing_cycle b
                        WHERE b.subscription_id = y.subscription_id
                          AND b.kind = 'regular' AND b.date_end <= y.date_start
                          AND (b.state = 'billed'
                               OR b.run_id = y.run_id AND b.state != 'voided')
                        ORDER BY b.date_start DESC LIMIT 1
                       ) p ON y.kind = 'regular'
                 WHERE y.id = ANY(%s) AND c.id = y.id
                """,
                list(self.ids),
            )
        )
        self.invalidate_recordset(COMPARED, flush=False)
        self.modified(COMPARED)
