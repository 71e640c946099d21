from unittest.mock import patch

from lxml import html

from odoo.fields import Command
from odoo.tests import new_test_user, tagged
from odoo.tests.common import RecordCapturer

from .portal_common import PortalCase


@tagged("post_install", "-at_install")
class TestPortalBill(PortalCase):
    """Beside a bill: its evidence, and "this line looks wrong"."""

    def setUp(self):
        super().setUp()
        self.bill = self._bill("2026-05-01", partner_ids=self.acme.ids).move_ids
        self.charge = self.bill.msp_cycle_ids.charge_ids
        self.path = f"/my/invoices/{self.bill.id}"
        self.wrong = f"{self.path}/charges/{self.charge.id}"

    def _tell(self, text, login="clerk", status=303, path=None):
        path = path or self.wrong
        form = self._page(path, login)
        [token] = form.xpath("//main//input[@name='csrf_token']/@value")
        return self._page(path, login, status, csrf_token=token, text=text)

    def test_the_page_of_a_bill(self):
        text = self._text(self.path)
        self.assertIn("Lines of this bill", text)
        self.assertIn("25.00", text)
        links = self._page(self.path).xpath("//div[@id='msp_bill_lines']//a/@href")
        self.assertEqual(links, [f"{self.path}/computers", self.wrong])
        plain = self._create_invoice_one_line(
            partner_id=self.acme.id, price_unit=100, post=True
        )
        text = self._text(f"/my/invoices/{plain.id}")
        self.assertNotIn("Lines of this bill", text)
        self._page(f"/my/invoices/{plain.id}/computers", status=303)

    def test_evidence(self):
        rows = self._csv(f"{self.path}/computers")
        first = dict(zip(rows[0], rows[1], strict=True))
        self.assertEqual(first["Computer"], "ACM-001")
        self.assertEqual(first["First Day"], "2026-04-01")
        self.assertEqual(first["Last Day"], "2026-04-30")
        self.assertEqual(first["Days"], "30")
        self.assertEqual(first["Status"], "Counted")
        self.assertEqual(float(first["Amount"]), 25.0)
        self.assertEqual(len(rows), 3)

    def test_ids_that_the_database_cannot_have(self):
        for unknown in (2**31, 10**20):
            for path in (
                f"/my/invoices/{unknown}/computers",
                f"/my/invoices/{unknown}/charges/{self.charge.id}",
                f"{self.path}/charges/{unknown}",
            ):
                self._page(path, status=303)

    def test_by_the_token_of_the_bill(self):
        token = self.bill._portal_ensure_token()
        self.authenticate(None, None)
        for path, status in (
            (f"{self.path}/computers", 303),
            (f"{self.path}/computers?access_token=wrong", 303),
            (f"{self.path}/computers?access_token={token}", 200),
            (self.wrong, 303),
            (f"{self.wrong}?access_token={token}", 200),
        ):
            answer = self.url_open(path, allow_redirects=False)
            self.assertEqual(answer.status_code, status, path)
        form = html.fromstring(answer.content)
        [csrf] = form.xpath("//main//input[@name='csrf_token']/@value")
        answer = self.url_open(
            self.wrong,
            data={"csrf_token": csrf, "text": "Who is it?", "access_token": token},
            allow_redirects=False,
        )
        self.assertIn(token, answer.headers["Location"])
        self.assertEqual(self.bill.msp_dispute_ids.author_id, self.acme)

    def test_tell_that_a_line_looks_wrong(self):
        with RecordCapturer(self.env["mail.message"]) as posted:
            self._tell("ACM-002 was <b>scrapped</b>\nin March.")
        self.assertTrue(self.bill.msp_disputed)
        [dispute] = self.bill.msp_dispute_ids
        self.assertEqual(dispute.author_id, self.clerk.partner_id)
        self.assertEqual(dispute.user_id, self.sales)
        told = posted.records.filtered(lambda m: m.message_type == "comment")
        self.assertEqual(told.author_id, self.clerk.partner_id)
        self.assertEqual(told.subtype_id, self.env.ref("mail.mt_comment"))
        self.assertFalse(told.is_internal)
        self.assertIn("&lt;b&gt;scrapped&lt;/b&gt;<br>", told.body)
        self.assertEqual(self.bill.activity_ids.user_id, self.sales)
        # The page says so, and what happens next.
        text = self._text(f"{self.path}?msp_told={self.charge.id}")
        self.assertIn("Thank you, we look into it", text)
        self.assertIn("We look into it since", text)
        self.assertNotIn("This line looks wrong", text)

    def test_thanks_only_for_what_was_told(self):
        """What stands in the address of the page is not believed, however long."""
        for told in (self.charge.id, "9" * 5000, "²", "nonsense"):
            text = self._text(f"{self.path}?msp_told={told}")
            self.assertNotIn("Thank you", text)
            self.assertIn("This line looks wrong", text)

    def test_told_twice_is_told_once(self):
        self._tell("Two of them are gone.")
        with RecordCapturer(self.env["mail.message"]) as posted:
            self._tell("Two of them are gone.")
        self.assertFalse(posted.records)
        self.assertEqual(len(self.bill.msp_dispute_ids), 1)
        self.assertEqual(len(self.bill.activity_ids), 1)

    def test_what_is_refused(self):
        for text, words in (
            (" ", "Write what looks wrong"),
            ("x" * 2001, "yours has 2001"),
        ):
            page = self._tell(text, status=200)
            [error] = page.xpath("//div[@id='msp_wrong_error']")
            self.assertIn(words, error.text_content())
        with patch("odoo.addons.msp_billing.models.account_move_dispute.PER_DAY", 0):
            page = self._tell("Again wrong", status=200)
        [error] = page.xpath("//div[@id='msp_wrong_error']")
        self.assertIn("discussion below the bill", error.text_content())
        self.assertFalse(self.bill.msp_disputed)

    def test_strangers(self):
        beta_plan = self._subscribe(self.plan, self.beta, "2026-04-01")
        theirs = self._bill("2026-05-01", partner_ids=self.beta.ids).move_ids
        self.assertEqual(theirs.msp_cycle_ids.subscription_id, beta_plan)
        foreign = theirs.msp_cycle_ids.charge_ids
        for path in (
            self.wrong,
            f"{self.path}/computers",
            # Their own bill, but a charge of another one.
            f"/my/invoices/{theirs.id}/charges/{self.charge.id}",
        ):
            self._page(path, "stranger", status=303)
        self._page(f"/my/invoices/{theirs.id}/charges/{foreign.id}", "stranger")

    def test_without_a_salesperson_a_manager_answers(self):
        self.subscription.user_id = False
        manager = new_test_user(
            self.env,
            "boss",
            groups="msp_billing.group_msp_billing_manager",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        Run = self.env.registry["msp.bill.run"]
        with patch.object(Run, "_managers", lambda self, company: manager):
            self._tell("Two of them are gone.")
        self.assertEqual(self.bill.activity_ids.user_id, manager)

    def test_the_answer_ends_it(self):
        self._tell("Two of them are gone.")
        activity = self.bill.activity_ids
        accountant = new_test_user(
            self.env,
            "accountant",
            groups="account.group_account_invoice",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        End = self.env["msp.bill.dispute.end"].with_user(accountant)
        dialog = End.with_context(
            active_model="account.move", active_id=self.bill.id
        ).create({"note": "They were there until June."})
        dialog.action_end()
        self.assertFalse(self.bill.msp_disputed)
        self.assertEqual(self.bill.msp_dispute_ids.state, "ended")
        self.assertFalse(activity.exists().active)
        answer = self.bill.message_ids.filtered(
            lambda m: "until June" in (m.body or "") and m.message_type == "comment"
        )
        self.assertEqual(answer.author_id, accountant.partner_id)
        self.assertEqual(answer.subtype_id, self.env.ref("mail.mt_comment"))
        # It can be told again: a second dispute of the charge.
        self._tell("No, they were not.")
        self.assertEqual(self.bill.msp_dispute_ids.mapped("state"), ["open", "ended"])

    def test_a_customer_s_day(self):
        """Plans, computers of an earlier day, a bill, and a line that looks wrong."""
        self.start_tour("/my", "msp_billing_portal_day", login="clerk", timeout=120)
        [dispute] = self.bill.msp_dispute_ids
        self.assertEqual(dispute.text, "ACM-002 was scrapped in March.")
        self.assertEqual(dispute.author_id, self.clerk.partner_id)
        delivery = self.bill.msp_delivery_ids.sudo()
        delivery.write({"state": "sent", "date_sent": "2026-05-01 09:00:00"})
        remind = self.env["msp.delivery"].sudo()._remind_company
        self.assertFalse(remind(self.company))
        self.bill.action_msp_end_dispute("It is gone: you get a credit for it.")
        self.assertTrue(remind(self.company))
        self.start_tour(
            self.path, "msp_billing_portal_answer", login="clerk", timeout=120
        )
