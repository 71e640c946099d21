import hashlib
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

# What was begun longer ago and is not there: whoever made it is dead.
DEAD_AFTER = timedelta(minutes=10)


class MspDelivery(models.Model):
    """The documents of a delivery, made before any mail: a transaction each."""

    _inherit = "msp.delivery"

    # === FIELDS === #
    date_begun = fields.Datetime(
        string="Documents Begun at",
        readonly=True,
        copy=False,
        help="Known before they are made, so that a document that ends the process "
        "which makes it cannot do so for ever, ahead of all others.",
    )

    # === CRON METHODS === #
    @api.model
    def _cron_render(self):
        """Make the PDF and e-invoice of each queued delivery that has none."""
        Cron = self.env["ir.cron"]
        if self._stopped_as_clone():
            return
        domain = self._render_domain()
        ids = self.search(domain, order="id").ids
        Cron._commit_progress(remaining=len(ids))
        for delivery_id in ids:
            try:
                delivery = self._begin(delivery_id, domain)
                if delivery:
                    delivery._render()
                    self.env.flush_all()
            except Exception as error:  # noqa: BLE001 - it stays on the delivery
                # A person is told at once: most of it is data that is missing.
                delivery = self.browse(delivery_id)
                delivery._hold(error, alarm_after=1)
                delivery.exists().date_begun = False
            if not Cron._commit_progress(1):
                break
        self._tell_people()
        if self.search_count(self._send_domain(), limit=1):
            self._trigger_cron("deliver")
            Cron._commit_progress()

    # === BUSINESS METHODS === #
    @api.model
    def _render_domain(self):
        return [
            ("state", "=", "queued"),
            ("date_rendered", "=", False),
            "|",
            ("next_try", "=", False),
            ("next_try", "<=", fields.Datetime.now()),
            "|",
            ("date_begun", "=", False),
            ("date_begun", "<=", fields.Datetime.now() - DEAD_AFTER),
        ]

    @api.model
    def _begin(self, delivery_id, domain):
        """Lock a delivery and remember that its documents are begun.

        :return: the delivery, or none: another worker has it, or it must wait, since
            the last time its documents were made the process did not survive
        """
        delivery = self._claim(delivery_id, domain)
        if not delivery:
            return delivery
        if delivery.date_begun:
            delivery._wait_after_death()
            return self.browse()
        delivery.date_begun = fields.Datetime.now()
        self.env.flush_all()
        # Whether the process survives is asked, not the database: no disk is awaited.
        self.env.cr.execute("SET LOCAL synchronous_commit TO off")
        self.env["ir.cron"]._commit_progress()
        delivery = delivery.try_lock_for_update(allow_referencing=True)
        return delivery.filtered_domain(
            [("state", "=", "queued"), ("date_rendered", "=", False)]
        )

    def _wait_after_death(self):
        """Let the others go first, and tell a person."""
        reason = self.env._(
            "The server stopped while the documents of %(bill)s were made. They are "
            "tried again; if it happens again, the document may be too large for the "
            "server's memory or time limits.",
            bill=self._about().display_name,
        )
        self.write(
            {
                **self._prepare_wait(reason, self.attempts + 1, alarm_after=1),
                "date_begun": False,
            }
        )
        self._trigger_at_next_try()

    def _render(self):
        """Make the documents of this delivery, unless a sound PDF is there."""
        self.ensure_one()
        move = self.move_id
        was_sent = move.is_move_sent
        if self._read_pdf() is None:
            # What a lost file leaves behind would stand for the PDF.
            move.invoice_pdf_report_id.unlink()
            move.invalidate_recordset(["invoice_pdf_report_id"])
            self._generate_documents()
        content = self._read_pdf()
        if content is None:
            raise UserError(
                self.env._(
                    "The PDF of %(bill)s could not be made: the document is empty or "
                    "no PDF.",
                    bill=move.display_name,
                )
            )
        move.is_move_sent = was_sent
        self.write(
            {
                "date_begun": False,
                "date_rendered": fields.Datetime.now(),
                "pdf_checksum": hashlib.sha256(content).hexdigest(),
                "pdf_size": len(content),
                "reason": False,
                "next_try": False,
                "attempts": 0,
            }
        )

    def _generate_documents(self):
        """Let Odoo make the PDF and the e-invoice formats; nothing is sent."""
        options = {"sending_methods": []}
        if self.pdf_only:
            options["invoice_edi_format"] = None
            options["extra_edis"] = []
        self.env["account.move.send"].with_context(
            force_report_rendering=True
        )._generate_and_send_invoices(self.move_id, **options)
        self.move_id.invalidate_recordset(["invoice_pdf_report_id"])

    def _read_pdf(self):
        """Return the PDF of the bill, or None when it is not there or no PDF.

        :rtype: bytes or None
        """
        attachment = self.move_id.invoice_pdf_report_id
        # A file that was lost from the disk is read as nothing.
        content = attachment.raw if attachment else b""
        return content if content and content.startswith(b"%PDF") else None
