from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import MspBillingCommon


@tagged("post_install", "-at_install")
class TestBillRun(MspBillingCommon):
    def test_run_posts_a_bill_with_evidence(self):
        plan = self._plan(cost=5.0)
        customer = self._customer()
        self._subscribe(plan, customer)
        computers = self._computers(customer, 3)
        run = self._bill("2026-02-01")
        self.assertEqual(run.state, "done")
        move = run.move_ids
        self.assertRecordValues(
            move,
            [
                {
                    "state": "posted",
                    "move_type": "out_invoice",
                    "partner_id": customer.id,
                    "amount_untaxed": 15.0,
                    "msp_bill_email": "acme@example.com",
                }
            ],
        )
        self.assertEqual(str(move.invoice_date), "2026-02-01")
        self.assertEqual(str(move.invoice_date_due), "2026-02-15")
        charge = run.cycle_ids.charge_ids
        self.assertRecordValues(
            charge,
            [{"quantity": 3.0, "unit_price": 5.0, "amount": 15.0, "counted": 3.0}],
        )
        self.assertEqual(charge.computer_ids.computer_id, computers)
        self.assertEqual(set(charge.computer_ids.mapped("days")), {31})
        self.assertEqual(charge.move_line_id.move_id, move)
        self.assertEqual(charge.move_line_id.quantity, 3.0)

    def test_running_twice_bills_once(self):
        plan = self._plan()
        customer = self._customer()
        subscription = self._subscribe(plan, customer)
        self._computers(customer, 2)
        first = self._bill("2026-02-01")
        second = self._bill("2026-02-01")
        self.assertEqual(len(first.move_ids), 1)
        self.assertFalse(second.move_ids)
        self.assertEqual(second.state, "done")
        self.assertEqual(str(subscription.billed_until), "2026-02-01")
        self.assertEqual(str(subscription.next_bill_date), "2026-03-01")

    def test_two_runs_of_a_date_started_together(self):
        plan = self._plan()
        customers = [self._customer(f"Customer{n} Ltd") for n in range(3)]
        for customer in customers:
            self._subscribe(plan, customer)
            self._computers(customer, 1)
        runs = self._new_run("2026-02-01") + self._new_run("2026-02-01")
        runs.action_start()
        self._work()
        self.assertEqual(set(runs.mapped("state")), {"done"})
        bills = self.env["account.move"].search([("msp_run_id", "in", runs.ids)])
        self.assertEqual(len(bills), 3)
        self.assertEqual(len(bills.partner_id), 3)

    def test_preview_equals_bill(self):
        plan = self._plan(cost=7.25)
        customer = self._customer()
        self._subscribe(plan, customer)
        self._computers(customer, 4)
        run = self._new_run("2026-02-01")
        run.action_preview()
        self.assertEqual(run.state, "previewed")
        self.assertFalse(run.move_ids)
        previewed = run.cycle_ids.fingerprint
        self.assertTrue(previewed)
        self.assertAlmostEqual(run.amount_untaxed, 29.0)
        run.action_start()
        self._work()
        self.assertEqual(run.cycle_ids.fingerprint, previewed)
        self.assertEqual(run.move_ids.amount_untaxed, 29.0)
        self.assertFalse(run.issue_ids)

    def test_change_after_preview_is_told(self):
        plan = self._plan()
        customer = self._customer()
        self._subscribe(plan, customer)
        self._computers(customer, 1)
        run = self._new_run("2026-02-01")
        run.action_preview()
        self._computers(customer, 1, name="Late")
        run.action_start()
        self._work()
        self.assertEqual(run.move_ids.amount_untaxed, 10.0)
        self.assertEqual(run.issue_ids.mapped("kind"), ["changed"])

    def test_future_run_can_only_be_previewed(self):
        plan = self._plan()
        customer = self._customer()
        self._subscribe(plan, customer)
        run = self._new_run("2999-01-01")
        with self.assertRaisesRegex(UserError, "lies ahead"):
            run.action_start()

    def test_one_bill_for_all_plans_of_a_customer(self):
        customer = self._customer()
        site = self._customer("Acme North", parent_id=customer.id, is_company=False)
        care, backup = self._plan("Care", 5.0), self._plan("Backup", 2.0)
        self._subscribe(care, customer, bill_email="ap@acme.example.com")
        self._subscribe(backup, site, bill_email="ap@acme.example.com")
        self._computers(customer, 2)
        self._computers(site, 3)
        run = self._bill("2026-02-01")
        move = run.move_ids
        self.assertEqual(len(move), 1)
        self.assertEqual(move.partner_id, customer)
        # Care counts the site's computers too: 5 x 5.00; Backup: 3 x 2.00.
        self.assertEqual(move.amount_untaxed, 31.0)
        sections = move.invoice_line_ids.filtered(
            lambda line: line.display_type == "line_section"
        )
        self.assertEqual(len(sections), 2)

    def test_due_days_and_address_split_bills(self):
        customer = self._customer()
        care, backup = self._plan("Care", 5.0), self._plan("Backup", 2.0)
        self._subscribe(care, customer)
        self._subscribe(backup, customer, due_days=30)
        self._computers(customer, 1)
        run = self._bill("2026-02-01")
        self.assertEqual(len(run.move_ids), 2)
        self.assertEqual(
            {str(day) for day in run.move_ids.mapped("invoice_date_due")},
            {"2026-02-15", "2026-03-03"},
        )

    def test_currencies_make_bills_of_their_own(self):
        euro = self.setup_other_currency("EUR", rates=[("2026-01-01", 2.0)])
        customer = self._customer()
        self._subscribe(self._plan("Care", 5.0), customer)
        self._subscribe(self._plan("Euro", 4.0, currency_id=euro.id), customer)
        self._computers(customer, 2)
        run = self._bill("2026-02-01")
        self.assertEqual(
            {(move.currency_id.name, move.amount_untaxed) for move in run.move_ids},
            {(self.company.currency_id.name, 10.0), ("EUR", 8.0)},
        )

    def test_currency_without_rate_is_held(self):
        money = self.env["res.currency"].create({"name": "XQX", "symbol": "Q"})
        customer = self._customer()
        self._subscribe(self._plan("Odd", 4.0, currency_id=money.id), customer)
        self._computers(customer, 2)
        run = self._bill("2026-02-01")
        self.assertFalse(run.move_ids)
        self.assertEqual(run.held_count, 1)
        self.assertIn("XQX", run.cycle_ids.reason)

    def test_missed_cycles_are_caught_up_in_lines_of_their_own(self):
        customer = self._customer()
        self._subscribe(self._plan(), customer)
        self._computers(customer, 1)
        run = self._bill("2026-04-01")
        self.assertEqual(run.billed_count, 3)
        self.assertEqual(run.move_ids.amount_untaxed, 15.0)
        lines = run.move_ids.invoice_line_ids.filtered("product_id")
        self.assertEqual(len(lines), 3)
        self.assertIn("Jan", lines[0].name)
        self.assertIn("Mar", lines[2].name)

    def test_too_many_missed_cycles_are_held_until_released(self):
        customer = self._customer()
        self._subscribe(self._plan(), customer, date_start="2025-03-01")
        self._computers(customer, 1, date_from="2025-03-01")
        run = self._bill("2026-05-01")
        self.assertFalse(run.move_ids)
        self.assertEqual(run.held_count, 14)
        self.assertIn("14 missed cycles", run.cycle_ids[0].reason)
        with self.assertRaisesRegex(UserError, "note"):
            run.cycle_ids.action_release("")
        run.cycle_ids.action_release("Agreed with the customer")
        again = self._bill("2026-05-01")
        self.assertEqual(again.billed_count, 14)
        self.assertEqual(again.move_ids.amount_untaxed, 70.0)

    def test_plan_without_price_is_held_and_others_are_billed(self):
        good, bad = self._customer("Good Ltd"), self._customer("Bad Ltd")
        self._subscribe(self._plan(), good)
        self._subscribe(self._plan("Empty", cost=0.0), bad)
        self._computers(good, 1)
        run = self._bill("2026-02-01")
        self.assertEqual(run.move_ids.partner_id, good)
        self.assertEqual((run.billed_count, run.held_count), (1, 1))
        self.assertEqual(run.state, "done")

    def test_failing_customer_does_not_stop_the_others(self):
        good, bad = self._customer("Good Ltd"), self._customer("Bad Ltd")
        self._subscribe(self._plan(), good)
        currency = self.setup_other_currency("GBP")
        plan = self._plan("Foreign Care", currency_id=currency.id)
        subscription = self._subscribe(plan, bad)
        self._computers(good, 1)
        self._computers(bad, 1)
        currency.active = False
        logger = "odoo.addons.msp_billing.models.msp_bill_run_failure"
        with self.assertLogs(logger, "WARNING") as logs:
            run = self._bill("2026-02-01")
        self.assertIn("Bad Ltd was not billed", logs.output[0])
        self.assertEqual(run.state, "done")
        self.assertEqual(run.move_ids.partner_id, good)
        self.assertRecordValues(
            run.cycle_ids.filtered(lambda cycle: cycle.partner_id == bad),
            [{"state": "failed", "attempts": 1}],
        )
        self.assertTrue(subscription.activity_ids)
        currency.active = True
        again = self._bill("2026-02-01")
        self.assertEqual(again.move_ids.partner_id, bad)

    def test_nothing_to_bill(self):
        customer = self._customer()
        self._subscribe(self._plan(), customer)
        self._computers(customer, 1, date_to="2026-01-02")
        run = self._bill("2026-02-01")
        self.assertFalse(run.move_ids)
        self.assertRecordValues(
            run.cycle_ids, [{"state": "billed", "reason": "Nothing to bill"}]
        )

    def test_extra_charge_is_billed_once(self):
        customer = self._customer()
        subscription = self._subscribe(self._plan(), customer)
        self._computers(customer, 1)
        subscription.extra_charge_ids = [
            Command.create(
                {"name": "Setup", "date": "2026-01-10", "quantity": 2, "unit_price": 50}
            )
        ]
        first = self._bill("2026-02-01")
        self.assertEqual(first.move_ids.amount_untaxed, 105.0)
        second = self._bill("2026-03-01")
        self.assertEqual(second.move_ids.amount_untaxed, 5.0)
        with self.assertRaisesRegex(UserError, "is billed"):
            subscription.extra_charge_ids.quantity = 3

    def test_negative_total_becomes_a_credit_note(self):
        customer = self._customer()
        subscription = self._subscribe(self._plan(), customer)
        self._computers(customer, 1)
        subscription.extra_charge_ids = [
            Command.create(
                {
                    "name": "Goodwill",
                    "date": "2026-01-10",
                    "quantity": -1,
                    "unit_price": 50,
                }
            )
        ]
        move = self._bill("2026-02-01").move_ids
        self.assertEqual(move.move_type, "out_refund")
        self.assertEqual(move.amount_untaxed, 45.0)

    def test_dissociation_bills_the_rest(self):
        customer = self._customer()
        subscription = self._subscribe(self._plan(cost=30.0), customer)
        self._computers(customer, 1)
        self._bill("2026-02-01")
        subscription.action_dissociate("2026-02-15")
        move = self._bill("2026-02-15").move_ids
        self.assertEqual(move.amount_untaxed, 15.0)
        self.assertFalse(subscription.next_bill_date)
        self.assertFalse(self._bill("2026-04-01").move_ids)

    def test_approval(self):
        self.company.msp_approval = True
        customer = self._customer()
        self._subscribe(self._plan(), customer)
        self._computers(customer, 1)
        run = self._bill("2026-02-01")
        self.assertEqual(run.state, "waiting")
        self.assertFalse(run.move_ids)
        run.action_approve()
        self._work()
        self.assertEqual(run.state, "done")
        self.assertEqual(run.move_ids.amount_untaxed, 5.0)

    def test_pause_and_resume(self):
        customer = self._customer()
        self._subscribe(self._plan(), customer)
        self._computers(customer, 1)
        run = self._new_run("2026-02-01")
        run.action_start()
        run.action_pause()
        self._work()
        self.assertFalse(run.move_ids)
        run.action_resume()
        self._work()
        self.assertEqual(len(run.move_ids), 1)

    def test_bill_cannot_be_duplicated(self):
        customer = self._customer()
        self._subscribe(self._plan(), customer)
        self._computers(customer, 1)
        move = self._bill("2026-02-01").move_ids
        with self.assertRaisesRegex(UserError, "duplicated"):
            move.copy()

    def test_cron_opens_the_run_of_today(self):
        customer = self._customer()
        today = self.company._msp_today()
        self._subscribe(
            self._plan(),
            customer,
            date_start=today.replace(day=1, year=today.year - 1),
            billing_cycle="yearly",
        )
        self._computers(customer, 1)
        with self.enter_registry_test_mode():
            self.env.ref("msp_billing.ir_cron_open_runs").sudo().method_direct_trigger()
            self.env.ref("msp_billing.ir_cron_open_runs").sudo().method_direct_trigger()
        self._work()
        run = self.env["msp.bill.run"].search([("company_id", "=", self.company.id)])
        self.assertEqual(len(run), 1)
        self.assertTrue(run.automatic)
        self.assertEqual(len(run.move_ids), 1)
