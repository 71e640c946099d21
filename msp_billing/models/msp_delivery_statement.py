import base64
import hashlib

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools.emails import split_addresses


class MspDelivery(models.Model):
    """Statements of account: one a customer and month, and more by hand.

    They take the way of the bills: the PDF is made before the mail, and the mail goes
    out by the same sender with the same promises. As with reminders, nobody repeats
    one by itself whose arrival is in doubt.
    """

    _inherit = "msp.delivery"

    # === FIELDS === #
    statement_date = fields.Date(
        string="As of", readonly=True, help="The day on which the account is stated."
    )
    statement_month = fields.Date(
        readonly=True, help="The first day of its month; empty when sent by hand."
    )
    statement_open = fields.Char(
        readonly=True, help="What was open when the PDF was made."
    )
    statement_pdf = fields.Binary(string="PDF", readonly=True, attachment=True)
    statement_name = fields.Char(compute="_compute_statement_name")

    _one_per_month = models.UniqueIndex(
        "(company_id, partner_id, statement_month) WHERE statement_month IS NOT NULL",
        "The customer's statement of this month is queued already.",
    )

    # === COMPUTE METHODS === #
    @api.depends("statement_date", "partner_id")
    def _compute_statement_name(self):
        for delivery in self:
            name = "".join(
                sign if sign.isalnum() else " "
                for sign in delivery.partner_id.name or ""
            )
            parts = ("Statement", name, str(delivery.statement_date or ""))
            delivery.statement_name = f"{' '.join(' '.join(parts).split())}.pdf"

    # === QUEUE === #
    @api.model
    def _state_company(self, company):
        """Queue the statements of a company when their day has come.

        That the day is worked off is written in the same transaction, so each day is
        worked off once, by one worker.

        :return: whether there are any
        :rtype: bool
        """
        if not company.msp_statement_day or not company._msp_statement_due():
            return False
        company = company.try_lock_for_update(allow_referencing=True)
        day = company and company._msp_statement_due()
        if not day:
            return False
        company.msp_statement_last = day
        partners = self._statement_customers(company)
        vals_list = [
            {
                **self._prepare_statement(partner, company),
                "statement_month": day.replace(day=1),
            }
            for partner in partners
        ]
        return bool(self.create(vals_list))

    @api.model
    def _statement_customers(self, company):
        """Return the customers with an open bill that want a statement."""
        groups = self.env["account.move"]._read_group(
            [
                ("move_type", "=", "out_invoice"),
                ("state", "=", "posted"),
                ("msp_run_id", "!=", False),
                ("company_id", "=", company.id),
                ("payment_state", "in", ("not_paid", "partial", "blocked")),
            ],
            groupby=["commercial_partner_id"],
        )
        wanted = ("yes", False) if company.msp_statement_all else ("yes",)
        return [
            partner
            for [partner] in groups
            if partner.with_company(company).msp_statement in wanted
        ]

    @api.model
    def _enqueue_statement(self, partner):
        """Queue the statement of a customer by hand, in the current company.

        :raises UserError: when no bill of the customer is open
        """
        company = self.env.company
        bills = partner._msp_statement_bills()
        if not any(bill.move_type == "out_invoice" for bill in bills):
            raise UserError(
                self.env._(
                    "Nothing is open on the bills of %(customer)s: there is no "
                    "statement to send.",
                    customer=partner.display_name,
                )
            )
        vals = self.sudo()._prepare_statement(partner, company)
        if not vals["to"]:
            raise UserError(
                self.env._(
                    "%(customer)s has no e-mail address. Enter one on the customer, "
                    "or a bill e-mail on its subscription.",
                    customer=partner.display_name,
                )
            )
        delivery = self.sudo().create({**vals, "by_hand": True})
        self._trigger_cron("render")
        return delivery

    @api.model
    def _prepare_statement(self, partner, company):
        addresses = self._statement_addresses(partner, company)
        vals = {
            "kind": "statement",
            "company_id": company.id,
            "partner_id": partner.id,
            "to": ", ".join(addresses),
            "statement_date": company._msp_today(),
        }
        if not addresses:
            vals.update(self._prepare_no_address(self.new(vals)))
        return vals

    @api.model
    def _statement_addresses(self, partner, company):
        """Return where the customer's bills go today, or else its own address."""
        subscriptions = (
            self.env["msp.subscription"]
            .sudo()
            .search(
                [
                    ("company_id", "=", company.id),
                    ("bill_to_id.commercial_partner_id", "=", partner.id),
                ]
            )
        )
        live = subscriptions.filtered(lambda s: s.state != "ended") or subscriptions
        texts = [*filter(None, live.mapped("bill_email"))]
        return split_addresses(",".join(texts) or partner.email)[0]

    def _current_addresses(self):
        """EXTENDS: a statement goes where the customer's bills go."""
        if self.kind == "statement":
            return self._statement_addresses(self.partner_id, self.company_id)
        return super()._current_addresses()

    def _queue_again(self):
        """EXTENDS: a statement is stated anew, as of today."""
        result = super()._queue_again()
        if self.kind == "statement":
            today = self.company_id.sudo()._msp_today()
            self.write({"date_rendered": False, "statement_date": today})
        return result

    # === DOCUMENT === #
    def _statement_since(self):
        """Return when the statement before this one was made, or None."""
        before = self.search(
            [
                ("kind", "=", "statement"),
                ("company_id", "=", self.company_id.id),
                ("partner_id", "=", self.partner_id.id),
                ("date_sent", "!=", False),
                ("id", "!=", self.id),
            ],
            order="date_rendered desc",
            limit=1,
        )
        return before.date_rendered or None

    def _statement_values(self):
        """Return what the statement says now, in the customer's language."""
        partner = self.partner_id.with_context(lang=self._mail_lang())
        return partner._msp_statement(self.statement_date, self._statement_since())

    def _render(self):
        """EXTENDS: make the PDF of a statement, unless nothing is open any more."""
        if self.kind != "statement":
            return super()._render()
        if self._drop_pointless():
            return None
        values = self._statement_values()
        content = self.env["ir.actions.report"]._msp_statement_pdf(
            self.partner_id, self.statement_date, self._statement_since()
        )
        if not (content or b"").startswith(b"%PDF"):
            raise UserError(
                self.env._(
                    "The PDF of %(statement)s could not be made: the document is "
                    "empty or no PDF.",
                    statement=self.display_name,
                )
            )
        self.write(
            {
                "statement_pdf": base64.b64encode(content),
                "statement_open": values["fingerprint"],
                "date_begun": False,
                "date_rendered": fields.Datetime.now(),
                "pdf_checksum": hashlib.sha256(content).hexdigest(),
                "pdf_size": len(content),
                "reason": False,
                "next_try": False,
                "attempts": 0,
            }
        )
        return None

    def _drop_pointless(self):
        """EXTENDS: a statement of a customer who owes nothing is cancelled."""
        if self.kind != "statement":
            return super()._drop_pointless()
        bills = self.partner_id._msp_statement_bills()
        if any(bill.move_type == "out_invoice" for bill in bills):
            return False
        self._cancel(self.env._("Nothing is open any more."))
        return True
