import smtplib
from contextlib import contextmanager
from unittest.mock import patch

from .common import MspBillingCommon

PDF = b"%PDF-1.7 a bill %%EOF"


class FakeSession:
    """A mail server's session: takes mails, or does what a test scripted for it.

    A script is a list of answers, one for each mail: None accepts; a dict refuses
    recipients; an exception is raised before the content, ``("late", exception)``
    after it.
    """

    def __init__(self, script=()):
        self.script = list(script)
        self.mails = []
        self.closed = False

    def send_message(self, message, sender, recipients):
        answer = self.script.pop(0) if self.script else None
        late = isinstance(answer, tuple)
        if isinstance(answer, Exception):
            raise answer
        if not late and isinstance(answer, dict) and len(answer) == len(recipients):
            raise smtplib.SMTPRecipientsRefused(answer)
        self.data(message.as_bytes())
        self.mails.append((message, sender, recipients))
        if late:
            raise answer[1]
        return answer or {}

    def data(self, _content):
        return 250, b"2.0.0 Ok: queued as 4711"

    def noop(self):
        return 250, b"ok"

    def quit(self):
        self.closed = True


class DeliveryCommon(MspBillingCommon):
    """A bill whose mail is queued, a PDF engine that always works, a mail server."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.salesperson = cls.env["res.users"].create(
            {
                "name": "Sally",
                "login": "sally",
                "company_id": cls.company.id,
                "company_ids": [(6, 0, cls.company.ids)],
                "group_ids": [
                    (4, cls.env.ref("msp_billing.group_msp_billing_sales").id)
                ],
            }
        )
        cls.plan = cls._plan(cost=5.0)
        cls.customer = cls._customer()
        cls.subscription = cls._subscribe(
            cls.plan,
            cls.customer,
            bill_email="ap@acme.example.com",
            user_id=cls.salesperson.id,
        )
        cls._computers(cls.customer, 3)
        cls.session = FakeSession()
        cls.move = cls._bill_now()
        cls.delivery = cls.move.msp_delivery_ids

    @classmethod
    def _bill_now(cls, day="2026-02-01"):
        """Bill what is due without the scheduled action, and return the bills."""
        run = cls._new_run(day)
        bot = run._as_bot()
        bot._bill(bot._due_subscriptions())
        cls.env.flush_all()
        return run.move_ids

    @classmethod
    @contextmanager
    def _documents(cls, content=PDF, failing=()):
        """Make documents without an engine; those of ``failing`` bills fail."""

        def generate(delivery):
            if delivery.move_id in failing:
                raise failing[delivery.move_id]
            move = delivery.move_id
            delivery.env["ir.attachment"].create(
                {
                    "name": f"{move.name}.pdf".replace("/", "_"),
                    "raw": content,
                    "mimetype": "application/pdf",
                    "res_model": "account.move",
                    "res_id": move.id,
                    "res_field": "invoice_pdf_report_file",
                }
            )
            move.invalidate_recordset(["invoice_pdf_report_id"])
            move.is_move_sent = True

        Delivery = cls.env.registry["msp.delivery"]
        with patch.object(Delivery, "_generate_documents", generate):
            yield

    @classmethod
    def _render_now(cls, deliveries):
        """Make the documents of some deliveries without the scheduled action."""
        with cls._documents():
            for delivery in deliveries:
                delivery._as_bot()._render()
        cls.env.flush_all()
        cls.env.invalidate_all()

    @contextmanager
    def _mail_server(self, session):
        def open_session(_delivery):
            if isinstance(session, Exception):
                raise session
            return session

        Delivery = self.env.registry["msp.delivery"]
        with patch.object(Delivery, "_open_session", open_session):
            yield session

    def _cron(self, stage):
        """Let a scheduled action work, in a cursor whose commits are savepoints."""
        self.env.flush_all()
        with self.enter_registry_test_mode():
            cron = self.env.ref(f"msp_billing.ir_cron_{stage}").sudo()
            cron.method_direct_trigger()
        self.env.invalidate_all()

    def _render(self, **kwargs):
        with self._documents(**kwargs):
            self._cron("render")

    def _deliver(self, script=(), session=None):
        """Render and send; return the session of the mail server."""
        self._render()
        with self._mail_server(session or FakeSession(script)) as opened:
            self._cron("deliver")
        return opened

    def _again(self, script=()):
        """Send when the time of the next try has come."""
        self.delivery.sudo().next_try = False
        with self._mail_server(FakeSession(script)) as session:
            self._cron("deliver")
        return session

    def _activities(self, move=None):
        return (move or self.move).sudo().activity_ids
