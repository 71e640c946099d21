from datetime import timedelta

from odoo import api, fields, models
from odoo.tools.mail import generate_tracking_message_id

from ..tools.emails import split_addresses
from ..tools.rows import insert_rows


class MspDelivery(models.Model):
    """One mail that must reach a customer: a bill, a reminder or a statement.

    queued -> sending -> sent, each committed before the next. What a person must
    look at ends in no_address, failed or unknown, with its reason and an activity.
    A step of the ladder without a mail is done; what nobody wants any more is
    cancelled.
    """

    _name = "msp.delivery"
    _description = "Delivery"
    _order = "id desc"
    _rec_names_search = ["move_id.name", "partner_id.name", "to"]

    # === FIELDS === #
    move_id = fields.Many2one(
        comodel_name="account.move",
        string="Bill",
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    company_id = fields.Many2one(
        comodel_name="res.company",
        compute="_compute_party",
        store=True,
        readonly=False,
        index=True,
        precompute=True,
    )
    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Customer",
        compute="_compute_party",
        store=True,
        readonly=False,
        index=True,
        precompute=True,
    )
    kind = fields.Selection(
        selection=[
            ("bill", "Bill"),
            ("reminder", "Reminder"),
            ("statement", "Statement"),
        ],
        required=True,
        readonly=True,
        default="bill",
    )
    step = fields.Many2one(
        comodel_name="msp.reminder.step",
        string="Reminder Step",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    state = fields.Selection(
        selection=[
            ("queued", "Queued"),
            ("sending", "Sending"),
            ("sent", "Sent"),
            ("done", "Done"),
            ("no_address", "No Address"),
            ("failed", "Failed"),
            ("unknown", "Unknown"),
            ("cancelled", "Cancelled"),
        ],
        required=True,
        readonly=True,
        default="queued",
        index=True,
        help="Unknown: the connection was lost, or the server stopped, while it was "
        "handed over. Find out whether it has arrived before you send it again. "
        "Done: a step of the reminders that sends no mail.",
    )
    to = fields.Char(readonly=True, help="Addresses, separated by commas.")
    message_id = fields.Char(string="Message-ID", readonly=True, copy=False)
    attempts = fields.Integer(readonly=True, aggregator=None)
    next_try = fields.Datetime(readonly=True)
    reason = fields.Text(readonly=True, help="Why it waits or was not sent.")
    server_reply = fields.Char(string="Mail Server's Answer", readonly=True)
    date_queued = fields.Datetime(
        string="Queued at", readonly=True, default=fields.Datetime.now
    )
    date_rendered = fields.Datetime(
        string="Documents Made at",
        readonly=True,
        help="No mail leaves before the PDF is made and checked.",
    )
    date_sent = fields.Datetime(string="Sent at", readonly=True)
    pdf_checksum = fields.Char(string="SHA-256 of the PDF", readonly=True)
    pdf_size = fields.Integer(
        string="Size of the PDF", readonly=True, aggregator=None, help="In bytes."
    )
    pdf_only = fields.Boolean(
        string="PDF Only", readonly=True, help="Goes out without an e-invoice."
    )
    is_noted = fields.Boolean(
        readonly=True, help="The mail is noted on the bill, so replies find it."
    )
    to_tell = fields.Boolean(
        readonly=True, help="The responsible person is still to be told."
    )
    activity_id = fields.Many2one(
        comodel_name="mail.activity",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )

    _one_per_step = models.UniqueIndex(
        "(move_id, kind, COALESCE(step, 0))",
        "This mail is queued already: a bill and each reminder go out once.",
    )
    _message_id_idx = models.Index("(message_id)")
    _about_check = models.Constraint(
        "CHECK ((kind = 'statement') = (move_id IS NULL))",
        "A statement of account is about a customer, every other mail about a bill.",
    )

    # === COMPUTE METHODS === #
    @api.depends("move_id.company_id", "move_id.partner_id")
    def _compute_party(self):
        for delivery in self:
            about = delivery.move_id or delivery
            delivery.company_id = about.company_id
            delivery.partner_id = about.partner_id

    @api.depends("move_id", "partner_id", "kind", "step")
    def _compute_display_name(self):
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        for delivery in self:
            about = delivery.move_id.name or delivery.partner_id.name or ""
            mail = delivery.step.name or kinds.get(delivery.kind, "")
            delivery.display_name = f"{about}: {mail}"

    # === CRUD METHODS === #
    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            if vals.get("move_id"):
                message_id = self._new_message_id(vals["move_id"])
            else:
                message_id = self._new_message_id(vals.get("partner_id"), "res.partner")
            vals.setdefault("message_id", message_id)
        return super().create(vals_list)

    # === ACTION METHODS === #
    def action_open_bill(self):
        """Open the bill of this delivery; of a statement, the customer."""
        self.ensure_one()
        if self.move_id:
            return self.move_id._msp_open_bill()
        return {
            "type": "ir.actions.act_window",
            "res_model": "res.partner",
            "res_id": self.partner_id.id,
            "views": [(False, "form")],
        }

    # === BUSINESS METHODS === #
    @api.model
    def _enqueue_bill(self, moves):
        """Queue the mail of bills, in the transaction that posts them.

        Nothing is rendered or sent here, and a bill that is queued already is left.

        :param account.move moves: posted bills
        :return: the new deliveries
        """
        known = self.sudo().search(
            [("move_id", "in", moves.ids), ("kind", "=", "bill")]
        )
        new = moves.filtered(lambda move: move.id not in known.move_id.ids)
        deliveries = insert_rows(
            self.sudo(), [self._prepare_bill_delivery(move) for move in new]
        )
        self._trigger_cron("render")
        return deliveries

    @api.model
    def _prepare_bill_delivery(self, move):
        """Return all values of the delivery of a bill, for many at once."""
        return {
            "company_id": move.company_id.id,
            "partner_id": move.partner_id.id,
            "state": "queued",
            "message_id": self._new_message_id(move.id),
            "date_queued": fields.Datetime.now(),
            **self._prepare_delivery(move, "bill"),
        }

    @api.model
    def _prepare_delivery(self, move, kind, step=None):
        """Return the values of a delivery; without an address nobody forgets it."""
        addresses = self._known_addresses(move)
        vals = {
            "move_id": move.id,
            "kind": kind,
            "step": step.id if step else False,
            "to": ", ".join(addresses),
        }
        if not addresses:
            vals.update(self._prepare_no_address(move))
        return vals

    @api.model
    def _prepare_no_address(self, move):
        return {
            "state": "no_address",
            "to": False,
            "to_tell": True,
            "reason": self.env._(
                "No e-mail address: enter one as bill e-mail on the subscription of "
                "%(customer)s, then press Retry.",
                customer=move.partner_id.display_name,
            ),
        }

    @api.model
    def _known_addresses(self, move):
        """Return where the bill went, or else the addresses with which it was made."""
        move = move.sudo()
        bill = move.msp_delivery_ids.filtered(lambda d: d.kind == "bill")[:1]
        made_with = move.msp_bill_email or move.reversed_entry_id.msp_bill_email
        return split_addresses(bill.to or made_with)[0]

    @api.model
    def _new_message_id(self, res_id, model="account.move"):
        return generate_tracking_message_id(f"{res_id}-{model}")

    def _about(self):
        """Return the record on which this mail is noted: the bill, or the customer."""
        self.ensure_one()
        return self.move_id or self.partner_id

    def _after_sent(self):
        """Mark the bill as sent and close the activity that asked a person to look."""
        for delivery in self:
            if delivery.kind == "bill" and not delivery.move_id.is_move_sent:
                delivery.move_id.is_move_sent = True
            delivery._close_activity(self.env._("The mail went out."))

    @api.model
    def _trigger_cron(self, stage, minutes=0, at=None):
        """Ask for a run of a stage; once is enough for what one transaction queues.

        :param int minutes: from now, or
        :param datetime at: when to run
        """
        cron = self.env.ref(f"msp_billing.ir_cron_{stage}", raise_if_not_found=False)
        if not cron:
            return
        cron = cron.sudo()
        if minutes or at:
            cron._trigger(at or fields.Datetime.now() + timedelta(minutes=minutes))
            return
        # Not a search for triggers: one that a running action has used up is seen.
        asked = self.env.cr.precommit.data.setdefault("msp_billing.triggered", set())
        if stage not in asked:
            asked.add(stage)
            cron._trigger()
