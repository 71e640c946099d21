from datetime import timedelta

from odoo import api, models

STATUS_ORDER = ("counted", "included", "excluded")


class MspPortal(models.AbstractModel):
    """What stands beside a bill in the portal: its charges, and their evidence.

    The caller has checked, as Odoo does, that the bill may be read: by its rules or
    by the bill's token. Nothing is told here that is not on the bill's own annex.
    """

    _inherit = "msp.portal"

    # === BUSINESS METHODS === #
    @api.model
    def _bill_values(self, move):
        """Return what the page of a bill shows below it, or nothing for others.

        :rtype: dict
        """
        move = move.sudo()
        if not move._msp_is_bill():
            return {"msp_charges": [], "msp_is_bill": False}
        told = {
            dispute.charge_id: dispute
            for dispute in move.msp_dispute_ids
            if dispute.state == "open"
        }
        return {
            "msp_is_bill": True,
            "msp_disputed": move.msp_disputed,
            "msp_has_evidence": bool(move.msp_cycle_ids.evidence_ids[:1]),
            "msp_charges": [
                {
                    "charge": charge,
                    "name": charge.display_name,
                    "details": charge.name.strip().splitlines()[1:],
                    "plan": charge.subscription_id.plan_id.name,
                    "amount": charge.amount,
                    "told": charge in told
                    and self._day(told[charge].create_date.date()),
                }
                for charge in move._msp_disputable_charges()
            ],
        }

    @api.model
    def _charge_of(self, move, charge_id):
        """Return a charge of a bill by its id, or an empty recordset."""
        charges = move.sudo()._msp_disputable_charges()
        return charges.filtered(lambda charge: charge.id == charge_id)

    @api.model
    def _evidence_rows(self, move):
        """Return the computers and days behind each charge of a bill, with a head.

        Days are the first and the last one, both counted.

        :rtype: list[list]
        """
        cycles = move.sudo().msp_cycle_ids
        Evidence = self.env["msp.charge.computer"].sudo()
        found = Evidence.search([("cycle_id", "in", cycles.ids)])
        statuses = dict(self._selection(found, "status"))
        reasons = dict(self._selection(found, "reason"))
        without = (cycles.charge_ids - found.charge_id).filtered("move_line_id")
        return [
            self._evidence_head(),
            *([*self._charge_cells(move, charge), *[""] * 8] for charge in without),
            *(
                [
                    *self._charge_cells(move, entry.charge_id, entry.cycle_id),
                    *self._computer_cells(entry),
                    statuses[entry.status],
                    reasons.get(entry.reason, ""),
                ]
                for entry in found.sorted(self._evidence_order)
            ),
        ]

    @api.model
    def _evidence_head(self):
        return [
            self.env._("Bill"),
            self.env._("Plan"),
            self.env._("Charge"),
            self.env._("Quantity"),
            self.env._("Unit Price"),
            self.env._("Amount"),
            self.env._("Computer"),
            self.env._("Type"),
            self.env._("Site"),
            self.env._("First Day"),
            self.env._("Last Day"),
            self.env._("Days"),
            self.env._("Status"),
            self.env._("Reason"),
        ]

    @api.model
    def _evidence_order(self, entry):
        charge = entry.charge_id
        line = charge.move_line_id
        return (
            not charge,
            line.sequence,
            line.id,
            charge.id,
            STATUS_ORDER.index(entry.status),
            entry.name or "",
            entry.id,
        )

    @api.model
    def _charge_cells(self, move, charge, cycle=None):
        plan = (cycle or charge.cycle_id).plan_id.name
        if not charge:
            return [move.name, plan, "", "", "", ""]
        return [
            move.name,
            plan,
            charge.display_name,
            charge.quantity,
            charge.unit_price,
            charge.amount,
        ]

    @api.model
    def _computer_cells(self, entry):
        last = entry.date_to and entry.date_to - timedelta(days=1)
        return [
            entry.name,
            entry.type_id.name,
            entry.partner_id.name,
            entry.date_from,
            last,
            entry.days,
        ]
