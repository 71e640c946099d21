from dataclasses import replace
from datetime import date

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command

from ..tools import timeline

# A row of the form that has no first day yet stands last.
DAY_MISSING = date.max


class MspComputer(models.Model):
    _name = "msp.computer"
    _inherit = ["mail.thread"]
    _description = "Computer"
    _order = "name, id"
    _check_company_auto = True
    _rec_names_search = ["name", "serial", "external_key"]

    # === FIELDS === #
    name = fields.Char(required=True)
    active = fields.Boolean(default=True, copy=False)
    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        readonly=True,
        index=True,
        default=lambda self: self.env.company,
    )
    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Customer",
        compute="_compute_owner",
        inverse="_inverse_owner",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        index=True,
        ondelete="restrict",
        check_company=True,
        help="The customer or site that has the computer now.",
    )
    type_id = fields.Many2one(
        comodel_name="msp.computer.type",
        compute="_compute_owner",
        inverse="_inverse_owner",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        index=True,
        ondelete="restrict",
    )
    date_from = fields.Date(
        string="Since",
        compute="_compute_date_from",
        inverse="_inverse_dates",
        store=True,
        readonly=False,
        default=lambda self: self._default_date_from(),
        copy=False,
        help="The first day on which it was managed. Changing it changes the history.",
    )
    date_to = fields.Date(
        string="Until",
        compute="_compute_date_to",
        inverse="_inverse_dates",
        store=True,
        readonly=False,
        index="btree_not_null",
        copy=False,
        help="The first day on which it is not managed any more. Empty: it is managed.",
    )
    period_ids = fields.One2many(
        comodel_name="msp.computer.period",
        inverse_name="computer_id",
        string="History",
        copy=False,
    )
    serial = fields.Char(string="Serial Number", copy=False)
    source_id = fields.Many2one(
        comodel_name="msp.source",
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
        copy=False,
        help="Where the computer is reported from. Empty: it was entered by hand.",
    )
    source_customer_id = fields.Many2one(
        comodel_name="msp.source.customer",
        string="Reported At",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
        copy=False,
        help="The customer of the source that reported the computer last.",
    )
    external_key = fields.Char(
        string="Key in Source",
        copy=False,
        help="Under this key the source knows the computer.",
    )
    reported_at = fields.Datetime(
        string="Last Reported",
        readonly=True,
        copy=False,
        help="When the source last said that the computer is there.",
    )
    is_fresh = fields.Boolean(
        string="In the Newest Report",
        readonly=True,
        copy=False,
        help="Its customer's newest complete report named it, and says when it was "
        "last reported.",
    )
    last_contact = fields.Datetime(
        copy=False, help="When the source last heard from the computer."
    )

    _key_unique = models.Constraint(
        "UNIQUE (source_id, external_key)",
        "Another computer of this source has the same key.",
    )

    # === COMPUTE METHODS === #
    @api.model
    def _default_date_from(self):
        return self.env.company._msp_today()

    @api.depends("period_ids.partner_id", "period_ids.type_id", "period_ids.date_from")
    def _compute_owner(self):
        for computer in self:
            last = computer._ordered_periods()[-1:]
            computer.partner_id = last.partner_id or computer.partner_id
            computer.type_id = last.type_id or computer.type_id

    @api.depends("period_ids.date_from")
    def _compute_date_from(self):
        for computer in self:
            computer.date_from = computer._ordered_periods()[:1].date_from

    @api.depends("period_ids.date_from", "period_ids.date_to")
    def _compute_date_to(self):
        for computer in self:
            computer.date_to = computer._ordered_periods()[-1:].date_to

    def _inverse_owner(self):
        """Give the last period to the customer, as the type, of the computer."""
        histories = {}
        for computer in self.filtered("period_ids"):
            *first, last = computer._history()
            owner = {"partner": computer.partner_id.id, "kind": computer.type_id.id}
            histories[computer] = [*first, replace(last, **owner)]
        self.env["msp.computer.period"]._store(histories)

    def _inverse_dates(self):
        """Make the history begin and end on the days of the computer.

        Since and Until are the ends of the first and the last period; a computer
        without a history gets its first period.
        """
        histories = {}
        for computer in self:
            computer._check_dates()
            bounds = (computer.date_from, computer.date_to or None)
            owner = (computer.partner_id.id, computer.type_id.id)
            spans = computer._history()
            histories[computer] = (
                timeline.bound(spans, *bounds)
                if spans
                else [timeline.Span(*bounds, *owner)]
            )
        self.env["msp.computer.period"]._store(histories)

    # === CONSTRAINT METHODS === #
    @api.constrains("active", "date_to")
    def _check_archived(self):
        for computer in self:
            if not computer.active and computer.date_from and not computer.date_to:
                raise ValidationError(
                    self.env._(
                        "%(computer)s is still managed for %(customer)s and cannot be "
                        "archived. Set the day until which it was managed first.",
                        computer=computer.name,
                        customer=computer.partner_id.display_name,
                    )
                )

    # === CRUD METHODS === #
    @api.model_create_multi
    def create(self, vals_list):
        return super().create([self._with_first_day(vals) for vals in vals_list])

    def write(self, vals):
        if "period_ids" not in vals or len(self) != 1:
            return super().write(vals)
        vals = dict(vals)
        commands = vals.pop("period_ids")
        result = super().write(vals)
        Period = self.env["msp.computer.period"]
        Period._store({self: Period._edited(self, commands)})
        return result

    @api.model
    def _with_first_day(self, vals):
        """Return values in which a history that is given says the first day."""
        days = [
            fields.Date.to_date(command[2]["date_from"])
            for command in vals.get("period_ids") or ()
            if command[0] == Command.CREATE and command[2].get("date_from")
        ]
        return {**vals, "date_from": min(days)} if days else vals

    # === ACTION METHODS === #
    def action_move(self, partner, type, date):
        """Manage computers for another customer, or as another type, from a day on.

        The period that covers the day ends on it; one that starts on it is replaced.

        :param partner: the customer or site, a record or its id
        :param type: the computer type, a record or its id
        :param date: the first day there
        :raises UserError: without a customer, type or day
        """
        day = fields.Date.to_date(date)
        partner = self.env["res.partner"].browse(_id_of(partner)).exists()
        kind = self.env["msp.computer.type"].browse(_id_of(type)).exists()
        if not (day and partner and kind):
            raise UserError(
                self.env._(
                    "To move %(computers)s, name the customer, the type and the first "
                    "day there.",
                    computers=", ".join(self.mapped("name")),
                )
            )
        self.env["msp.computer.period"]._store(
            {
                computer: timeline.place(computer._history(), day, partner.id, kind.id)
                for computer in self
            }
        )
        return True

    def action_open_move(self):
        """Open the dialog that moves the chosen computers."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "msp_billing.msp_computer_move_action"
        )
        return {**action, "context": {"default_computer_ids": self.ids}}

    # === BUSINESS METHODS === #
    def _check_dates(self):
        if not self.date_from:
            raise ValidationError(
                self.env._(
                    "%(computer)s needs the day since when it is managed. To remove "
                    "days on which it never was, change its history.",
                    computer=self.name,
                )
            )
        if self.date_to and self.date_to <= self.date_from:
            span = timeline.Span(self.date_from, self.date_to, 0, 0)
            self.env["msp.computer.period"]._refuse_order(self.id, span)

    def _ordered_periods(self):
        return self.period_ids.sorted(lambda period: period.date_from or DAY_MISSING)

    def _history(self):
        """Return the stored history as spans."""
        self.ensure_one()
        return [period._timeline_span() for period in self._ordered_periods()]


def _id_of(record):
    """Return the id of a record, or the id that a client sends in its place."""
    return record.id if isinstance(record, models.BaseModel) else record
