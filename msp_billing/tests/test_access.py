from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged

from .access_common import ROLES, AccessCommon
from .refusal import RefusalMixin

OPERATIONS = ("read", "write", "create", "unlink")

# r: read, w: write, c: create, u: unlink. Nobody writes what a bill rests on.
#                       sales  manager accountant auditor
RIGHTS = """
account.move            r---   r---    rwcu       r---
account.move.line       r---   r---    rwcu       r---
msp.bill.run            ----   rwcu    r---       r---
msp.bill.run.issue      ----   r---    r---       r---
msp.billing.cycle       r---   r---    r---       r---
msp.charge              r---   r---    r---       r---
msp.charge.computer     r---   r---    r---       r---
msp.computer            r---   rwcu    r---       r---
msp.computer.period     r---   rwcu    r---       r---
msp.computer.type       r---   rwcu    r---       r---
msp.count.reading       rwc-   rwcu    r---       r---
msp.delivery            r---   r---    r---       r---
msp.extra.charge        rwcu   rwcu    r---       r---
msp.reminder.step       r---   rwcu    r---       r---
msp.service.plan        r---   rwcu    r---       r---
msp.service.plan.price  r---   rwcu    r---       r---
msp.service.plan.price.tier r--- rwcu  r---       r---
msp.source              r---   rwcu    r---       r---
msp.source.customer     r---   rwcu    r---       r---
msp.source.sync         r---   r---    r---       r---
msp.subscription        rwc-   rwcu    r---       r---
msp.subscription.price.override rwcu rwcu r---    r---
"""


@tagged("post_install", "-at_install")
class TestAccess(RefusalMixin, AccessCommon):
    """Who may do what (design: roles)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer = cls._customer()
        cls._computers(cls.customer, 2)
        cls.subscription = cls._subscribe(cls._plan(), cls.customer)

    def _rights(self, role, model):
        Model = self.env[model].with_user(self.users[role])
        return "".join(
            operation[0] if Model.has_access(operation) else "-"
            for operation in OPERATIONS
        )

    # === TABLE === #
    def test_rights_by_role(self):
        rows = [line.split() for line in RIGHTS.strip().splitlines()]
        known = {model for model, *_rights in rows}
        ours = {
            name
            for name, Model in self.env.registry.items()
            if name.startswith("msp.") and not Model._abstract and not Model._transient
        }
        self.assertEqual(ours - known, set(), "Models without a row in the table")
        for model, *rights in rows:
            for role, expected in zip(ROLES, rights, strict=False):
                with self.subTest(f"{role} {model}"):
                    self.assertEqual(self._rights(role, model), expected)
            for role in ("internal", "portal"):
                if model.startswith("msp."):
                    with self.subTest(f"{role} {model}"):
                        self.assertEqual(self._rights(role, model), "----")

    def test_wizards_are_for_those_who_may_do_it(self):
        expected = {
            "msp.subscription.associate": {"sales", "manager"},
            "msp.subscription.dissociate": {"sales", "manager"},
            "msp.billing.cycle.release": {"manager"},
            "msp.company.settings": {"manager"},
            "msp.source.import": {"manager"},
            "msp.computer.move": {"manager"},
        }
        for model, roles in expected.items():
            able = {role for role in ROLES if self._rights(role, model) == "rwcu"}
            self.assertEqual(able, roles, model)

    # === BILLS === #
    def test_people_without_accounting_rights_read_our_bills_only(self):
        bill = self._bill("2026-02-01").move_ids
        other = self._create_invoice_one_line(
            partner_id=self.customer.id, price_unit=100, post=True
        )
        our_form = self.env.ref("msp_billing.msp_bill_view_form").id
        for role in ("sales", "manager"):
            ours = self._as(role, bill)
            self.assertEqual(ours.amount_untaxed, 10.0)
            self.assertEqual(ours.invoice_line_ids.mapped("price_unit"), [0.0, 5.0])
            self.assertEqual(
                ours.get_formview_id(),
                self.env.ref("msp_billing.msp_bill_view_form").id,
            )
            for record in (other, other.invoice_line_ids):
                with self.assertRaises(AccessError):
                    self._as(role, record).mapped("create_date")
            found = self.env["account.move"].with_user(self.users[role]).search([])
            self.assertEqual(
                found.filtered(lambda m: m.company_id == self.company), ours
            )
            for call in (
                lambda ours=ours: ours.write({"ref": "changed"}),
                lambda ours=ours: ours.write({"msp_disputed": True}),
                lambda ours=ours: ours.unlink(),
                lambda ours=ours: ours.button_draft(),
                lambda ours=ours: ours.invoice_line_ids.write({"name": "changed"}),
            ):
                with self.assertRaises(AccessError):
                    call()
            # The customer's page of the bill, which Preview opens.
            self.assertIn("/my/invoices/", ours.preview_invoice()["url"])
        for role in ("accountant", "auditor"):
            self.assertEqual(self._as(role, other).amount_untaxed, 100.0)
            self.assertNotEqual(self._as(role, bill).get_formview_id(), our_form)

    def test_open_balance_without_accounting_rights(self):
        bill = self._bill("2026-02-01").move_ids
        self._create_invoice_one_line(
            partner_id=self.customer.id, price_unit=100, post=True
        )
        for role in ("sales", "manager", "accountant", "auditor"):
            customer = self._as(role, self.customer)
            self.assertEqual(customer.msp_open_balance, bill.amount_residual, role)
            self.assertEqual(customer.msp_subscription_count, 1)

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

    # === PORTAL === #
    def test_portal_users_read_none_of_our_fields(self):
        """They may read invoices and partners: each field of ours names its groups."""
        self._bill("2026-02-01")
        for model in ("account.move", "account.move.line", "res.partner"):
            Model = self.env[model]
            ours = [name for name in Model._fields if name.startswith("msp_")]
            self.assertTrue(ours)
            for role in ("portal", "internal"):
                readable = Model.with_user(self.users[role]).fields_get(ours)
                self.assertEqual(readable, {}, f"{role} {model}")
        customer = self.users["portal"].partner_id
        with self.assertRaises(AccessError):
            self._as("portal", customer).read(["msp_open_balance"])
        with self.assertRaises(AccessError):
            self._as("portal", customer).search([("msp_subscription_ids", "!=", False)])
