from odoo import api, fields, models
from odoo.tools import SQL


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
        compute="_compute_changes",
        help="Computers that came and that went.",
    )
    changes = fields.Html(string="What Changed", compute="_compute_changes")

    # === COMPUTE METHODS === #
    @api.depends("previous_id", "charge_ids.amount", "amount")
    @api.depends_context("lang")
    def _compute_changes(self):
        Change = self.env["msp.bill.change"]
        found = Change._of(self.filtered(lambda cycle: cycle.kind == "regular"), True)
        for cycle in self:
            change = found.get(cycle._origin)
            cycle.change_summary = Change._summary(change) if change else False
            cycle.changes = Change._as_html([change]) if change else False

    # === BUSINESS METHODS === #
    def _store_comparison(self):
        """Find the cycles billed before these, and store what differs in sum.

        A cycle of the same run is before the next one: catching up bills several.
        """
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                "SELECT DISTINCT ON (y.id) y.id, p.id FROM msp_billing_cycle y "
                "JOIN msp_billing_cycle p ON p.subscription_id = y.subscription_id "
                "AND p.kind = 'regular' AND p.date_end <= y.date_start "
                "AND (p.state = 'billed' "
                "OR p.run_id = y.run_id AND p.state != 'voided') "
                "WHERE y.id = ANY(%s) AND y.kind = 'regular' "
                "ORDER BY y.id, p.date_start DESC",
                list(self.ids),
            )
        )
        found = dict(rows)
        for cycle in self:
            previous = self.browse(found.get(cycle.id))
            cycle.write(
                {
                    "previous_id": previous.id,
                    "computer_change": previous
                    and cycle.computer_count - previous.computer_count,
                    "amount_change": previous and cycle.amount - previous.amount,
                }
            )
