import re

from odoo import api, fields, models
from odoo.exceptions import ValidationError

COLUMNS = ("customer", "key", "name", "type", "serial", "last_contact")


class MspSource(models.Model):
    _name = "msp.source"
    _description = "Source"
    _order = "name, id"
    _check_company_auto = True
    _rec_names_search = ["name", "code"]

    # === FIELDS === #
    name = fields.Char(required=True)
    code = fields.Char(
        compute="_compute_code",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        help="Names the source in scripts and logs.",
    )
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )
    stale_days = fields.Integer(
        string="Stale After",
        default=3,
        help="A bill is held when the newest complete report is more than so many "
        "days before the end of its cycle.",
    )
    customer_map_ids = fields.One2many(
        comodel_name="msp.source.customer", inverse_name="source_id", string="Customers"
    )
    type_map_ids = fields.One2many(
        comodel_name="msp.source.type", inverse_name="source_id", string="Types"
    )
    sync_ids = fields.One2many(
        comodel_name="msp.source.sync",
        inverse_name="source_id",
        string="Data Deliveries",
        readonly=True,
    )
    column_customer = fields.Char(
        string="Customer Column", required=True, default="customer"
    )
    column_key = fields.Char(string="Key Column", required=True, default="key")
    column_name = fields.Char(string="Name Column", default="name")
    column_type = fields.Char(string="Type Column", required=True, default="type")
    column_serial = fields.Char(string="Serial Number Column", default="serial")
    column_last_contact = fields.Char(
        string="Last Contact Column", default="last_contact"
    )
    unmapped_count = fields.Integer(
        string="Customers to Map", compute="_compute_customers"
    )
    computer_count = fields.Integer(
        string="Managed Computers", compute="_compute_computer_count"
    )
    last_taken_at = fields.Datetime(
        string="Newest Report", compute="_compute_customers"
    )

    _code_unique = models.Constraint(
        "UNIQUE (company_id, code)",
        "Another source of the company has this code. Choose another one.",
    )
    _stale_days_check = models.Constraint(
        "CHECK (stale_days BETWEEN 0 AND 366)",
        "A source is stale after 0 to 366 days.",
    )

    # === COMPUTE METHODS === #
    @api.depends("name")
    def _compute_code(self):
        for source in self:
            slug = re.sub(r"[^a-z0-9]+", "_", (source.name or "").lower()).strip("_")
            source.code = source.code or slug or "source"

    @api.depends(
        "customer_map_ids.partner_id",
        "customer_map_ids.ignored",
        "customer_map_ids.last_taken_at",
    )
    def _compute_customers(self):
        for source in self:
            customers = source.customer_map_ids
            source.unmapped_count = len(
                customers.filtered(lambda c: not c.partner_id and not c.ignored)
            )
            source.last_taken_at = max(
                customers.filtered("last_taken_at").mapped("last_taken_at"),
                default=False,
            )

    def _compute_computer_count(self):
        counts = dict(
            self.env["msp.computer"]._read_group(
                [("source_id", "in", self.ids), ("date_to", "=", False)],
                groupby=["source_id"],
                aggregates=["__count"],
            )
        )
        for source in self:
            source.computer_count = counts.get(source, 0)

    # === CONSTRAINT METHODS === #
    @api.constrains(*(f"column_{name}" for name in COLUMNS))
    def _check_columns(self):
        for source in self:
            columns = [column for column in source._columns().values() if column]
            folded = [column.casefold() for column in columns]
            double = [name for name in columns if folded.count(name.casefold()) > 1]
            if double:
                raise ValidationError(
                    self.env._(
                        "%(name)s: column %(column)s cannot hold two things. Name "
                        "another column for one of them.",
                        name=source.name,
                        column=double[0],
                    )
                )

    # === ACTION METHODS === #
    def action_import(self):
        """Open the dialog that imports a CSV export of the source."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "msp_billing.msp_source_import_action"
        )
        return {**action, "context": {"default_source_id": self.id}}

    def action_view_computers(self):
        """Show the computers that the source reports."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "msp_billing.msp_computer_action"
        )
        context = {"search_default_managed": 1, "default_source_id": self.id}
        return {**action, "domain": [("source_id", "=", self.id)], "context": context}

    def action_view_syncs(self):
        """Show the deliveries of the source."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "msp_billing.msp_source_sync_action"
        )
        return {**action, "domain": [("source_id", "=", self.id)], "context": {}}

    # === BUSINESS METHODS === #
    def _columns(self):
        """Return the columns of the source's CSV export by what they hold.

        What the export does not have is an empty text.
        """
        self.ensure_one()
        return {name: (self[f"column_{name}"] or "").strip() for name in COLUMNS}
