from odoo import api, fields, models
from odoo.exceptions import UserError

from ..models.msp_source import COLUMNS
from ..models.msp_source_ingest import CLOCK_TOLERANCE
from ..tools.csv_columns import REQUIRED

COUNTS = ("added", "changed", "ended", "unchanged", "rejected", "skipped")


class MspSourceImport(models.TransientModel):
    """A CSV export on its way in: file, columns and customers, preview, import.

    Nothing but the import's own records is written before ``action_import``.
    """

    _name = "msp.source.import"
    _description = "Import of a CSV Export"

    # === FIELDS === #
    source_id = fields.Many2one(
        comodel_name="msp.source", required=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="source_id.company_id")
    file = fields.Binary(string="CSV File", attachment=False)
    filename = fields.Char()
    taken_at = fields.Datetime(
        string="Exported At",
        required=True,
        default=fields.Datetime.now,
        help="The moment of the export. New computers count from its day.",
    )
    complete = fields.Boolean(
        string="All Computers",
        default=True,
        help="The file has all computers of each customer in it: those that are "
        "missing end. Otherwise nothing ends.",
    )
    state = fields.Selection(
        selection=[
            ("file", "File"),
            ("columns", "Columns and Customers"),
            ("preview", "Preview"),
            ("done", "Imported"),
        ],
        default="file",
        required=True,
        readonly=True,
    )
    column_ids = fields.One2many(
        comodel_name="msp.source.import.column", inverse_name="wizard_id"
    )
    column_customer_id = fields.Many2one(
        comodel_name="msp.source.import.column", string="Customer"
    )
    column_key_id = fields.Many2one(
        comodel_name="msp.source.import.column",
        string="Key",
        help="Under which the tool knows a computer for ever, such as its number.",
    )
    column_type_id = fields.Many2one(
        comodel_name="msp.source.import.column", string="Type"
    )
    column_name_id = fields.Many2one(
        comodel_name="msp.source.import.column", string="Name"
    )
    column_serial_id = fields.Many2one(
        comodel_name="msp.source.import.column", string="Serial Number"
    )
    column_last_contact_id = fields.Many2one(
        comodel_name="msp.source.import.column", string="Last Contact"
    )
    customer_ids = fields.One2many(
        comodel_name="msp.source.import.customer",
        inverse_name="wizard_id",
        string="Customers of the File",
    )
    unknown_ids = fields.One2many(
        comodel_name="msp.source.import.customer",
        inverse_name="wizard_id",
        domain=[("known", "=", False)],
        string="Customers That Are Not Known",
    )
    has_proposals = fields.Boolean(compute="_compute_has_proposals")
    type_ids = fields.One2many(
        comodel_name="msp.source.import.type",
        inverse_name="wizard_id",
        string="Types That Are Not Known",
    )
    computer_ids = fields.One2many(
        comodel_name="msp.source.import.computer", inverse_name="wizard_id"
    )
    rejected_ids = fields.One2many(
        comodel_name="msp.source.import.computer",
        compute="_compute_rejected_ids",
        string="Rejected Lines",
    )
    added = fields.Integer(readonly=True)
    changed = fields.Integer(readonly=True)
    ended = fields.Integer(readonly=True)
    unchanged = fields.Integer(readonly=True)
    rejected = fields.Integer(readonly=True)
    skipped = fields.Integer(readonly=True)
    importable = fields.Boolean(readonly=True)
    fingerprint = fields.Char(readonly=True)
    problem = fields.Text(readonly=True)
    warning = fields.Text(readonly=True)
    note = fields.Text(readonly=True)
    sync_ids = fields.Many2many(
        comodel_name="msp.source.sync", string="Data Deliveries", readonly=True
    )

    # === COMPUTE METHODS === #
    @api.depends("filename", "source_id")
    def _compute_display_name(self):
        for wizard in self:
            wizard.display_name = self.env._(
                "Import of %(file)s", file=wizard._file_name()
            )

    @api.depends("customer_ids.proposed_id", "customer_ids.partner_id")
    def _compute_has_proposals(self):
        for wizard in self:
            wizard.has_proposals = any(
                line.proposed_id and not line.partner_id and not line.skip
                for line in wizard.unknown_ids
            )

    def _compute_rejected_ids(self):
        """Show the first rejected lines; all of them are in the list of computers."""
        for wizard in self:
            wizard.rejected_ids = self.env["msp.source.import.computer"].search(
                [("wizard_id", "=", wizard.id), ("what", "=", "rejected")], limit=80
            )

    # === ACTION METHODS === #
    def action_read(self):
        """Read the file's header, propose its columns and list who is not known.

        :raises UserError: naming what is wrong with the file and the way out
        """
        self._check_step("file")
        if self.taken_at > fields.Datetime.now() + CLOCK_TOLERANCE:
            raise UserError(
                self.env._(
                    "%(file)s cannot have been exported at %(moment)s UTC: that is in "
                    "the future. Correct the moment of the export.",
                    file=self._file_name(),
                    moment=self.taken_at,
                )
            )
        self._propose_columns(self._open_file())
        if all(self[f"column_{what}_id"] for what in REQUIRED):
            self._list_unknown(self._draft())
        self.write({"state": "columns", "problem": False})

    def action_use_proposals(self):
        """Take for each customer that is not known the one of the same name."""
        self._check_step("columns")
        for line in self.unknown_ids:
            if line.proposed_id and not line.partner_id and not line.skip:
                line.partner_id = line.proposed_id

    def action_preview(self):
        """Show what the import would do, once all customers are decided.

        :raises UserError: naming what is wrong with the file and the way out
        """
        self._check_step("columns", "preview")
        draft = self._draft()
        self._list_unknown(draft)
        undecided = self.unknown_ids.filtered(
            lambda line: not line.partner_id and not line.skip
        )
        if undecided:
            self.write({"state": "columns", "problem": self._undecided_text(undecided)})
            return
        self._show(self._rehearse(draft))
        self.write({"state": "preview", "problem": False})

    def action_import(self):
        """Import what the preview shows, or show what changed since.

        All customers that are not refused, in one transaction; the columns, customers
        and types that were chosen are remembered in the source.

        :raises UserError: when there is nothing to import
        """
        self._check_step("preview")
        if not self.importable:
            raise UserError(
                self.env._(
                    "%(file)s has nothing that can be imported. The preview says why; "
                    "mend the file, or go back and choose other columns.",
                    file=self._file_name(),
                )
            )
        outcome = self._import(self._draft())
        if outcome.syncs is None:
            problem = self._difference_text(outcome)
            self._show(outcome)
            self.problem = problem
            return
        self.write(
            {
                "state": "done",
                "file": False,
                "problem": False,
                "sync_ids": [fields.Command.set(outcome.syncs.ids)],
            }
        )

    def action_back(self):
        """Go back to the step before."""
        self._check_step("columns", "preview")
        before = {"columns": "file", "preview": "columns"}
        self.write({"state": before[self.state], "problem": False})

    def action_view_computers(self):
        """Show what happens to each computer."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "msp_billing.msp_source_import_computer_action"
        )
        what = self.env.context.get("msp_what")
        context = {f"search_default_{what}": 1} if what in COUNTS else {}
        return {**action, "domain": [("wizard_id", "=", self.id)], "context": context}

    def action_view_syncs(self):
        """Show the deliveries that the import made."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "msp_billing.msp_source_sync_action"
        )
        domain = [("id", "in", self.sync_ids.ids)]
        return {**action, "domain": domain, "context": {}}

    # === BUSINESS METHODS === #
    def _check_step(self, *states):
        self.ensure_one()
        self.source_id.check_access("write")
        self.source_id._check_active()
        if self.state not in states:
            labels = dict(self._fields["state"]._description_selection(self.env))
            raise UserError(
                self.env._(
                    "%(name)s is at the step %(state)s; this belongs to %(wanted)s. "
                    "Go there first.",
                    name=self.display_name,
                    state=labels[self.state],
                    wanted=labels[states[0]],
                )
            )

    def _file_name(self):
        return self.filename or self.env._("the file")

    def _places(self):
        """Return in which column of the file each thing stands, as it was chosen."""
        return {
            what: self[f"column_{what}_id"].place
            for what in COLUMNS
            if self[f"column_{what}_id"]
        }
