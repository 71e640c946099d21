import base64
import hashlib
import html
from mimetypes import guess_extension

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import format_amount, html2plaintext
from odoo.tools.mimetypes import guess_mimetype

from ..tools.days import day_text

LOGO = "logo@msp-billing"


class MspDelivery(models.Model):
    """The mail itself: from, to, subject, body, attachments."""

    _inherit = "msp.delivery"

    # === BUSINESS METHODS === #
    def _build_mail(self):
        """Return the message of this delivery.

        :rtype: email.message.EmailMessage
        :raises UserError: when the PDF is not the one that was checked, or the
            company has no e-mail address
        """
        self.ensure_one()
        about, company = self._about(), self.company_id
        sender = self._mail_from()
        values = self._mail_values()
        headers = {"Auto-Submitted": "auto-generated"}
        if company.bounce_email:
            headers["Return-Path"] = company.bounce_email
        message = self._mail_server()._build_email__(
            email_from=sender,
            email_to=self.to.split(", "),
            subject=self._mail_subject(values),
            body=self._mail_html(values),
            body_alternative=self._mail_plain(values),
            subtype="html",
            reply_to=about._notify_get_reply_to(default=sender)[about.id],
            attachments=self._mail_attachments(),
            message_id=self.message_id,
            object_id=f"{about.id}-{about._name}",
            headers=headers,
        )
        self._embed_logo(message)
        return message

    def _mail_server(self):
        """Return Odoo's mail servers, with the addresses of the company's domain."""
        domain = self.company_id.alias_domain_id
        server = self.env["ir.mail_server"].sudo()
        if not domain:
            return server
        return server.with_context(
            domain_notifications_email=domain.default_from_email,
            domain_bounce_address=domain.bounce_email,
        )

    def _mail_from(self):
        company = self.company_id
        sender = (
            company.email_formatted
            or self.env["ir.mail_server"]._get_default_from_address()
        )
        if not sender:
            raise UserError(
                self.env._(
                    "Company %(company)s has no e-mail address to send from: enter it "
                    "in the company's settings.",
                    company=company.name,
                )
            )
        return sender

    def _mail_attachments(self):
        """Return the PDF, checked, and the e-invoice files.

        :rtype: list[tuple[str, bytes, str]]
        """
        move = self.move_id
        content = self._read_pdf() or b""
        if hashlib.sha256(content).hexdigest() != self.pdf_checksum:
            raise LostDocument(
                self.env._("The PDF was lost or has changed. It is made again.")
            )
        attachments = move.invoice_pdf_report_id
        if not self.pdf_only:
            attachments |= self.env["account.move.send"]._get_invoice_extra_attachments(
                move
            )
        return [
            (attachment.name, attachment.raw, attachment.mimetype)
            for attachment in attachments | self._mail_template().attachment_ids
            if attachment.raw
        ]

    def _mail_lang(self):
        return self.partner_id.lang or self.env.lang or "en_US"

    def _mail_values(self):
        """Return what the mail says, as texts in the customer's language."""
        self._forget_mail_texts()
        delivery = self.with_context(lang=self._mail_lang())
        move = delivery.move_id
        values = {
            **delivery._mail_frame(),
            **delivery._mail_figures(),
            "move": move,
            "is_refund": move.move_type == "out_refund",
            "is_open": not move.currency_id.is_zero(move.amount_residual),
            "reference": delivery._mail_reference(),
            "url": move.get_base_url() + move.get_portal_url(),
        }
        values["rows"] = delivery._mail_rows(values)
        values["intro"] = delivery._fill_template("body_html")
        return values

    def _mail_figures(self):
        """Return what a text may name: of the bill, empty for a statement."""
        move, partner = self.move_id, self.partner_id
        return {
            "customer": partner.name or partner.commercial_partner_id.name or "",
            "company_name": self.company_id.name,
            "number": move.name or "",
            "date": self._mail_date(move.invoice_date),
            "due_date": self._mail_date(move and self._due_date()),
            "period": self._mail_period(),
            "amount": self._mail_amount(move.amount_total),
            "residual": self._mail_amount(move.amount_residual),
        }

    def _mail_frame(self):
        """Return what every mail has around its text."""
        company = self.company_id
        return {
            "delivery": self,
            "company": company,
            "company_name": company.name,
            "lang": self._mail_lang().replace("_", "-"),
            "is_refund": False,
            "logo": f"cid:{LOGO}" if self._logo() else None,
            "color": company.email_secondary_color or "#875A7B",
            "text_color": company.email_primary_color or "#FFFFFF",
            "can_reply": bool(company.catchall_email or company.email),
            "contact": self._mail_contact(),
        }

    def _mail_rows(self, values):
        """Return the summary: label, value, and whether it is the one to look at.

        :rtype: list[tuple[str, str, bool]]
        """
        if values["is_refund"]:
            return [
                (self.env._("Credit note number"), values["number"], False),
                (self.env._("Date"), values["date"], False),
                (self.env._("Amount"), values["amount"], True),
            ]
        rows = [(self.env._("Bill number"), values["number"], False)]
        if self.kind == "reminder":
            rows.append((self.env._("Date"), values["date"], False))
        elif values["period"]:
            rows.append((self.env._("Period"), " – ".join(values["period"]), False))
        is_partial = values["residual"] != values["amount"]
        rows.append((self.env._("Amount"), values["amount"], not is_partial))
        if is_partial:
            rows.append((self.env._("Still to pay"), values["residual"], True))
        if values["is_open"]:
            rows.append((self.env._("Due date"), values["due_date"], False))
            if values["reference"]:
                rows.append(
                    (self.env._("Payment reference"), values["reference"], False)
                )
        return rows

    def _mail_contact(self):
        """Return the lines below the mail, as far as the company has entered them."""
        company = self.company_id
        city = " ".join(filter(None, (company.zip, company.city)))
        lines = (company.street, city, company.phone, company.email, company.website)
        return [line for line in lines if line]

    def _mail_reference(self):
        """Return the reference to pay with, where it is not the bill's number."""
        reference = self.move_id.payment_reference
        return reference if reference != self.move_id.name else ""

    def _mail_amount(self, amount):
        if not self.move_id:
            return ""
        return format_amount(self.env, amount, self.move_id.currency_id, self.env.lang)

    def _mail_date(self, day):
        return day_text(self.env, day)

    def _mail_period(self):
        """Return the first and the last day that the bill is about, or nothing."""
        cycles = self.move_id.msp_cycle_ids.filtered(lambda c: c.kind == "regular")
        if not cycles:
            return []
        first = min(cycles.mapped("date_start"))
        # date_end is the first day after the cycle.
        last = fields.Date.subtract(max(cycles.mapped("date_end")), days=1)
        return [self._mail_date(first), self._mail_date(last)]

    def _mail_subject(self, values):
        subject = values["delivery"]._fill_template("subject")
        return " ".join(html.unescape(str(subject or "")).split())

    def _mail_html(self, values):
        return self._render_view("msp_billing.mail_layout", values)

    def _mail_plain(self, values):
        """Return the mail for those who read no HTML."""
        rows = [f"{label}: {value}" for label, value, _is_strong in values["rows"]]
        parts = (
            self._plain_text(values["intro"]),
            "\n".join(rows),
            values["url"],
            "\n".join((self.company_id.name, *values["contact"])),
        )
        return "\n\n".join(filter(None, parts))

    def _plain_text(self, text):
        """Return a text without its HTML, an empty line between its paragraphs."""
        lines = html2plaintext(text).splitlines()
        return "\n\n".join(line for line in lines if line.strip())

    def _reminder_text(self, values):
        """Return the text of the step, or nothing for a bill."""
        return self.step._fill_in("body", values) if self.step else ""

    def _render_view(self, view, values):
        return (
            self.env["ir.qweb"]
            ._render(view, values, lang=self._mail_lang(), minimal_qcontext=True)
            .strip()
        )

    # === LOGO === #
    def _logo(self):
        company = self.company_id
        return False if company.uses_default_logo else company.logo_web

    def _embed_logo(self, message):
        """Put the logo into the mail: mail programs do not fetch it, or ask first."""
        logo = self._logo()
        if not logo:
            return
        content = base64.b64decode(logo)
        mimetype = guess_mimetype(content, default="image/png")
        maintype, subtype = mimetype.split("/")
        message.get_body(("html",)).add_related(
            content,
            maintype,
            subtype,
            cid=f"<{LOGO}>",
            disposition="inline",
            filename=f"logo{guess_extension(mimetype) or ''}",
        )


class LostDocument(UserError):
    """The PDF that was made is not there any more."""
