from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ..models import msp_forecast
from .dashboard_common import DashboardCommon

TABLES = ("msp.bill.run", "msp.billing.cycle", "msp.charge", "msp.charge.computer")


@tagged("post_install", "-at_install")
class TestForecast(DashboardCommon):
    """The forecast says what the next bills will say, and leaves nothing behind."""

    def _lines(self):
        """Return the rows as (day, customer, amount)."""
        self.env.invalidate_all()
        return [
            (str(line.date), line.partner_id.name.split()[0], line.amount)
            for line in self.env["msp.forecast.line"].search(
                [("company_id", "=", self.company.id)], order="date, partner_id"
            )
        ]

    def _refresh(self):
        self.env["msp.dashboard"].action_refresh_forecast()

    def _cron(self):
        self.env.flush_all()
        with self.enter_registry_test_mode():
            cron = self.env.ref("msp_billing.ir_cron_forecast").sudo()
            cron.method_direct_trigger()
        self.env.invalidate_all()

    def test_three_months_ahead(self):
        self._bill_three_months()
        self._refresh()
        months = [
            (day, name, amount)
            for day in ("2026-05-01", "2026-06-01", "2026-07-01")
            for name, amount in (
                ("Acme", 60.0),
                ("Delta", 10.0),
                ("Euro", 20.0),
                ("Gamma", 90.0),
            )
            if name != "Gamma" or day == "2026-07-01"
        ]
        self.assertEqual(sorted(self._lines()), months)
        columns = self._dashboard()["forecast"]["columns"]
        self.assertEqual(
            [(own["label"], own["amount"]) for own in columns],
            [
                ("Rest of Apr 2026", 0.0),
                ("May 2026", 80.0),
                ("Jun 2026", 80.0),
                ("Jul 2026", 170.0),
            ],
        )

    def test_equals_the_preview(self):
        """What joined, an extra charge and a price to come are in both."""
        self._bill_three_months()
        self._computers(self.acme, 3, "2026-04-11", self.mobile)
        self.acme_care.extra_charge_ids = [
            (0, 0, {"name": "Setup", "date": "2026-04-20", "unit_price": 75})
        ]
        price = self.acme_care.plan_id.price_ids
        price.copy(
            {"replaces_id": price.id, "date_from": "2026-05-01", "unit_price": 6.0}
        )
        self._refresh()
        expected = [row for row in self._lines() if row[0] == "2026-05-01"]
        run = self._new_run("2026-05-01")
        run.action_preview()
        self.assertEqual(
            expected,
            sorted(
                (str(cycle.date_end), cycle.partner_id.name.split()[0], cycle.amount)
                for cycle in run.cycle_ids
            ),
        )
        self.assertIn(("2026-05-01", "Acme", 150.0), expected)
        self.assertIn(("2026-06-01", "Acme", 90.0), self._lines())

    def test_extra_charges_wait_for_their_day(self):
        self._bill_three_months()
        self.acme_care.extra_charge_ids = [
            (0, 0, {"name": "Setup", "date": "2026-05-20", "unit_price": 75})
        ]
        self._refresh()
        acme = [row[2] for row in self._lines() if row[1] == "Acme"]
        self.assertEqual(acme, [60.0, 135.0, 60.0])

    def test_nothing_is_left_behind(self):
        self._bill_at_once("2026-02-01")
        held = self._subscribe(self.acme_care.plan_id, self._customer("Zeta Ltd"))
        held.partner_id.street = False
        self._bill_at_once("2026-03-01")
        before = {name: self.env[name].search([]).ids for name in TABLES}
        kept = {
            cycle: (cycle.state, cycle.reason, cycle.fingerprint, cycle.run_id)
            for cycle in self.env["msp.billing.cycle"].search([])
        }
        self._refresh()
        self.env.invalidate_all()
        for name, ids in before.items():
            self.assertEqual(self.env[name].search([]).ids, ids, name)
        for cycle, values in kept.items():
            now = (cycle.state, cycle.reason, cycle.fingerprint, cycle.run_id)
            self.assertEqual(now, values)
        # What is due already stands on its day.
        self.assertIn(("2026-04-01", "Acme", 60.0), self._lines())

    def test_one_that_fails_does_not_hide_the_others(self):
        self._bill_three_months()
        Cycle = self.registry["msp.billing.cycle"]
        rate, broken = Cycle._rate, self.acme_care

        def fail(cycles):
            if broken in cycles.subscription_id:
                raise UserError(cycles.env._("Broken"))
            return rate(cycles)

        with patch.object(Cycle, "_rate", fail):
            self._refresh()
        self.assertEqual({row[1] for row in self._lines()}, {"Delta", "Euro", "Gamma"})
        self.assertEqual(self._dashboard()["forecast"]["failed"], 1)

    def test_the_scheduled_action_works_in_batches(self):
        self._bill_three_months()
        with patch.object(msp_forecast, "AT_ONCE", 1):
            self._refresh()
        self.assertFalse(self._lines())
        self.assertTrue(self._dashboard()["forecast"]["running"])
        self._cron()
        self.assertEqual(len(self._lines()), 10)
        told = self._dashboard()["forecast"]
        self.assertFalse(told["running"])
        self.assertTrue(told["made"])

    def test_once_a_day(self):
        """What ended meanwhile goes; the same day nothing is worked out again."""
        self._bill_three_months()
        self._cron()
        self.assertEqual(len(self._lines()), 10)
        self.acme_care.action_dissociate("2026-05-01")
        self._cron()
        self.assertEqual(len(self._lines()), 10)
        self._refresh()
        self.assertEqual(len(self._lines()), 8)

    def test_who_may_work_it_out(self):
        for role in ("sales", "accountant", "auditor", "internal", "portal"):
            Dashboard = self._as(role, self.env["msp.dashboard"])
            with self.subTest(role), self.assertRaises(AccessError):
                Dashboard.action_refresh_forecast()
        self._as("manager", self.env["msp.dashboard"]).action_refresh_forecast()
        self.assertTrue(self._lines())
