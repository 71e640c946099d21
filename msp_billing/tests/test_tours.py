import base64
from unittest.mock import patch

from odoo.fields import Command
from odoo.tests import HttpCase, new_test_user, tagged

from odoo.addons.base.models import ir_cron

from ..models import msp_bill_run_work
from .common import MspBillingCommon
from .report_common import read_pages

EXPORT = """Organization;Device ID;Hostname;Device Type
Acme Ltd;D-1;PC 1;Server
Acme Ltd;D-2;PC 2;Laptop
Beta Ltd;D-3;PC 3;Laptop
Beta Ltd;D-4;PC 4;toaster
Lab;D-5;PC 5;Server
"""


@tagged("post_install", "-at_install")
class TestTours(MspBillingCommon, HttpCase):
    """What people do in the browser, with the smallest rights that suffice."""

    def _work(self):
        # A browser's test has the registry in test mode already.
        self.env.ref("msp_billing.ir_cron_bill").sudo().method_direct_trigger()
        self.env.invalidate_all()

    def _user(self, login, groups):
        return new_test_user(
            self.env,
            login,
            groups=groups,
            name=login.title(),
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )

    def _tour(self, name, login):
        self.start_tour("/odoo", f"msp_billing_{name}", login=login, timeout=180)

    def _due_customer(self):
        customer = self._customer("Acme Ltd")
        self._computers(customer, 2)
        plan = self._plan("Workstation Care", cost=12.5)
        return self._subscribe(plan, customer)

    def test_manager_adds_a_service_plan(self):
        self._user("manager", "msp_billing.group_msp_billing_manager")
        self._tour("add_service_plan", "manager")
        plan = self.env["msp.service.plan"].search([("name", "=", "Workstation Care")])
        self.assertEqual(plan.company_id, self.company)
        self.assertEqual(plan.price_ids.mapped("unit_price"), [12.5])

    def test_manager_changes_prices(self):
        subscription = self._due_customer()
        self._user("manager", "msp_billing.group_msp_billing_manager")
        self._tour("change_prices", "manager")
        prices = subscription.plan_id.price_ids
        new = prices.filtered("replaces_id")
        self.assertEqual(new.unit_price, 13.15)
        self.assertEqual(str(new.date_from), "2100-01-01")
        self.assertEqual((prices - new).unit_price, 12.5)

    def test_manager_bills(self):
        subscription = self._due_customer()
        self._user("manager", "msp_billing.group_msp_billing_manager")
        self._tour("start_bill_run", "manager")
        run = subscription.cycle_ids.run_id
        self.assertEqual(run.state, "running")
        self.assertEqual(str(run.date), "2026-02-01")
        self._work()
        self.assertEqual(run.state, "done")
        self._tour("see_bills", "manager")

    def test_manager_watches_a_bill_run(self):
        self._due_customer()
        other = self._customer("Beta Ltd")
        self._subscribe(self._plan("Server Care"), other)
        self._computers(other, 1)
        run = self._new_run("2026-02-01")
        run.action_start()
        self._user("manager", "msp_billing.group_msp_billing_manager")
        Run = self.registry["msp.bill.run"]
        get_progress, asked = Run.get_progress, []

        def work_meanwhile(record):
            # The first question finds nothing done, the next ones a customer more.
            if asked and record.state == "running":
                self._work_on_one(record)
            asked.append(record.state)
            return get_progress(record)

        # Else the request gets a cursor that only reads, and the worker stumbles on it.
        work_meanwhile._readonly = False
        with patch.object(Run, "get_progress", work_meanwhile):
            self._tour("watch_bill_run", "manager")
        self.assertEqual((run.state, len(run.move_ids)), ("done", 2))
        self.assertIn("paused", asked)
        # Done is the last that it hears: it does not ask again.
        self.assertEqual(asked.count("done"), 1)

    def _work_on_one(self, run):
        """Let a worker bill one customer, and close the run after the last one."""
        with (
            patch.object(msp_bill_run_work, "BATCH_SIZE", 1),
            patch.object(ir_cron, "MIN_TIME_PER_JOB", 0),
            patch.object(ir_cron, "MIN_RUNS_PER_JOB", 1),
        ):
            self._work()
        if not run._as_bot()._count_remaining():
            self._work()

    def test_manager_releases_and_approves(self):
        plan = self._plan(cost=12.5)
        self.company.msp_approval = True
        held = self._subscribe(plan, self._customer("Acme Ltd"))
        other = self._customer("Beta Ltd")
        self._computers(other, 2)
        self._subscribe(plan, other)
        self._user("manager", "msp_billing.group_msp_billing_manager")
        run = self._new_run("2026-02-01")
        run.action_preview()
        run.action_start()
        self.assertEqual((run.state, run.held_count), ("waiting", 1))
        self._tour("release_and_approve", "manager")
        self._work()
        self.assertEqual((run.state, run.billed_count), ("done", 2))
        self.assertEqual(held.cycle_ids.release_note, "They begin with no computers")
        self.assertEqual(run.move_ids.partner_id, other)

    def test_manager_imports_a_csv(self):
        acme, beta = self._customer("Acme Ltd"), self._customer("Beta Ltd")
        manager = self._user("manager", "msp_billing.group_msp_billing_manager")
        source = self.env["msp.source"].create(
            {"name": "RMM", "code": "tour", "company_id": self.company.id}
        )
        wizard = (
            self.env["msp.source.import"]
            .with_user(manager)
            .create(
                {
                    "source_id": source.id,
                    "file": base64.b64encode(EXPORT.encode()),
                    "filename": "export.csv",
                    "taken_at": "2026-01-15 10:00:00",
                }
            )
        )
        path = "/odoo/action-msp_billing.msp_source_import_action"
        self.start_tour(
            f"{path}/{wizard.id}",
            "msp_billing_import_csv",
            login="manager",
            timeout=180,
        )
        computers = self.env["msp.computer"].search([("source_id", "=", source.id)])
        self.assertEqual(sorted(computers.mapped("name")), ["PC 1", "PC 2", "PC 3"])
        self.assertEqual(computers.partner_id, acme + beta)

    def test_sales_associates_and_dissociates(self):
        plan = self._plan("Workstation Care", cost=12.5)
        for number in range(1, 6):
            customer = self._customer(f"Customer{number} Ltd")
            if number == 1:
                self._computers(customer, 2)
        self._user("sales", "msp_billing.group_msp_billing_sales")
        self._tour("associate_customers", "sales")
        subscriptions = plan.subscription_ids
        self.assertEqual(len(subscriptions), 5)
        self.assertEqual(set(subscriptions.mapped("due_days")), {30})
        self._tour("dissociate_customers", "sales")
        ended = subscriptions.filtered("date_end")
        self.assertEqual(
            sorted(ended.partner_id.mapped("name")), ["Customer2 Ltd", "Customer4 Ltd"]
        )
        self.assertEqual({str(day) for day in ended.mapped("date_end")}, {"2100-01-01"})

    def test_accountant_registers_a_payment(self):
        self._due_customer()
        move = self._bill("2026-02-01").move_ids
        self._user("accountant", "account.group_account_invoice")
        self._tour("register_payment", "accountant")
        self.assertIn(move.payment_state, ("paid", "in_payment"))
        self.assertFalse(move.amount_residual)

    def test_accountant_sends_and_credits(self):
        """By what Odoo has for it, on a bill of ours."""
        subscription = self._due_customer()
        beta = self._customer("Beta Ltd")
        self._computers(beta, 1)
        own = self._subscribe(subscription.plan_id, beta)
        self._bill("2026-02-01")
        self._user("accountant", "account.group_account_invoice")
        self._tour("send_and_credit", "accountant")
        bill = own.cycle_ids.move_id
        credit = bill.reversal_move_ids
        self.assertRecordValues(
            credit,
            [{"state": "posted", "amount_untaxed": 12.5, "move_type": "out_refund"}],
        )
        self.assertEqual(credit.msp_run_id, bill.msp_run_id)
        self.assertEqual(bill.payment_state, "reversed")
        # A plain credit frees nothing.
        self.assertEqual(own.cycle_ids.state, "billed")

    def test_accountant_downloads_the_consolidated_bill(self):
        subscription = self._due_customer()
        beta = self._customer("Beta Ltd")
        self._computers(beta, 1)
        self._subscribe(subscription.plan_id, beta)
        self._bill("2026-02-01")
        self._user("accountant", "account.group_account_invoice")
        self._tour("download_consolidated", "accountant")
        made = (
            self.env["ir.attachment"]
            .sudo()
            .search([("res_model", "=", "msp.consolidated.bill")])
        )
        self.assertEqual(made.mimetype, "application/pdf")
        text = "".join(read_pages(made.raw))
        self.assertIn("Beta Ltd", text)
        self.assertNotIn("Acme Ltd", text)
