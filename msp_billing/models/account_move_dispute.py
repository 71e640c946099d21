from datetime import timedelta

from markupsafe import Markup, escape

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from .account_move import READERS

# What a customer may write about a line, in characters.
SHORTEST, LONGEST = 3, 2000
# Lines that a customer may tell about in a day: a person reads each of them.
PER_DAY = 20


class AccountMove(models.Model):
    """A line looks wrong: the customer tells it, and somebody answers."""

    _inherit = "account.move"

    # === FIELDS === #
    msp_dispute_ids = fields.One2many(
        comodel_name="msp.bill.dispute",
        inverse_name="move_id",
        string="Disputed Charges",
        readonly=True,
        groups=READERS,
    )

    # === ACTION METHODS === #
    def action_msp_end_dispute(self, note):
        """End the disputes of bills: the customer reads the answer, reminders go on.

        :param str note: the answer, which stands in the discussion of the bill
        :raises UserError: without a note, for a bill that nobody disputes, for people
            who are neither billing manager nor accountant
        """
        if not (
            self.env.user.has_group("msp_billing.group_msp_billing_manager")
            or self.env.user.has_group("account.group_account_invoice")
        ):
            raise UserError(
                self.env._("Only a billing manager or an accountant can do this.")
            )
        self.check_access("read")
        note = (note or "").strip()
        if not note:
            raise UserError(
                self.env._("Write an answer: the customer reads it with the bill.")
            )
        for move in self:
            if not (move._msp_is_bill() and move.sudo().msp_disputed):
                raise UserError(
                    self.env._("%(bill)s is not disputed.", bill=move.display_name)
                )
            move.sudo()._msp_end_dispute(note, self.env.user.partner_id)
        return True

    # === BUSINESS METHODS === #
    def _msp_end_dispute(self, note, author):
        disputes = self.msp_dispute_ids.filtered(lambda d: d.state == "open")
        self.msp_disputed = False
        disputes.write({"state": "ended", "note": note})
        # They stay in the history of the bill as done.
        disputes.activity_id.exists().action_feedback(feedback=note)
        self.message_post(
            body=note,
            author_id=author.id,
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
        )

    def _msp_dispute(self, charge, text, author):
        """Note that a customer finds a charge of this bill wrong; told twice is once.

        The caller has checked that the customer may read the bill. The bill is quiet
        from now on: no reminder leaves until somebody ends the dispute.

        :param charge: ``msp.charge`` on the bill
        :param str text: what the customer wrote
        :param author: ``res.partner`` who wrote it
        :return: the open ``msp.bill.dispute`` of the charge, new or told before
        :raises UserError: for a charge of another bill, a text that is too short or
            too long, too many in a day
        """
        self.ensure_one()
        move = self.sudo()
        move._msp_lock_dispute()
        charge = charge.sudo()
        move._msp_check_dispute(charge)
        told = move.msp_dispute_ids.filtered(
            lambda d: d.state == "open" and d.charge_id == charge
        )
        if told:
            return told
        text = move._msp_check_dispute_text(text, author)
        user = move._msp_dispute_user(charge)
        dispute = move.msp_dispute_ids.create(
            {
                "move_id": move.id,
                "charge_id": charge.id,
                "author_id": author.id,
                "text": text,
                "user_id": user.id,
            }
        )
        move.msp_disputed = True
        move._msp_tell_dispute(dispute)
        return dispute

    def _msp_tell_dispute(self, dispute):
        """Write what the customer says into the discussion; ask who answers to act."""
        quoted = Markup("<p><b>%s</b></p><p>%s</p>") % (
            self.env._(
                "This line looks wrong: %(line)s", line=dispute.charge_id.display_name
            ),
            escape(dispute.text).replace("\n", Markup("<br/>")),
        )
        self.message_post(
            body=quoted,
            author_id=dispute.author_id.id,
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
        )
        if dispute.user_id:
            dispute.activity_id = self.activity_schedule(
                "mail.mail_activity_data_todo",
                summary=self.env._("A customer finds a line of the bill wrong"),
                note=quoted,
                user_id=dispute.user_id.id,
            )

    def _msp_lock_dispute(self):
        # Two clicks at once: the second one waits, fails on the changed row, is
        # repeated by Odoo and finds what the first one told.
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                "UPDATE account_move SET msp_disputed = msp_disputed WHERE id = %s",
                self.id,
            )
        )

    def _msp_check_dispute(self, charge):
        lines = self._msp_disputable_charges()
        if charge not in lines:
            raise UserError(
                self.env._(
                    "%(bill)s has no such line. Open the bill again and choose one.",
                    bill=self.name,
                )
            )

    def _msp_disputable_charges(self):
        """Return the charges of a posted bill, as they stand on it."""
        if self.state != "posted" or self.move_type != "out_invoice":
            return self.env["msp.charge"]
        charges = self.sudo().invoice_line_ids.msp_charge_ids
        return charges.sorted(
            lambda charge: (charge.move_line_id.sequence, charge.move_line_id.id)
        )

    def _msp_check_dispute_text(self, text, author):
        text = (text or "").strip()
        if not SHORTEST <= len(text) <= LONGEST:
            raise UserError(
                self.env._(
                    "Write what looks wrong, in %(shortest)s to %(longest)s "
                    "characters; yours has %(count)s.",
                    shortest=SHORTEST,
                    longest=LONGEST,
                    count=len(text),
                )
            )
        today = (
            self.env["msp.bill.dispute"]
            .sudo()
            .search_count(
                [
                    (
                        "move_id.commercial_partner_id",
                        "=",
                        self.commercial_partner_id.id,
                    ),
                    ("create_date", ">", fields.Datetime.now() - timedelta(days=1)),
                ]
            )
        )
        if today >= PER_DAY:
            raise UserError(
                self.env._(
                    "You have told us about %(count)s lines in a day. Write us about "
                    "the others in the discussion below the bill.",
                    count=today,
                )
            )
        return text

    def _msp_dispute_user(self, charge):
        """Return who answers: the subscription's salesperson, else a manager."""
        candidates = charge.subscription_id.user_id | self.env[
            "msp.bill.run"
        ]._managers(self.company_id)
        robots = self.env.ref("msp_billing.user_bot") | self.env.ref("base.user_root")
        for user in candidates - robots:
            if (
                user.active
                and not user.share
                and self.with_user(user)
                .with_company(self.company_id)
                .has_access("read")
            ):
                return user
        return self.env["res.users"]
