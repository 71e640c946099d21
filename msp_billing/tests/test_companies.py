from unittest.mock import patch

from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import tagged

from .access_common import ROLES, AccessCommon
from .refusal import RefusalMixin


@tagged("post_install", "-at_install")
class TestCompanies(RefusalMixin, AccessCommon):
    """Two companies in a database bill beside each other and see nothing else."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other_data = cls.setup_other_company()
        cls.other = cls.other_data["company"]
        cls.other_product = cls.env["product.product"].create(
            {
                "name": "Elsewhere",
                "type": "service",
                "company_id": cls.other.id,
                "taxes_id": [Command.set(cls.other_data["default_tax_sale"].ids)],
            }
        )
        cls.other.write(
            {
                "msp_timezone": "Pacific/Auckland",
                "msp_product_id": cls.other_product.id,
                "email": "billing@other.example.com",
            }
        )
        cls.customer = cls._customer("Shared Ltd")
        cls._computers(cls.customer, 2)
        cls._computers(cls.customer, 3, company_id=cls.other.id)
        cls.plan = cls._plan(cost=5.0)
        cls.other_plan = cls._plan("Care", cost=7.0, company_id=cls.other.id)
        cls._subscribe(cls.plan, cls.customer)
        cls.other_subscription = cls._subscribe(
            cls.other_plan, cls.customer, company_id=cls.other.id
        )
        cls.users["other"] = cls._user("other", ROLES["manager"], cls.other)

    def _bill_both(self):
        runs = self._new_run("2026-02-01")
        runs += self._new_run("2026-02-01", company_id=self.other.id)
        runs.action_start()
        self._work()
        return runs

    def test_each_company_bills_in_its_own_journal(self):
        run, other_run = self._bill_both()
        self.assertEqual((run.state, other_run.state), ("done", "done"))
        for bill, data, amount in (
            (run.move_ids, self.company_data, 10.0),
            (other_run.move_ids, self.other_data, 21.0),
        ):
            self.assertRecordValues(
                bill,
                [
                    {
                        "company_id": data["company"].id,
                        "journal_id": data["default_journal_sale"].id,
                        "amount_untaxed": amount,
                        "partner_id": self.customer.id,
                    }
                ],
            )
            lines = bill.invoice_line_ids.filtered("product_id")
            self.assertEqual(lines.tax_ids, data["default_tax_sale"])
            self.assertEqual(lines.account_id, data["default_account_revenue"])

    def test_computers_of_the_other_company_are_not_counted(self):
        run, other_run = self._bill_both()
        counts = [
            len(cycle.evidence_ids) for cycle in (run.cycle_ids, other_run.cycle_ids)
        ]
        self.assertEqual(counts, [2, 3])
        company = run.cycle_ids.evidence_ids.computer_id.company_id
        self.assertEqual(company, self.company)
        self.assertEqual(self.other_subscription.computer_count, 3)

    def test_readings_of_the_other_company_are_not_counted(self):
        for company, quantity in ((self.company, 10), (self.other, 20)):
            self.env["msp.count.reading"].create(
                {
                    "partner_id": self.customer.id,
                    "type_id": self.server.id,
                    "date": "2026-01-01",
                    "quantity": quantity,
                    "company_id": company.id,
                }
            )
        subscriptions = self.plan.subscription_ids | self.other_subscription
        subscriptions.count_source = "reading"
        runs = self._bill_both()
        self.assertEqual(
            runs.cycle_ids.charge_ids.sorted("counted").mapped("counted"), [10.0, 20.0]
        )
        # Both at once, as the audit counts.
        prices = {cycle: cycle.plan_id.price_ids for cycle in runs.cycle_ids}
        usages = self.env["msp.usage"]._measure(runs.cycle_ids, prices)
        self.assertEqual(sorted(usage.end for usage in usages.values()), [10, 20])

    def test_run_works_in_one_company_at_a_time(self):
        seen = []
        Run = self.env.registry["msp.bill.run"]
        original = Run._bill

        def spy(run, subscriptions):
            seen.append((run.company_id, run.env.companies, run.env.user))
            return original(run, subscriptions)

        with patch.object(Run, "_bill", spy):
            self._bill_both()
        bot = self.env.ref("msp_billing.user_bot")
        self.assertEqual(
            seen,
            [(self.company, self.company, bot), (self.other, self.other, bot)],
        )

    def test_manager_reads_no_revenue_of_another_company(self):
        self._bill_both()
        Revenue = self.env["msp.recurring.revenue"].sudo()
        foreign = Revenue.search([("company_id", "=", self.company.id)])
        self.assertTrue(foreign)
        told = self._as("other", foreign).read(["company_id", "amount"])
        self.assertNotIn(self.company.id, [row["company_id"][0] for row in told])

    def test_manager_sees_nothing_of_another_company(self):
        run, other_run = self._bill_both()
        for data in (self.company, self.other):
            source = self.env["msp.source"].create(
                {"name": "RMM", "code": "rmm", "company_id": data.id}
            )
            self.env["msp.source.customer"].create(
                {
                    "source_id": source.id,
                    "external_key": "A",
                    "partner_id": self.customer.id,
                }
            )
            self.env["msp.count.reading"].create(
                {
                    "partner_id": self.customer.id,
                    "type_id": self.server.id,
                    "date": "2026-01-01",
                    "quantity": 3,
                    "company_id": data.id,
                }
            )
        checked = set()
        for name, Model in self.env.registry.items():
            concrete = not (Model._abstract or Model._transient)
            if (not name.startswith("msp.") and name != "account.move") or not concrete:
                continue
            if "company_id" not in Model._fields:
                continue
            everything = self.env[name].sudo().search([])
            foreign = everything.filtered(
                # Worked out for the user's companies: no row is foreign.
                lambda r: (
                    r.company_id == self.company
                    and r._name not in ("msp.computer.month", "msp.recurring.revenue")
                )
            )
            for record in foreign[:1]:
                checked.add(name)
                with self.subTest(name), self.assertRaises(AccessError):
                    self._as("other", record).read(["company_id"])
            mine = self.env[name].with_user(self.users["other"])
            if mine.has_access("read"):
                companies = mine.search([]).company_id
                self.assertLessEqual(companies, self.other, name)
        self.assertLessEqual(
            {
                "account.move",
                "msp.bill.run",
                "msp.billing.cycle",
                "msp.charge",
                "msp.charge.computer",
                "msp.computer",
                "msp.computer.period",
                "msp.count.reading",
                "msp.delivery",
                "msp.service.plan",
                "msp.service.plan.price",
                "msp.source",
                "msp.source.customer",
                "msp.subscription",
            },
            checked,
        )
        for call in (
            lambda: self._as("other", run).action_preview(),
            lambda: self._as("other", run).action_start(),
            lambda: self._as("other", run.cycle_ids).action_release("Mine now"),
            lambda: self._as("other", run.cycle_ids).action_retry(),
            lambda: self._as("other", run.cycle_ids.subscription_id).action_dissociate(
                "2026-05-01"
            ),
        ):
            with self.assertRaises(AccessError):
                call()
        self.assertEqual(self._as("other", other_run).bill_count, 1)

    def test_records_of_two_companies_do_not_mix(self):
        for vals in (
            {"plan_id": self._plan("Theirs", company_id=self.other.id).id},
            {"partner_id": self._customer("Own", company_id=self.other.id).id},
        ):
            with self.assertRefused("company|companies"):
                self.env["msp.subscription"].create(
                    {
                        "plan_id": self.plan.id,
                        "partner_id": self.customer.id,
                        "company_id": self.company.id,
                        "date_start": "2027-01-01",
                        "bill_email": "a@example.com",
                        **vals,
                    }
                )
        with self.assertRefused("company|companies"):
            self.plan.product_id = self.other_product
        with self.assertRaises(AccessError):
            self._as("other", self.plan.browse()).create(
                {"name": "Theirs", "company_id": self.company.id}
            )
        with self.assertRefused("company|companies"):
            self.company.msp_product_id = self.other_product

    def test_settings_are_those_of_the_own_company(self):
        Settings = self.env["msp.company.settings"].with_user(self.users["other"])
        wizard = Settings.create({"company_id": self.company.id})
        journals = {int(key) for key, _label in Settings._selection_journal()}
        self.assertEqual(
            self.env["account.journal"].browse(journals).company_id, self.other
        )
        wizard.msp_due_days = 99
        wizard.action_save()
        self.assertEqual(self.other.msp_due_days, 99)
        self.assertNotEqual(self.company.msp_due_days, 99)

    def test_new_company_can_bill_at_once(self):
        new = self.env["res.company"].create({"name": "New Ltd"})
        bot = self.env.ref("msp_billing.user_bot")
        self.assertIn(new, bot.company_ids)
        self.assertIn(new.msp_timezone, dict(new._selection_msp_timezone()))
