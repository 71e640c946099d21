from odoo import api, fields, models
from odoo.exceptions import UserError


class MspComputerEnd(models.TransientModel):
    """The end of one computer, chosen among some that may be the same."""

    _name = "msp.computer.end"
    _description = "End of a Computer"

    # === FIELDS === #
    candidate_ids = fields.Many2many(
        comodel_name="msp.computer", relation="msp_computer_end_rel", readonly=True
    )
    computer_id = fields.Many2one(
        comodel_name="msp.computer",
        string="Computer to End",
        required=True,
        domain="[('id', 'in', candidate_ids)]",
    )
    date = fields.Date(
        string="Until",
        required=True,
        default=lambda self: self.env.company._msp_today(),
        help="The first day on which it is not managed. A day that is billed already "
        "is credited with the next corrections.",
    )
    is_reported = fields.Boolean(compute="_compute_is_reported")
    has_choice = fields.Boolean(compute="_compute_is_reported")

    # === COMPUTE METHODS === #
    @api.depends("computer_id", "candidate_ids")
    def _compute_is_reported(self):
        for wizard in self:
            wizard.is_reported = bool(wizard.computer_id.source_id)
            wizard.has_choice = len(wizard.candidate_ids) > 1

    # === ACTION METHODS === #
    def action_end(self):
        """End the computer on the day.

        :raises UserError: when it has ended, or the day is not after its first day
        """
        self.ensure_one()
        computer = self.computer_id
        if computer.date_to and computer.date_to <= self.date:
            raise UserError(
                self.env._(
                    "%(computer)s has ended on %(end)s already.",
                    computer=computer.display_name,
                    end=computer.date_to,
                )
            )
        computer.date_to = self.date
        # The list behind the dialog is read again.
        return {"type": "ir.actions.client", "tag": "soft_reload"}
