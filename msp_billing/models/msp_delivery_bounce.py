from odoo import api, fields, models
from odoo.tools import email_normalize, html2plaintext

from ..tools.bounce import DELAYED, FAILED, Report, read_reports

LONGEST = 500


class MspDelivery(models.Model):
    """Mails that come back.

    That it was sent stays on record: when, to whom, and what the server answered.
    """

    _inherit = "msp.delivery"

    # === FIELDS === #
    date_bounced = fields.Datetime(string="Came Back at", readonly=True)
    bounced_to = fields.Char(
        string="Came Back From",
        readonly=True,
        help="Addresses that it did not reach, separated by commas.",
    )

    # === BUSINESS METHODS === #
    @api.model
    def _receive_bounce(self, message, message_dict):
        """Record what a bounce says about a mail of ours; others are not touched.

        :param email.message.EmailMessage message: as it came in
        :param dict message_dict: as the mail gateway of Odoo has parsed it
        """
        reports = read_reports(message) or [
            Report(
                email_normalize(message_dict.get("bounced_email") or "") or "",
                FAILED,
                " ".join(html2plaintext(message_dict.get("body") or "").split())[
                    :LONGEST
                ],
            )
        ]
        delivery = self._find_bounced(message_dict, reports)
        if delivery:
            delivery._as_bot()._note_bounce(reports)

    @api.model
    def _find_bounced(self, message_dict, reports):
        """Return the delivery that came back, or an empty recordset.

        By its Message-ID; a mail that was sent again since has a new one, and is found
        by the note on its bill, if the address is the same.
        """
        ids = message_dict.get("bounced_msg_ids") or []
        found = self.search([("message_id", "in", list(ids))], limit=1)
        note = message_dict.get("bounced_message")
        if found or not note:
            return found
        about = {
            "account.move": [("move_id", "=", note.res_id)],
            "res.partner": [("move_id", "=", False), ("partner_id", "=", note.res_id)],
        }.get(note.model)
        if not about:
            return found
        addresses = {report.address for report in reports}
        sent = self.search(
            [*about, ("date_sent", "!=", False)], order="date_sent desc, id desc"
        )
        return sent.filtered(lambda d: addresses & set(d._addresses()))[:1]

    def _addresses(self):
        return [address for address in (self.to or "").split(", ") if address]

    def _note_bounce(self, reports):
        """Record what became of this mail for its recipients, and have people told."""
        self.ensure_one()
        addresses = self._addresses()
        failed, delayed = [], []
        for report in reports:
            # A forwarded mail comes back from an address that we do not know.
            known = report.address in addresses or len(addresses) != 1
            address = report.address if known else addresses[0]
            if report.action == FAILED:
                failed.append((address, report.words))
            elif report.action == DELAYED:
                delayed.append((address, report.words))
        if failed:
            self._note_failed(failed)
        elif delayed:
            self._note_reason(
                self.env._(
                    "The customer's mail server is still trying: %(words)s",
                    words=_listed(delayed),
                )
            )

    def _note_failed(self, failed):
        before = (self.bounced_to or "").split(", ") if self.bounced_to else []
        bounced = sorted({*before, *(address for address, _words in failed if address)})
        vals = {
            "bounced_to": ", ".join(bounced) or False,
            "date_bounced": fields.Datetime.now(),
            "to_tell": True,
        }
        # One that was sent again since, and waits, is not stopped by the old one.
        nobody_got_it = not bounced or set(self._addresses()) <= set(bounced)
        if nobody_got_it and self.state in ("sent", "unknown"):
            vals.update(state="failed", next_try=False)
        self.write(vals)
        self._note_reason(
            self.env._("It came back from %(words)s", words=_listed(failed))
        )
        self._trigger_cron("deliver")

    def _note_reason(self, reason):
        self.reason = reason
        self._about()._message_log(body=f"{self.display_name}: {reason}")


def _listed(pairs):
    return "; ".join(": ".join(filter(None, pair)) for pair in pairs)
