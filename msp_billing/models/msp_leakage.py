from odoo import api, fields, models
from odoo.tools import SQL

from ..tools.leakage_sql import JUNK_SERIALS, LEAKAGE

KINDS = [
    ("unmapped", "Organisation without a customer"),
    ("no_plan", "Computer without a plan"),
    ("duplicate", "Computer twice"),
    ("silent", "Silent computer"),
    ("empty", "Subscription without computers"),
]


class MspLeakage(models.Model):
    """What is managed and not billed, or billed and not there, with its value."""

    _name = "msp.leakage"
    _description = "Leakage"
    _auto = False
    _order = "value desc, id"
    _rec_name = "name"
    _depends = {
        "msp.computer": [
            "is_fresh",
            "last_contact",
            "name",
            "reported_at",
            "serial",
            "source_customer_id",
            "source_id",
        ],
        "msp.computer.period": ["computer_id", "date_from", "date_to", "partner_id"],
        "msp.source": ["active"],
        "msp.source.customer": [
            "ignored",
            "last_complete_at",
            "partner_id",
            "refused_at",
            "refused_count",
        ],
        "msp.subscription": [
            "billing_cycle",
            "count_source",
            "date_end",
            "date_start",
            "include_sites",
            "partner_id",
            "plan_id",
        ],
        "res.partner": ["complete_name", "name", "parent_id"],
    }

    # === FIELDS === #
    kind = fields.Selection(
        selection=KINDS,
        readonly=True,
        help="Organisation without a customer: its source reports computers that "
        "nobody has mapped, so they are refused.\n"
        "Computer without a plan: managed, but no subscription of its customer covers "
        "its type.\n"
        "Computer twice: the same serial number is managed at two computers.\n"
        "Silent computer: billed, but its source has not heard from it for long.\n"
        "Subscription without computers: active, with nothing to count.",
    )
    name = fields.Char(readonly=True)
    company_id = fields.Many2one(comodel_name="res.company", readonly=True)
    currency_id = fields.Many2one(comodel_name="res.currency", readonly=True)
    partner_id = fields.Many2one(
        comodel_name="res.partner", string="Customer", readonly=True
    )
    source_id = fields.Many2one(comodel_name="msp.source", readonly=True)
    source_customer_id = fields.Many2one(
        comodel_name="msp.source.customer", string="Organisation", readonly=True
    )
    computer_id = fields.Many2one(comodel_name="msp.computer", readonly=True)
    other_computer_id = fields.Many2one(
        comodel_name="msp.computer", string="Same as", readonly=True
    )
    other_partner_id = fields.Many2one(
        comodel_name="res.partner", string="Same at", readonly=True
    )
    subscription_id = fields.Many2one(comodel_name="msp.subscription", readonly=True)
    # What a row tells of the other computer, so that no list reads it one by one.
    serial = fields.Char(string="Serial Number", readonly=True)
    other_name = fields.Char(string="Name of the Other", readonly=True)
    other_customer = fields.Char(string="Customer of the Other", readonly=True)
    plan_id = fields.Many2one(
        comodel_name="msp.service.plan",
        readonly=True,
        help="Whose price values it: the plan that bills it, or, where the value is "
        "estimated, the plan most used.",
    )
    type_id = fields.Many2one(comodel_name="msp.computer.type", readonly=True)
    since = fields.Date(
        readonly=True,
        help="Managed since; for silent computers the last contact, for organisations "
        "the newest delivery refused.",
    )
    computers = fields.Integer(readonly=True)
    value = fields.Monetary(
        string="Per Month",
        readonly=True,
        help="What these computers cost per month at the price of the plan, before "
        "discounts, exceptions, included computers and minimums, in the company's "
        "currency. With tiers, the lowest of them.",
    )
    estimated = fields.Boolean(
        readonly=True, help="No plan bills it: valued by the plan most used."
    )
    note = fields.Char(string="What to Know", compute="_compute_note")

    # === COMPUTE METHODS === #
    @api.depends("kind", "plan_id", "computers", "estimated", "value")
    def _compute_note(self):
        for leak in self:
            leak.note = " ".join(filter(None, (leak._fact(), leak._basis())))

    @property
    def _table_query(self):
        return SQL(LEAKAGE, junk=list(JUNK_SERIALS), **self._parameters())

    # === BUSINESS METHODS === #
    def _fact(self):
        """Say what is known of a row beside its columns."""
        self.ensure_one()
        if self.kind == "unmapped" and not self.since:
            return self.env._("Nothing reported since it is known.")
        if self.kind == "duplicate":
            return self.env._(
                "Serial number %(serial)s is also at %(computer)s of %(customer)s.",
                serial=self.serial,
                computer=self.other_name,
                customer=self.other_customer,
            )
        if self.kind == "silent" and not self.plan_id:
            return self.env._("No plan bills it.")
        if self.kind == "empty":
            return self.env._("%(plan)s counts nothing.", plan=self.plan_id.name)
        return ""

    def _basis(self):
        """Say by what a value is estimated."""
        self.ensure_one()
        if not self.estimated:
            return ""
        if not self.plan_id:
            return self.env._("No plan has a price to estimate it at.")
        if self.kind == "unmapped":
            return self.computers and self.env._(
                "Estimated at the average computer's price in %(plan)s.",
                plan=self.plan_id.name,
            )
        return self.env._(
            "Estimated at %(plan)s, the plan most used for this type.",
            plan=self.plan_id.name,
        )
