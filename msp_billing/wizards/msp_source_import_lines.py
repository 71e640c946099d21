from odoo import api, fields, models

from ..tools.csv_preview import QUIET, WHATS


class MspSourceImportColumn(models.TransientModel):
    """A column of the file, to be chosen."""

    _name = "msp.source.import.column"
    _description = "Column of a CSV Export"
    _order = "place, id"

    wizard_id = fields.Many2one(
        comodel_name="msp.source.import", required=True, index=True, ondelete="cascade"
    )
    place = fields.Integer(readonly=True)
    name = fields.Char(readonly=True)
    label = fields.Char(readonly=True)

    @api.depends("label")
    def _compute_display_name(self):
        for column in self:
            column.display_name = column.label

    @api.model
    def name_search(self, name="", domain=None, operator="ilike", limit=100):
        """Return all columns: they are chosen from a short list."""
        return super().name_search(name, domain, operator, None)


class MspSourceImportCustomer(models.TransientModel):
    """A customer of the file: who that is, and what the import does to it."""

    _name = "msp.source.import.customer"
    _description = "Customer in a CSV Export"
    _order = "known, external_key, id"

    wizard_id = fields.Many2one(
        comodel_name="msp.source.import", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="wizard_id.source_id.company_id")
    state = fields.Selection(related="wizard_id.state")
    external_key = fields.Char(string="Customer in File", readonly=True)
    computer_count = fields.Integer(string="Computers", readonly=True)
    known = fields.Boolean(readonly=True, help="It was mapped before.")
    proposed_id = fields.Many2one(
        comodel_name="res.partner", string="Same Name", readonly=True
    )
    partner_id = fields.Many2one(
        comodel_name="res.partner", string="Customer", check_company=True
    )
    skip = fields.Boolean(help="Its lines are left out, this time and in future.")
    before = fields.Integer(readonly=True, help="Computers that it has until now.")
    added = fields.Integer(readonly=True)
    changed = fields.Integer(readonly=True, help="Moved, renamed, or of another type.")
    ended = fields.Integer(readonly=True)
    unchanged = fields.Integer(readonly=True)
    rejected = fields.Integer(readonly=True)
    message = fields.Text(string="Remark", readonly=True)
    level = fields.Selection(
        selection=[
            ("refused", "Refused"),
            ("warning", "Warning"),
            ("skipped", "Skipped"),
        ],
        readonly=True,
    )

    @api.onchange("partner_id")
    def _onchange_partner_id(self):
        if self.partner_id:
            self.skip = False

    @api.onchange("skip")
    def _onchange_skip(self):
        if self.skip:
            self.partner_id = False

    def action_use_proposal(self):
        """Take the customer of the same name."""
        for line in self.filtered("proposed_id"):
            line.write({"partner_id": line.proposed_id.id, "skip": False})

    def action_view_computers(self):
        """Show what happens to each computer of the customer."""
        self.ensure_one()
        action = self.wizard_id.action_view_computers()
        domain = [*action["domain"], ("external_key", "=", self.external_key)]
        return {**action, "domain": domain, "context": {}}


class MspSourceImportType(models.TransientModel):
    """A type of the file that is not known."""

    _name = "msp.source.import.type"
    _description = "Computer Type in a CSV Export"
    _order = "computer_count desc, name, id"

    wizard_id = fields.Many2one(
        comodel_name="msp.source.import", required=True, index=True, ondelete="cascade"
    )
    name = fields.Char(string="Type in File", readonly=True)
    computer_count = fields.Integer(string="Computers", readonly=True)
    type_id = fields.Many2one(
        comodel_name="msp.computer.type",
        string="Computer Type",
        help="Empty: these computers are rejected.",
    )


class MspSourceImportComputer(models.TransientModel):
    """What the import does to one computer, or to one line of the file."""

    _name = "msp.source.import.computer"
    _description = "Computer in a CSV Export"
    _order = "id"
    _rec_names_search = ["name", "computer_key"]

    wizard_id = fields.Many2one(
        comodel_name="msp.source.import", required=True, index=True, ondelete="cascade"
    )
    what = fields.Selection(
        selection="_selection_what", string="What Happens", readonly=True
    )
    line = fields.Integer(
        readonly=True, aggregator=None, help="In the file; none: it is not in it."
    )
    external_key = fields.Char(string="Customer in File", readonly=True)
    partner_id = fields.Many2one(
        comodel_name="res.partner", string="Customer", readonly=True
    )
    computer_key = fields.Char(string="Key", readonly=True)
    name = fields.Char(readonly=True)
    type_id = fields.Many2one(comodel_name="msp.computer.type", readonly=True)
    day = fields.Date(readonly=True, help="From this day on.")
    detail = fields.Text(readonly=True)

    @api.model
    def _selection_what(self):
        labels = {
            "rejected": self.env._("Rejected"),
            "ended": self.env._("Ended"),
            "moved": self.env._("Moved"),
            "retyped": self.env._("Type Changed"),
            "renamed": self.env._("Renamed"),
            "added": self.env._("Added"),
        }
        return [(what, labels[what]) for what in WHATS if what not in QUIET]
