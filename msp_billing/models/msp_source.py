import re
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..tools.snapshot import SnapshotError, read_frame, read_rows
from ..tools.snapshot_diff import compare
from ..tools.snapshot_texts import Texts

# How far the clock of a machine that reports may be ahead of ours.
CLOCK_TOLERANCE = timedelta(minutes=5)
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
    sync_ids = fields.One2many(
        comodel_name="msp.source.sync",
        inverse_name="source_id",
        string="Deliveries",
        readonly=True,
    )
    column_customer = fields.Char(
        string="Customer Column", required=True, default="customer"
    )
    column_key = fields.Char(string="Key Column", required=True, default="key")
    column_name = fields.Char(string="Name Column", required=True, default="name")
    column_type = fields.Char(string="Type Column", required=True, default="type")
    column_serial = fields.Char(
        string="Serial Number Column", required=True, default="serial"
    )
    column_last_contact = fields.Char(
        string="Last Contact Column", required=True, default="last_contact"
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

    @api.depends("customer_map_ids.partner_id", "customer_map_ids.last_taken_at")
    def _compute_customers(self):
        for source in self:
            customers = source.customer_map_ids
            source.unmapped_count = len(customers.filtered(lambda c: not c.partner_id))
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
            columns = source._columns()
            folded = [column.casefold() for column in columns.values()]
            double = [
                name for name in columns.values() if folded.count(name.casefold()) > 1
            ]
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
    def ingest(self, snapshot):
        """Take in what the source saw at one customer at one moment.

        :param dict snapshot: ``{"customer": key, "taken_at": ISO date-time with
            offset, "complete": bool, "computers": [{"key", "name", "type", "serial",
            "last_contact"}]}``; ``"confirmed_empty": true`` with an empty list ends
            all computers of the customer
        :return: ``{"added", "removed", "changed", "unchanged",
            "rejected": [{"index", "reason"}]}``
        :rtype: dict
        :raises UserError: when the snapshot as a whole cannot be used
        """
        sync, reasons = self._ingest(snapshot, lambda index: f"computers[{index}]")
        rejected = [{"index": index, "reason": text} for index, text in reasons.items()]
        return {**sync._answer(), "rejected": rejected}

    def _ingest(self, data, label):
        """Take in a snapshot and return its log entry and the rejected rows.

        :param label: gives the name of a row in messages by its index
        :return: the delivery, and the reasons by the index of the row
        """
        self.ensure_one()
        self.check_access("write")
        # What a client put into the context has no say here.
        # pylint: disable=context-overridden
        source = self.with_context({"lang": self.env.lang, "tracking_disable": True})
        source = source.with_company(self.company_id)
        snapshot = None
        try:
            snapshot = source._read(data)
            return source._deliver(snapshot, label)
        except UserError as error:
            source._refuse(snapshot, str(error))
            raise

    def _read(self, data):
        try:
            return read_frame(data)
        except SnapshotError as error:
            raise UserError(
                self.env._(
                    "%(name)s: %(reason)s",
                    name=self.name,
                    reason=Texts(self.env).frame(error),
                )
            ) from error

    def _refuse(self, snapshot, message):
        """Log a delivery that is refused; the error goes on to who delivered."""
        Sync = self.env["msp.source.sync"]
        vals, unmapped = {"message": message}, {}
        if snapshot:
            vals = {**Sync._prepare_frame(self, snapshot), **vals}
            customer = self._mapped(snapshot.customer)
            vals["source_customer_id"] = customer.id
            vals["partner_id"] = customer.partner_id.id
            unmapped = {} if customer.partner_id else {snapshot.customer: False}
        Sync._log_refused(self, vals, unmapped)

    def _mapped(self, key):
        """Return the source's customer with a key, mapped or not."""
        return self.env["msp.source.customer"].search(
            [("source_id", "=", self.id), ("external_key", "=", key)]
        )

    def _deliver(self, snapshot, label):
        """Apply a snapshot; see ``_ingest``."""
        if not self.active:
            raise UserError(
                self.env._(
                    "%(name)s is archived and accepts nothing. Unarchive it, or stop "
                    "what delivers for it.",
                    name=self.name,
                )
            )
        customer = self.env["msp.source.customer"]._claim(self, snapshot.customer)
        if not customer:
            raise UserError(self._unmapped_text(snapshot.customer))
        self._check_clock(snapshot)
        customer._check_taken_at(snapshot.taken_at)
        kinds = self.env["msp.computer.type"]._by_reported_name()
        read_rows(snapshot, kinds)
        Sync = self.env["msp.source.sync"].sudo()
        first = Sync._find_applied(self, snapshot)
        if first:
            return Sync._log_repeated(customer, snapshot, first), {}
        scene = customer._scene(snapshot.taken_at)
        known = customer._known_computers(scene, snapshot.reported_keys)
        changes = compare(snapshot, known, scene, self.company_id._msp_day)
        customer._check_emptied(snapshot, changes)
        Sync._apply(customer, scene, changes, snapshot.may_end)
        reasons = self._reasons(changes.rejected, label)
        sync = Sync._log_applied(customer, snapshot, changes, list(reasons.values()))
        return sync, reasons

    @api.model
    def _reasons(self, rejected, label):
        """Return the texts of rejected rows by their index."""
        kinds = self.env["msp.computer.type"]._reportable()
        known, texts = ", ".join(kinds.mapped("code")), Texts(self.env)
        return {row.index: texts.row(row, known=known, label=label) for row in rejected}

    def _unmapped_text(self, key):
        return self.env._(
            "%(name)s: customer %(key)s is not mapped. Choose who that is in the "
            "customers of the source, and deliver again.",
            name=self.name,
            key=key,
        )

    def _check_clock(self, snapshot):
        now = fields.Datetime.now()
        if snapshot.taken_at > now + CLOCK_TOLERANCE:
            raise UserError(
                self.env._(
                    "%(name)s: the snapshot of %(customer)s was taken at %(moment)s "
                    "UTC, but it is %(now)s UTC. Set the clock or the offset of the "
                    "machine that reports.",
                    name=self.name,
                    customer=snapshot.customer,
                    moment=snapshot.taken_at,
                    now=now,
                )
            )

    def _columns(self):
        """Return the columns of the source's CSV export by what they hold."""
        self.ensure_one()
        return {name: self[f"column_{name}"].strip() for name in COLUMNS}
