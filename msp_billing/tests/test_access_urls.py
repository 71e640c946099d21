import json

from odoo.http import Request
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from .access_world import AccessWorld

# Of the other company's bill, customer, computers: none of it reaches a stranger.
SECRETS = ("Zenith", "ZEN/", "ZEN-", "7,787", "7787.77", "7,777", "7777.77")
# What a stranger sends himself may be told back to him.
SENT = ("Zenith-1",)
BILL = "/my/invoices/{bill}"
GET = (
    BILL,
    BILL + "?report_type=html",
    BILL + "?report_type=pdf",
    BILL + "?report_type=text",
    BILL + "?report_type=pdf&download=true",
    BILL + "?access_token=wrong",
    BILL + "?access_token={own_token}",
    BILL + "?report_type=html&access_token={own_token}",
    BILL + "?report_type=pdf&download=1&access_token={own_token}",
    "/my/plans/{subscription}",
    BILL + "/computers",
    BILL + "/computers?access_token=wrong",
    BILL + "/computers?access_token={own_token}",
    BILL + "/charges/{charge}",
    BILL + "/charges/{charge}?access_token={own_token}",
    "/my/invoices/{own_bill}/charges/{charge}",
    "/my/invoices/{own_bill}/charges/{charge}?access_token={own_token}",
    "/web/content/{attachment}",
    "/web/content/{attachment}?download=true",
    "/web/content/{attachment}?access_token=wrong",
    "/web/content/{download}?download=true",
    "/web/content/account.move/{bill}/invoice_pdf_report_file",
    "/web/content/account.move/{bill}/name",
    "/web/content/msp.source.import/{import_}/file",
    "/web/content?model=msp.subscription&id={subscription}&field=bill_email",
    "/web/image/{attachment}",
    "/web/image/account.move/{bill}/invoice_pdf_report_file",
    "/web/image?model=msp.source.import&id={import_}&field=file",
    "/web/partner/vcard?partner_ids={customer}",
    "/report/html/msp_billing.report_bill/{bill}",
    "/report/pdf/msp_billing.report_bill/{bill}",
    "/report/text/msp_billing.report_bill/{bill}",
    "/report/html/account.report_invoice/{bill}",
    "/report/pdf/account.report_invoice_with_payments/{bill}",
    "/report/html/msp_billing.report_consolidated/{consolidated}",
    "/report/pdf/msp_billing.report_consolidated/{consolidated}",
    "/account/download_invoice_attachments/{attachment}",
    "/account/download_invoice_documents/{bill}/pdf",
    "/account/download_move_attachments/{bill}",
    "/mail/view?model=account.move&res_id={bill}",
    "/mail/view?model=msp.bill.run&res_id={run}",
    "/odoo/action-msp_billing.msp_bill_action/{bill}",
    "/odoo/msp.subscription/{subscription}",
    "/json/1/action-msp_billing.msp_subscription_action/{subscription}",
    "/json/1/action-msp_billing.msp_bill_action/{bill}",
)
THREAD = {"thread_model": "account.move", "thread_id": "{bill}"}
LISTS = ["attachments", "followers", "suggestedRecipients"]
CALL = "/web/dataset/call_kw/"


def call(model, method, *args, **kwargs):
    """Return the path and the parameters of a call as the web client makes it."""
    params = {"model": model, "method": method, "args": args, "kwargs": kwargs}
    return f"{CALL}{model}/{method}", params


JSON = (
    call("account.move", "read", ["{bill}"], ["name", "amount_total"]),
    call("account.move", "web_search_read", [["id", "=", "{bill}"]], {"name": {}}),
    call("account.move", "get_portal_url", ["{bill}"]),
    call("account.move", "preview_invoice", ["{bill}"]),
    call("account.move.line", "search_read", [["move_id", "=", "{bill}"]], ["name"]),
    call("msp.subscription", "read", ["{subscription}"], ["bill_email", "partner_id"]),
    call("msp.subscription", "name_search", "Zenith-1"),
    call("msp.computer", "search_read", [["company_id", "=", "{company}"]], ["name"]),
    call("msp.bill.dispute", "search_read", [["move_id", "=", "{bill}"]], ["text"]),
    call("account.move", "action_msp_end_dispute", ["{bill}"], "Zenith-1"),
    call("account.move", "_msp_dispute", ["{bill}"], 1, "Wrong", 1),
    call("msp.portal", "_plans", ["{subscription}"]),
    call("msp.consolidated.bill", "action_download", ["{consolidated}"]),
    call("msp.bill.run", "export_data", ["{run}"], ["name", "partner_ids/name"]),
    call("msp.delivery", "action_resend", ["{delivery}"]),
    call("ir.attachment", "read", ["{attachment}"], ["raw", "name"]),
    call("res.partner", "read", ["{customer}"], ["name", "msp_open_balance"]),
    ("/mail/thread/messages", THREAD),
    ("/mail/thread/recipients", {**THREAD, "message_id": 1}),
    (
        "/mail/data",
        {"fetch_params": [["mail.thread", {**THREAD, "request_list": LISTS}]]},
    ),
    ("/mail/chatter_fetch", THREAD),
    ("/portal/chatter_init", THREAD),
    ("/mail/message/post", {**THREAD, "post_data": {"body": "Hello"}}),
)
STRANGERS = ("portal", "sales", "internal", "public", "agent")


@tagged("post_install", "-at_install")
class TestAccessUrls(AccessWorld, HttpCase):
    """No address tells a stranger anything of another customer's documents."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        own, other = cls.world["own"], cls.world["other"]
        bill = other["account.move"].sudo()
        Attachment = cls.env["ir.attachment"].sudo()
        document = {"raw": b"%PDF-1.7 Zenith 7,787.77 %%EOF", "type": "binary"}
        pdf = Attachment.create(
            {
                **document,
                "name": "Zenith.pdf",
                "res_model": "account.move",
                "res_id": bill.id,
                "res_field": "invoice_pdf_report_file",
            }
        )
        consolidated = other["msp.consolidated.bill"]
        download = Attachment.create(
            {
                **document,
                "name": "Bills.pdf",
                "res_model": consolidated._name,
                "res_id": consolidated.id,
            }
        )
        bill.message_post(body="Zenith pays late")
        cls.ids = {
            "bill": bill.id,
            "own_bill": own["account.move"].id,
            "charge": other["msp.charge"][:1].id,
            "own_token": own["account.move"].sudo()._portal_ensure_token(),
            "token": bill._portal_ensure_token(),
            "attachment": pdf.id,
            "download": download.id,
            "consolidated": consolidated.id,
            "import_": other["msp.source.import"].id,
            "subscription": other["msp.subscription"].id,
            "customer": other["res.partner"].id,
            "delivery": other["msp.delivery"].id,
            "run": other["msp.bill.run"].id,
            "company": cls.other.id,
        }
        source = own["msp.source"].sudo()
        expires = source.key_ids.expiration_date
        cls.key = source.env["msp.source.key"]._make(source, "Test", expires)
        cls.env.flush_all()

    # === ASKING === #
    def _sign_in(self, role):
        login = None if role in ("public", "agent") else self.users[role].login
        self.authenticate(login, login)
        if role == "agent":
            self.opener.headers["Authorization"] = f"Bearer {self.key}"

    def _filled(self, value):
        """Return parameters with ids in the place of their names in braces."""
        if isinstance(value, dict):
            return {key: self._filled(each) for key, each in value.items()}
        if isinstance(value, (list, tuple)):
            return [self._filled(each) for each in value]
        if isinstance(value, str) and value.startswith("{"):
            return self.ids[value.strip("{}")]
        return value

    def _post(self, path, params):
        body = json.dumps({"jsonrpc": "2.0", "params": self._filled(params)})
        headers = {"Content-Type": "application/json"}
        return self.url_open(path, data=body, headers=headers)

    def _assert_tells_nothing(self, answer, what):
        text = answer.content.decode(errors="replace")
        for sent in SENT:
            text = text.replace(sent, "")
        told = [secret for secret in SECRETS if secret in text]
        self.assertFalse(told, f"{what}: {answer.status_code} {text[:500]}")

    # === TESTS === #
    @mute_logger("odoo.http", "odoo.addons.base.models.ir_rule")
    def test_addresses(self):
        self.assertGreaterEqual(len(GET) + len(JSON), 40)
        rows = self._count()
        for role in STRANGERS:
            self._sign_in(role)
            for path in GET:
                path = path.format(**self.ids)
                answer = self.url_open(path, allow_redirects=False)
                with self.subTest(f"{role} {path}"):
                    self._assert_tells_nothing(answer, path)
                    # The page of the web client and an empty image are for anybody.
                    shell = path.startswith(("/odoo/", "/web/image"))
                    self.assertTrue(
                        shell or answer.status_code in (303, 400, 401, 403, 404),
                        answer.status_code,
                    )
        self.assertEqual(self._count(), rows)

    @mute_logger("odoo.http", "odoo.addons.base.models.ir_rule")
    def test_calls(self):
        rows = self._count()
        for role in STRANGERS:
            self._sign_in(role)
            for path, params in JSON:
                answer = self._post(path, params)
                with self.subTest(f"{role} {path} {params}"):
                    self._assert_tells_nothing(answer, path)
                    self.assertFalse(self._result_names(answer))
        self.assertEqual(self._count(), rows)

    def _result_names(self, answer):
        """Return the address of a bill that a call answered, if it did."""
        return self.ids["token"] in answer.text

    def _count(self):
        """Return how many messages the bill has, and how many bills there are."""
        self.env.invalidate_all()
        Move = self.env["account.move"].sudo()
        messages = Move.browse(self.ids["bill"]).message_ids
        return len(messages), Move.search_count([])

    @mute_logger("odoo.http", "odoo.addons.web.controllers.report")
    def test_exports(self):
        """What the list view downloads, and a report with its form."""
        data = {
            "model": "account.move",
            "ids": [self.ids["bill"]],
            "domain": [],
            "import_compat": False,
            "fields": [{"name": "name", "label": "Number"}],
        }
        report = [f"/report/pdf/msp_billing.report_bill/{self.ids['bill']}", "qweb-pdf"]
        for role in STRANGERS:
            self._sign_in(role)
            for path, payload in (
                ("/web/export/csv", data),
                ("/web/export/xlsx", data),
                ("/web/export/csv", {**data, "model": "msp.subscription"}),
                ("/report/download", report),
            ):
                form = {
                    "data": json.dumps(payload),
                    "csrf_token": Request.csrf_token(self),
                }
                answer = self.url_open(path, data=form, allow_redirects=False)
                with self.subTest(f"{role} {path}"):
                    self._assert_tells_nothing(answer, path)
                    # What failed to print is told in a page of its own.
                    if path != "/report/download":
                        self.assertNotEqual(answer.status_code, 200)
                    self.assertNotIn(b"%PDF", answer.content)

    @mute_logger("odoo.http")
    def test_keys_open_nothing_else(self):
        """The key of a source is for its reports: no data, no customer of others."""
        self._sign_in("agent")
        for model, body in (
            ("account.move", {"ids": [self.ids["bill"]], "fields": ["name"]}),
            ("msp.subscription", {"ids": [self.ids["subscription"]]}),
            ("res.users", {"ids": self.users["agent"].ids, "fields": ["login"]}),
        ):
            answer = self.url_open(f"/json/2/{model}/read", json=body)
            self.assertEqual(answer.status_code, 401, model)
            self._assert_tells_nothing(answer, model)
        snapshot = {
            "customer": "Zenith-1",
            "taken_at": "2026-04-01T20:00:00Z",
            "complete": True,
            "computers": [],
        }
        for key, status in ((self.key, 422), ("wrong", 401)):
            headers = {"Authorization": f"Bearer {key}", "Idempotency-Key": key[:8]}
            answer = self.url_open("/msp/v1/inventory", json=snapshot, headers=headers)
            self.assertEqual(answer.status_code, status, answer.text)
            self._assert_tells_nothing(answer, "inventory")

    def test_the_addresses_are_right(self):
        """To whom they belong these tell what they hide from strangers."""
        groups = "account.group_account_manager,msp_billing.group_msp_billing_manager"
        self.users["insider"] = self._user("insider", groups, self.other)
        self._sign_in("insider")
        for path in (
            BILL,
            BILL + "?report_type=html",
            BILL + "?access_token={token}",
            "/web/content/{attachment}",
            "/web/content/account.move/{bill}/invoice_pdf_report_file",
            "/report/html/msp_billing.report_bill/{bill}",
            "/report/html/account.report_invoice/{bill}",
            "/account/download_invoice_attachments/{attachment}",
            "/account/download_invoice_documents/{bill}/pdf",
        ):
            path = path.format(**self.ids)
            answer = self.url_open(path)
            with self.subTest(path):
                self.assertEqual(answer.status_code, 200)
                text = answer.content.decode(errors="replace")
                self.assertTrue(any(secret in text for secret in SECRETS), text[:300])
        for path, params in JSON[:2] + JSON[4:6] + JSON[17:18]:
            with self.subTest(f"{path} {params}"):
                text = self._post(path, params).text
                self.assertTrue(any(secret in text for secret in SECRETS), text[:300])
        # A customer sees his own bill, and with its token anybody does.
        own = f"/my/invoices/{self.world['own']['account.move'].id}?report_type=html"
        for role, query in (("portal", ""), ("public", self.ids["own_token"])):
            self._sign_in(role)
            answer = self.url_open(f"{own}&access_token={query}")
            self.assertEqual(answer.status_code, 200)
            self.assertIn("Acme", answer.text, role)
