from datetime import timedelta

from odoo import Command, fields
from odoo.tests import tagged
from odoo.tools import SQL

from .common import MspBillingCommon
from .test_price_billing import tiers


@tagged("post_install", "-at_install")
class TestAudit(MspBillingCommon):
    """The audit is silent on sound data and finds each kind of damage."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer = cls._customer()
        cls.subscription = cls._subscribe(cls._plan(minimum_amount=12), cls.customer)
        cls._computers(cls.customer, 2)

    def setUp(self):
        super().setUp()
        for date in ("2026-02-01", "2026-03-01", "2026-04-01"):
            run = self._bill(date)
        self.cycle = run.cycle_ids.filtered(lambda cycle: cycle.kind == "regular")
        self.charge = self.cycle.charge_ids[0]
        self.assertEqual(self._codes(), set())

    def _codes(self):
        return {finding["code"] for finding in self.env["msp.billing.cycle"]._audit()}

    def _damage(self, query, *parameters):
        self.env.flush_all()
        self.env.cr.execute(SQL(query, *parameters))
        self.env.invalidate_all()

    def test_sound_with_corrections_and_voids(self):
        self._computers(self.customer, 1, "2026-02-11", name="Late")
        self.subscription.extra_charge_ids = [
            Command.create(
                {"name": "Less", "date": "2026-04-02", "quantity": -9, "unit_price": 9}
            )
        ]
        run = self._bill("2026-05-01")
        self.assertEqual(run.move_ids.move_type, "out_refund")
        self.assertEqual(self._codes(), set())
        self.cycle.move_id.action_msp_void(True, "Test")
        self.assertEqual(self._codes(), set())
        self._bill("2026-06-01")
        self.assertEqual(self._codes(), set())

    # === EVIDENCE === #
    def _bill_in_2099(self):
        """Let the bills be newer than all history: nothing changed since then."""
        self._damage("UPDATE msp_billing_cycle SET write_date = '2099-01-01'")
        self._damage("UPDATE msp_charge SET create_date = '2099-01-01'")

    def _damage_evidence(self, query, *parameters):
        """Damage what is long billed: nothing was written since."""
        self._bill_in_2099()
        self.assertEqual(self._codes(), set())
        self._damage(query, *parameters)
        return self._codes()

    def test_changed_evidence(self):
        codes = self._damage_evidence(
            "UPDATE msp_charge_computer SET days = days - 1 WHERE id = %s",
            self.charge.computer_ids[0].id,
        )
        self.assertEqual(codes, {"evidence"})

    def test_lost_evidence(self):
        codes = self._damage_evidence(
            "DELETE FROM msp_charge_computer WHERE id = %s",
            self.charge.computer_ids[0].id,
        )
        self.assertEqual(codes, {"unlisted", "evidence_quantity"})

    def test_history_changed_behind_the_scenes(self):
        period = self.charge.computer_ids[0].computer_id.period_ids
        codes = self._damage_evidence(
            "UPDATE msp_computer_period SET date_from = '2026-01-15' WHERE id = %s",
            period.id,
        )
        self.assertEqual(codes, {"evidence"})
        # The same by the screens is a change, which a correction bills.
        self._damage(
            "UPDATE msp_computer_period SET write_date = '2099-01-02' WHERE id = %s",
            period.id,
        )
        self.assertEqual(self._codes(), set())

    def test_corrected_evidence_is_sound(self):
        late = self._computers(self.customer, 1, "2026-03-11", name="Late")
        self._bill("2026-05-01")
        self._bill_in_2099()
        self.assertEqual(self._codes(), set())
        late.date_from = "2026-05-01"
        self._bill("2026-06-01")
        self._bill_in_2099()
        self.assertEqual(self._codes(), set())

    def test_evidence_of_others(self):
        other = self._customer("Other Ltd")
        company = self.setup_other_company()["company"]
        row = self.charge.computer_ids[0]
        change_site = "UPDATE msp_charge_computer SET partner_id = %s WHERE id = %s"
        codes = self._damage_evidence(change_site, other.id, row.id)
        self.assertEqual(codes, {"evidence_customer"})
        self._damage(change_site, self.customer.id, row.id)
        codes = self._damage_evidence(
            "UPDATE msp_charge_computer SET company_id = %s WHERE id = %s",
            company.id,
            row.id,
        )
        self.assertIn("evidence_company", codes)

    def test_quantity_without_evidence(self):
        codes = self._damage_evidence(
            "UPDATE msp_charge SET counted = counted + 1 WHERE id = %s", self.charge.id
        )
        self.assertEqual(codes, {"evidence_quantity"})

    def test_computers_behind_the_wrong_tier(self):
        customer = self._customer("Tier Ltd")
        self._computers(customer, 3)
        plan = self._plan(
            "Tiers",
            prices=[{"price_model": "graduated", "tier_ids": tiers((0, 5), (2, 4))}],
        )
        self._subscribe(plan, customer, "2026-04-01")
        run = self._bill("2026-05-01")
        first, second = run.cycle_ids.filtered(
            lambda cycle: cycle.plan_id == plan
        ).charge_ids
        codes = self._damage_evidence(
            "UPDATE msp_charge_computer SET charge_id = %s WHERE charge_id = %s",
            second.id,
            first.id,
        )
        self.assertEqual(codes, {"evidence_tier"})

    def test_averages_minimums_and_sites_are_sound(self):
        """What the checks of evidence work out holds for every price."""
        customer = self._customer("Many Ltd")
        site = self._customer("Site", parent_id=customer.id, is_company=False)
        self._computers(customer, 4)
        self._computers(site, 2, "2026-04-11")
        self._computers(customer, 1, type_=self.mobile, date_to="2026-04-21")
        own = {"computer_type_ids": [Command.set(self.workstation.ids)]}
        for index, price in enumerate(
            (
                {"usage_basis": "average", "unit_price": 3},
                {"usage_basis": "peak", "minimum_quantity": 9, "unit_price": 3},
                {"included_quantity": 2, "maximum_quantity": 3, "unit_price": 1},
                {"included_quantity": 1.5, "unit_price": 1, **own},
                {"price_model": "package", "package_size": 4, "unit_price": 1},
                {"price_model": "flat", "unit_price": 9},
                {"usage_basis": "unique", "unit_price": 3, **own},
            )
        ):
            plan = self._plan(f"Plan {index}", prices=[price])
            self._subscribe(plan, customer, "2026-04-06", anchor_day=1)
            if index in (0, 2):
                self._subscribe(plan, site, "2026-04-16", anchor_day=1)
        self._bill("2026-05-01")
        self.assertEqual(self._damage_evidence("SELECT 1"), set())

    # === HOURLY === #
    def test_hourly_audit_looks_at_what_is_new_and_at_a_part(self):
        Cycle = self.env["msp.billing.cycle"]
        billed = set(Cycle._audited_ids())
        now = fields.Datetime.to_datetime("2098-01-01 00:00:00")
        parameters = self.env["ir.config_parameter"].sudo()
        parameters.set_param("msp_billing.audited_until", str(now))
        parts = [Cycle._audit_due(now + timedelta(hours=hour)) for hour in range(168)]
        self.assertEqual({id_ for part in parts for id_ in part}, billed)
        self.assertEqual(sum(map(len, parts)), len(billed))
        self._damage(
            "UPDATE msp_billing_cycle SET write_date = '2098-01-01' WHERE id = %s",
            self.cycle.id,
        )
        self.assertIn(self.cycle.id, Cycle._audit_due(now + timedelta(hours=1)))

    def test_hourly_audit_keeps_what_it_found(self):
        Finding = self.env["msp.audit.finding"].sudo()
        self._damage("UPDATE msp_billing_cycle SET write_date = '2001-01-01'")
        self._damage(
            "UPDATE msp_charge SET amount = amount + 1, quantity = quantity + 1 "
            "WHERE id = %s",
            self.charge.id,
        )
        Finding._refresh()
        found = set(Finding.search([]).mapped("code"))
        self.assertIn("rating", found)
        with self.enter_registry_test_mode():
            self.env.ref("msp_billing.ir_cron_audit").sudo().method_direct_trigger()
        self.env.invalidate_all()
        self.assertEqual(set(Finding.search([]).mapped("code")), found)
        param = self.env["ir.config_parameter"].sudo()
        self.assertTrue(param.get_param("msp_billing.audited_until"))

    # === BILLS === #
    def test_changed_bill_line(self):
        self._damage(
            "UPDATE account_move_line SET quantity = 7 WHERE id = %s",
            self.charge.move_line_id.id,
        )
        self.assertIn("line", self._codes())

    def test_changed_charge(self):
        self._damage(
            "UPDATE msp_charge SET amount = amount + 1 WHERE id = %s", self.charge.id
        )
        self.assertEqual(self._codes(), {"amount", "rating"})

    def test_charge_without_line(self):
        self._damage(
            "UPDATE msp_charge SET move_line_id = NULL WHERE id = %s", self.charge.id
        )
        self.assertEqual(self._codes(), {"no_line", "orphan_line"})

    def test_gap(self):
        middle = self.subscription.cycle_ids.filtered(
            lambda cycle: str(cycle.date_start) == "2026-02-01"
        )
        self._damage(
            "UPDATE msp_billing_cycle SET state = 'due' WHERE id = %s", middle.id
        )
        self.assertEqual(self._codes(), {"gap"})

    def test_overlaps(self):
        for table, code, query in (
            (
                "msp_billing_cycle",
                "overlap",
                "UPDATE msp_billing_cycle SET date_start = date_start - 3",
            ),
            (
                "msp_computer_period",
                "period_overlap",
                (
                    "INSERT INTO msp_computer_period (computer_id, partner_id, "
                    "type_id, company_id, date_from) SELECT computer_id, partner_id, "
                    "type_id, company_id, date_from FROM msp_computer_period LIMIT 1"
                ),
            ),
            (
                "msp_subscription",
                "subscription_overlap",
                (
                    "UPDATE msp_subscription SET date_start = '2025-01-01', "
                    f"plan_id = {self.subscription.plan_id.id}, "
                    f"partner_id = {self.customer.id}"
                ),
            ),
        ):
            with self.subTest(code), self.env.cr.savepoint():
                self._subscribe(self._plan("Other"), self._customer("Other Ltd"))
                self._damage(
                    "ALTER TABLE %s DROP CONSTRAINT %s",
                    SQL.identifier(table),
                    SQL.identifier(f"{table}_no_overlap"),
                )
                self._damage(query)
                self.assertLessEqual({"constraint", code}, self._codes())

    def test_lost_bill(self):
        self._damage(
            "UPDATE msp_billing_cycle SET move_id = NULL WHERE id = %s", self.cycle.id
        )
        self.assertIn("no_bill", self._codes())

    def test_lost_delivery(self):
        self._damage(
            "DELETE FROM msp_delivery WHERE move_id = %s", self.cycle.move_id.id
        )
        self.assertEqual(self._codes(), {"mail"})

    def test_stuck_delivery(self):
        self._damage(
            "UPDATE msp_delivery SET state = 'sending', write_date = '2026-01-01' "
            "WHERE move_id = %s",
            self.cycle.move_id.id,
        )
        self.assertEqual(self._codes(), {"sending", "mail"})

    def test_findings_are_listed_and_told_once(self):
        Finding = self.env["msp.audit.finding"].sudo()
        self.assertFalse(Finding._refresh())
        self._damage(
            "UPDATE msp_charge SET amount = amount + 1 WHERE id = %s", self.charge.id
        )
        self.assertEqual(len(Finding._refresh()), 2)
        self.assertFalse(Finding._refresh())
        runs = self.env["msp.bill.run"].search([("company_id", "=", self.company.id)])
        self.assertEqual(len(runs.activity_ids), 1)
        self._damage(
            "UPDATE msp_charge SET amount = amount - 1 WHERE id = %s", self.charge.id
        )
        Finding._refresh()
        self.assertFalse(Finding.search([("company_id", "=", self.company.id)]))
