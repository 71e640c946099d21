from contextlib import ExitStack

from odoo import SUPERUSER_ID, api
from odoo.sql_db import db_connect
from odoo.tests import TransactionCase, tagged

from ..models import msp_bill_run_work


@tagged("post_install", "-at_install")
class TestBillRunLocks(TransactionCase):
    """Two workers, each with a connection of its own, on customers that both see.

    A lock is only a lock between connections: the customers are committed by a third
    one, which takes them away afterwards.
    """

    def setUp(self):
        super().setUp()
        self.patch(msp_bill_run_work, "BATCH_SIZE", 1)
        connections = self.enterContext(ExitStack())
        self.maker, self.worker, self.other = (
            self._connect(connections) for _number in range(3)
        )
        self.addCleanup(self._remove)
        self.customers = [self._make_customer(name) for name in ("Alder", "Birch")]
        run = self.maker["msp.bill.run"].create(
            {
                "date": "2026-02-01",
                "partner_ids": [customer.id for customer in self.customers],
            }
        )
        self.maker.cr.commit()
        self.run_id = run.id

    def _connect(self, connections):
        """Return the environment of a connection which waits for no lock for long."""
        cr = connections.enter_context(db_connect(self.env.cr.dbname).cursor())
        cr.execute("SET lock_timeout = '5s'")
        connections.callback(cr.rollback)
        return api.Environment(cr, SUPERUSER_ID, {})

    def _make_customer(self, name):
        """Make a customer with two plans."""
        customer = self.maker["res.partner"].create(
            {"name": f"{name} of the locks", "email": "bills@example.com"}
        )
        for number in range(2):
            plan = self.maker["msp.service.plan"].create(
                {"name": f"{name} {number}", "cost_per_computer": 5}
            )
            self.maker["msp.subscription"].create(
                {
                    "plan_id": plan.id,
                    "partner_id": customer.id,
                    "date_start": "2026-01-01",
                    "billing_cycle": "monthly",
                    "due_days": 14,
                }
            )
        return customer

    def _remove(self):
        for env in (self.maker, self.worker, self.other):
            env.cr.rollback()
        customers = self.maker["res.partner"].search([("name", "like", "of the locks")])
        subscriptions = customers.msp_subscription_ids
        plans = subscriptions.plan_id
        self.maker["msp.bill.run"].search(
            [("partner_ids", "in", customers.ids)]
        ).unlink()
        for records in (subscriptions, plans, customers):
            records.unlink()
        self.maker.cr.commit()

    def _claim(self, env):
        return env["msp.bill.run"].browse(self.run_id)._claim(set())

    def test_two_workers_claim_different_customers(self):
        first = self._claim(self.worker)
        second = self._claim(self.other)
        self.assertEqual((len(first), len(second)), (2, 2))
        self.assertEqual(len(first.bill_to_id), 1)
        self.assertFalse(set(first.ids) & set(second.ids))

    def test_a_customer_that_is_held_in_part_is_passed_over(self):
        first = self.customers[0].msp_subscription_ids[1]
        locked = self.worker["msp.subscription"].browse(first.id)._lock_due()
        self.assertEqual(locked.ids, first.ids)
        claimed = self._claim(self.other)
        self.assertEqual(claimed.partner_id.id, self.customers[1].id)
        self.assertEqual(len(claimed), 2)

    def test_locks_end_with_the_transaction(self):
        first = self._claim(self.worker)
        self.worker.cr.rollback()
        self.assertEqual(self._claim(self.other).ids, first.ids)
