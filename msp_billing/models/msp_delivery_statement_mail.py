import base64
import hashlib

from odoo import models

from .msp_delivery_mail import LostDocument

# The rest is in the PDF: a mail is read on a telephone.
MAX_ROWS = 40


class MspDelivery(models.Model):
    """The mail of a statement of account."""

    _inherit = "msp.delivery"

    # === BUSINESS METHODS === #
    def _mail_values(self):
        if self.kind != "statement":
            return super()._mail_values()
        delivery = self.with_context(lang=self._mail_lang())
        statement = delivery._statement_values()
        if statement["fingerprint"] != self.statement_open:
            raise LostDocument(
                self.env._(
                    "What is open has changed since the PDF was made. It is made again."
                )
            )
        values = {
            **delivery._mail_frame(),
            "statement": statement,
            "shown": statement["rows"][:MAX_ROWS],
            "more": len(statement["rows"]) - MAX_ROWS,
            "url": "",
        }
        values["rows"] = delivery._statement_mail_rows(statement)
        values["text"] = delivery._fill_template("body_html")
        values["intro"] = delivery._render_view("msp_billing.mail_statement", values)
        return values

    def _statement_mail_rows(self, statement):
        rows = [(self.env._("As of"), statement["day"], False)]
        for total in statement["totals"]:
            rows.append((self.env._("Balance"), total["open"], True))
            if total["overdue"]:
                rows.append((self.env._("Of this overdue"), total["overdue"], False))
        return rows

    def _mail_plain(self, values):
        if self.kind != "statement":
            return super()._mail_plain(values)
        env, statement = values["delivery"].env, values["statement"]
        head = self._plain_text(values["text"])
        bills = [
            [f"{row['name']}, {row['status']}: {row['open']}", row["url"]]
            for row in values["shown"]
        ]
        figures = [f"{label}: {value}" for label, value, _strong in values["rows"]]
        contact = [self.company_id.name, *values["contact"]]
        parts = [[head], *bills, figures, self._plain_payments(env, statement), contact]
        return "\n\n".join("\n".join(filter(None, part)) for part in parts if part)

    def _plain_payments(self, env, statement):
        if not statement["payments"]:
            return []
        return [
            env._("Received since %(day)s, with thanks", day=statement["since"]),
            *(
                f"{payment['date']}  {payment['text']}: {payment['amount']}"
                for payment in statement["payments"]
            ),
        ]

    def _mail_attachments(self):
        if self.kind != "statement":
            return super()._mail_attachments()
        pdf = self.with_context(bin_size=False).statement_pdf
        content = base64.b64decode(pdf or b"")
        if hashlib.sha256(content).hexdigest() != self.pdf_checksum:
            raise LostDocument(
                self.env._("The PDF was lost or has changed. It is made again.")
            )
        more = self._mail_template().attachment_ids
        return [
            (self.statement_name, content, "application/pdf"),
            *((file.name, file.raw, file.mimetype) for file in more if file.raw),
        ]
