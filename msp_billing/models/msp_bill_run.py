from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date


class MspBillRun(models.Model):
    _name = "msp.bill.run"
    _description = "Bill Run"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "date desc, id desc"
    _check_company_auto = True

    # === FIELDS === #
    name = fields.Char(compute="_compute_name")
    date = fields.Date(
        required=True,
        default=lambda self: self.env.company._msp_today(),
        help="What is due on this day is billed, with this day as invoice date.",
    )
    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    partner_ids = fields.Many2many(
        comodel_name="res.partner",
        string="Customers",
        check_company=True,
        help="Empty: all. Customers or bill-to contacts, with the contacts below.",
    )
    automatic = fields.Boolean(
        readonly=True, copy=False, help="Opened by the hourly scheduled action."
    )
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Responsible",
        default=lambda self: self.env.user,
        domain="[('share', '=', False)]",
    )
    state = fields.Selection(
        selection=[
            ("draft", "Draft"),
            ("previewed", "Previewed"),
            ("waiting", "Waiting for Approval"),
            ("running", "Running"),
            ("paused", "Paused"),
            ("stopped", "Stopped"),
            ("done", "Done"),
        ],
        required=True,
        readonly=True,
        copy=False,
        default="draft",
        index=True,
        tracking=True,
    )
    stop_reason = fields.Text(readonly=True, copy=False)
    cycle_ids = fields.One2many(
        comodel_name="msp.billing.cycle", inverse_name="run_id", readonly=True
    )
    issue_ids = fields.One2many(
        comodel_name="msp.bill.run.issue",
        inverse_name="run_id",
        readonly=True,
        copy=False,
    )
    move_ids = fields.One2many(
        comodel_name="account.move",
        inverse_name="msp_run_id",
        string="Bills",
        readonly=True,
        copy=False,
    )
    cycle_count = fields.Integer(string="Cycles", compute="_compute_counts")
    billed_count = fields.Integer(string="Billed", compute="_compute_counts")
    held_count = fields.Integer(string="Held", compute="_compute_counts")
    failed_count = fields.Integer(string="Failed", compute="_compute_counts")
    bill_count = fields.Integer(string="Bills Made", compute="_compute_counts")
    computer_count = fields.Integer(string="Computers", compute="_compute_counts")
    amount_untaxed = fields.Monetary(
        string="Untaxed Amount",
        compute="_compute_counts",
        help="Of what is billed or, before the start, would be billed; "
        "in the company's currency.",
    )
    is_future = fields.Boolean(compute="_compute_is_future")
    is_past = fields.Boolean(compute="_compute_is_future")

    # === COMPUTE METHODS === #
    @api.depends("date")
    @api.depends_context("lang")
    def _compute_name(self):
        for run in self:
            number = f" #{run.id}" if isinstance(run.id, int) else ""
            run.name = self.env._(
                "Bill run of %(date)s%(number)s",
                date=format_date(self.env, run.date, date_format="d MMM y"),
                number=number,
            )

    @api.depends("name")
    def _compute_display_name(self):
        for run in self:
            run.display_name = run.name

    def _compute_counts(self):
        counts, amounts, computers = self._count_cycles()
        bills = dict(
            self.env["account.move"]._read_group(
                [("msp_run_id", "in", self.ids)],
                groupby=["msp_run_id"],
                aggregates=["__count"],
            )
        )
        for run in self:
            origin = run._origin
            run.cycle_count = sum(counts[origin].values())
            run.billed_count = counts[origin]["billed"]
            run.held_count = counts[origin]["held"]
            run.failed_count = counts[origin]["failed"]
            run.computer_count = computers[origin]
            run.amount_untaxed = amounts[origin]
            run.bill_count = bills.get(origin, 0)

    def _count_cycles(self):
        """Return by run: cycles by state, untaxed amount, computers.

        The latter two are those of what is billed or due.
        """
        counts = defaultdict(lambda: defaultdict(int))
        amounts, computers = defaultdict(float), defaultdict(int)
        for run, state, currency, number, untaxed, seen in self.env[
            "msp.billing.cycle"
        ]._read_group(
            [("run_id", "in", self.ids)],
            groupby=["run_id", "state", "currency_id"],
            aggregates=["__count", "amount_untaxed:sum", "computer_count:sum"],
        ):
            counts[run][state] += number
            if state in ("due", "billed"):
                computers[run] += seen or 0
                amounts[run] += currency._convert(
                    untaxed or 0.0, run.currency_id, run.company_id, run.date
                )
        return counts, amounts, computers

    @api.depends("date", "company_id")
    def _compute_is_future(self):
        for run in self:
            today = (run.company_id or self.env.company)._msp_today()
            run.is_future = bool(run.date and run.date > today)
            run.is_past = bool(run.date and run.date < today)

    # === CRUD METHODS === #
    def write(self, vals):
        if {"date", "company_id", "partner_ids"} & vals.keys():
            for run in self:
                if run.previewing:
                    run._require_state(("draft",))
                if run.state not in ("draft", "previewed", "waiting"):
                    raise UserError(
                        self.env._(
                            "%(run)s has started: its date, company and customers "
                            "stay. Make a new run.",
                            run=run.name,
                        )
                    )
        return super().write(vals)

    @api.ondelete(at_uninstall=True)
    def _unlink_except_started(self):
        for run in self:
            if run.state not in ("draft", "previewed", "waiting"):
                raise UserError(
                    self.env._("%(run)s has started and stays.", run=run.name)
                )
        self.sudo().cycle_ids.filtered(lambda cycle: cycle.state != "billed")._discard()

    # === ACTION METHODS === #
    def action_start(self):
        """Bill what is due; with approval on, prepare it and wait for a manager.

        The bills are made by the scheduled action, batch by batch, which starts at
        once and goes on when the browser is closed.

        :raises UserError: for a date after today, or when the run has started already
        """
        for run in self:
            run._require_state(("draft", "previewed"))
            run._require_not_future()
            if run.company_id.msp_approval:
                run._start_preview("approve")
            else:
                run._forget_preview()
                run._set_running()
        return True

    def action_pause(self):
        """Stop after the batch that is being billed; what is billed stays."""
        for run in self:
            run._require_state(("running",))
            run._as_bot().state = "paused"
        return True

    def action_resume(self):
        """Go on with a paused or stopped run."""
        for run in self:
            run._require_state(("paused", "stopped"))
            run._as_bot().write({"stop_reason": False, "setbacks": 0})
            run._settle_activities(self.env._("Resumed."))
            run._set_running()
        return True

    def action_view_cycles(self):
        """Show the cycles of this run, with their charges."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "msp_billing.msp_billing_cycle_action"
        )
        action["domain"] = [("run_id", "=", self.id)]
        state = self.env.context.get("msp_cycle_state")
        action["context"] = {f"search_default_{state}": 1} if state else {}
        return action

    def action_view_bills(self):
        """Show the bills that this run made."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "msp_billing.msp_bill_action"
        )
        action["domain"] = [("msp_run_id", "=", self.id)]
        action["context"] = {}
        return action

    # === BUSINESS METHODS === #
    def _require_state(self, states):
        self.ensure_one()
        # A reader must not start a run: the bot does what follows.
        self.check_access("write")
        if self.state not in states:
            labels = dict(self._fields["state"]._description_selection(self.env))
            raise UserError(
                self.env._(
                    "%(run)s is in state %(state)s: this is not possible now.",
                    run=self.name,
                    state=labels[self.state],
                )
            )

        if self.previewing:
            raise UserError(
                self.env._(
                    "%(run)s is being previewed. Wait for it, or set it back to draft.",
                    run=self.name,
                )
            )

    def _require_not_future(self):
        if self.is_future:
            raise UserError(
                self.env._(
                    "%(date)s lies ahead: until then the run can only be previewed.",
                    date=self.date,
                )
            )

    def _forget_preview(self):
        """Let the run try what its preview held: it may be mended or released."""
        bot = self._as_bot()
        bot.issue_ids.unlink()
        bot.batch_ids.unlink()

    def _set_running(self):
        self.ensure_one()
        self._as_bot().state = "running"
        self._trigger_workers()
