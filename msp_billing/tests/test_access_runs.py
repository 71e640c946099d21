from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged

from .access_common import ROLES, AccessCommon
from .refusal import RefusalMixin


@tagged("post_install", "-at_install")
class TestAccessRuns(RefusalMixin, AccessCommon):
    """What only a run changes, and who may start one."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer = cls._customer()
        cls._computers(cls.customer, 2)
        cls.subscription = cls._subscribe(cls._plan(), cls.customer)

    # === FROZEN RECORDS === #
    def test_nobody_writes_what_a_bill_rests_on(self):
        run = self._bill("2026-02-01")
        cycle = run.cycle_ids
        for record in (cycle, cycle.charge_ids, cycle.evidence_ids):
            own = self._as("manager", record)
            for call in (
                lambda own=own: own.write({"company_id": self.company.id}),
                own.unlink,
                lambda own=own: own.create({}),
            ):
                # Nobody has the right, and billed ones refuse it to everybody.
                with self.assertRaises(UserError):
                    call()
        own_run = self._as("manager", run)
        for command in (
            Command.update(cycle.id, {"state": "due"}),
            Command.delete(cycle.id),
            Command.unlink(cycle.id),
            Command.clear(),
        ):
            with self.assertRaises(UserError):
                own_run.write({"cycle_ids": [command]})
        subscription = self._as("manager", self.subscription)
        with self.assertRaises(UserError):
            subscription.write({"cycle_ids": [Command.delete(cycle.id)]})
        with self.assertRefused("has started and stays"):
            own_run.unlink()
        with self.assertRefused("has started: its date"):
            own_run.date = "2026-01-01"

    def test_cycles_not_billed_yet_are_the_run_s_too(self):
        run = self._new_run("2026-02-01")
        run.action_preview()
        cycle = self._as("manager", run.cycle_ids)
        for record in (cycle, cycle.charge_ids, cycle.evidence_ids):
            with self.assertRaises(AccessError):
                record.write({"company_id": self.company.id})
            with self.assertRaises(AccessError):
                record.unlink()

    def test_days_billed_are_counted_not_written(self):
        """Who could write them would leave days out, or bill them twice."""
        for role in ("sales", "manager"):
            for name in ("billed_until", "next_bill_date"):
                with self.assertRefused("is worked out"):
                    self._as(role, self.subscription).write({name: "2026-06-01"})
        with self.assertRefused("is worked out"):
            self._as("manager", self.subscription).copy(
                {"billed_until": "2026-06-01", "date_start": "2030-01-01"}
            )

    # === RUNS === #
    def test_manager_bills_without_any_accounting_right(self):
        manager = self.users["manager"]
        self.assertFalse(manager.has_group("account.group_account_readonly"))
        run = self.env["msp.bill.run"].with_user(manager).create({"date": "2026-02-01"})
        self.assertEqual(run.company_id, self.company)
        run.action_preview()
        self.assertEqual(run.state, "previewed")
        self.assertEqual(run.cycle_ids.amount, 10.0)
        run.action_start()
        self._work()
        self.assertEqual(run.state, "done")
        self.assertEqual((run.billed_count, run.bill_count), (1, 1))
        self.assertEqual(run.move_ids.state, "posted")
        bot = self.env.ref("msp_billing.user_bot")
        self.assertEqual(run.move_ids.sudo().create_uid, bot)
        self.assertEqual(run.cycle_ids.charge_ids.computer_ids.mapped("days"), [31, 31])

    def test_only_managers_start_runs(self):
        run = self._new_run("2026-02-01")
        for role in ROLES:
            if role == "manager":
                continue
            for call in ("action_preview", "action_start", "action_approve"):
                with self.subTest(f"{role} {call}"), self.assertRaises(AccessError):
                    getattr(self._as(role, run), call)()
            with self.assertRaises(AccessError):
                self._as(role, run.browse()).create({"date": "2026-02-01"})
        self.assertEqual(run.state, "draft")

    def test_state_of_a_run_is_changed_by_its_buttons(self):
        """A client must not get round the approval or the date."""
        run = self._new_run("2099-02-01")
        for role in ("manager", "accountant"):
            for vals in ({"state": "running"}, {"automatic": True}):
                with self.assertRaises(UserError):
                    self._as(role, run).write(vals)
        with self.assertRefused("buttons"):
            self._as("manager", run.browse()).create(
                {"date": "2099-01-01", "state": "running"}
            )

    def test_bot_keeps_nothing_of_the_client_s_context(self):
        run = self._new_run("2026-02-01").with_context(
            default_kind="correction", active_test=False, msp_unfreeze=True
        )
        self.assertEqual(
            run._as_bot().env.context,
            {
                "allowed_company_ids": [self.company.id],
                "lang": "en_US",
                "tz": "UTC",
                "tracking_disable": True,
                "mail_create_nosubscribe": True,
                "mail_notify_force_send": False,
            },
        )
        run.action_preview()
        self.assertEqual(run.cycle_ids.kind, "regular")

    def test_only_managers_release(self):
        self._subscribe(self._plan("Empty", cost=0), self.customer)
        run = self._bill("2026-02-01")
        held = run.cycle_ids.filtered(lambda cycle: cycle.state == "held")
        self.assertTrue(held)
        for role in ("sales", "accountant", "auditor"):
            for call in (
                lambda own: own.action_release("Please"),
                lambda own: own.action_retry(),
            ):
                with self.assertRefused("Only a billing manager"):
                    call(self._as(role, held))
        self._as("manager", held).action_release("Agreed")
        self.assertEqual(held.state, "due")
