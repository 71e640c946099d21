from odoo import fields
from odoo.tests import tagged

from .common import MspBillingCommon

FEW, MANY = 20, 40
# Queries of one customer more: what is asked for each one alone shows as 1 or more.
MOST = 0.5


@tagged("post_install", "-at_install")
class TestBillSpeed(MspBillingCommon):
    """A batch costs a number of queries that hardly grows with its customers."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        plan = cls._plan(
            prices=[
                {
                    "name": "Workstations",
                    "unit_price": 5.0,
                    "usage_basis": "average",
                    "computer_type_ids": [(6, 0, cls.workstation.ids)],
                },
                {
                    "name": "Servers",
                    "unit_price": 25.0,
                    "usage_basis": "end",
                    "computer_type_ids": [(6, 0, cls.server.ids)],
                },
            ]
        )
        cls.groups = [cls._customers(plan, size) for size in (1, FEW, MANY)]

    @classmethod
    def _customers(cls, plan, size):
        customers = cls.env["res.partner"]
        for number in range(size):
            customer = cls._customer(f"Customer{size}x{number} Ltd")
            cls._subscribe(plan, customer)
            cls._computers(customer, 2)
            cls._computers(customer, 1, type_=cls.server)
            customers += customer
        return customers

    def _queries(self, work):
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        work()
        self.env.flush_all()
        return self.env.cr.sql_log_count - before

    def _bill_at_once(self, date, customers):
        """Bill customers as one batch; return the queries and the bills."""
        run = self._new_run(date, partner_ids=[(6, 0, customers.ids)])
        run.action_start()
        bot = run._as_bot()
        queries = self._queries(lambda: bot._bill(bot._claim(set())))
        return queries, run.move_ids

    def _assert_set_based(self, queries):
        _warm, few, many = queries
        more = (many - few) / (MANY - FEW)
        self.assertLess(more, MOST, f"{few} queries for {FEW}, {many} for {MANY}")

    def _assert_billed(self, date):
        found = [self._bill_at_once(date, customers) for customers in self.groups]
        self.assertEqual([len(bills) for _count, bills in found], [1, FEW, MANY])
        self._assert_set_based([count for count, _bills in found])

    def test_first_and_second_month(self):
        self._assert_billed("2026-02-01")
        self._assert_billed("2026-03-01")

    def test_corrections(self):
        for customers in self.groups:
            self._bill_at_once("2026-02-01", customers)
        for customer in self.env["res.partner"].union(*self.groups):
            self._computers(customer, 1, date_from="2026-01-16", type_=self.server)
        self._assert_billed("2026-03-01")
        corrections = self.env["msp.billing.cycle"].search(
            [("kind", "=", "correction"), ("plan_id.company_id", "=", self.company.id)]
        )
        self.assertEqual(len(corrections), 1 + FEW + MANY)

    def test_preview(self):
        queries = []
        for customers in self.groups:
            run = self._new_run("2026-02-01", partner_ids=[(6, 0, customers.ids)])
            bot = run._as_bot()
            queries.append(
                self._queries(lambda bot=bot: bot._preview(bot._due_subscriptions()))
            )
            self.assertEqual(len(run.cycle_ids), len(customers))
        self._assert_set_based(queries)

    def test_claim_passes_over_what_was_tried(self):
        run = self._new_run("2026-02-01").with_company(self.company)
        bot = run._as_bot()
        first = bot._claim(set())
        self.assertEqual(len(first), 1 + FEW + MANY)
        some = first[:FEW]
        self.assertEqual(bot._claim(set(some.ids)), first - some)
        self.assertFalse(bot._claim(set(first.ids)))

    def test_nothing_due(self):
        """The hourly look for work asks as much for many subscriptions as for few."""
        Run = self.env["msp.bill.run"].with_company(self.company)
        day = fields.Date.to_date("2026-01-15")
        bot = Run.new({"company_id": self.company.id})._as_bot()
        bot._has_new_work(self.company, day)
        queries = self._queries(lambda: bot._has_new_work(self.company, day))
        self.assertFalse(bot._has_new_work(self.company, day))
        self.assertLess(queries, 12)
