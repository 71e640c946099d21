from odoo.exceptions import UserError
from odoo.tests import tagged

from .hold_common import HoldCommon


@tagged("post_install", "-at_install")
class TestHoldCount(HoldCommon):
    """Held for what was counted: nothing known, known too long ago, much else."""

    # === NOTHING WAS EVER REPORTED === #
    def test_nothing_reported_is_held(self):
        cycle = self._assert_held("unreported", "Acme Ltd", "ever reported")
        self._assert_released(cycle, "unreported")

    def test_what_is_entered_is_billed(self):
        self._assert_held("unreported")
        self._computers(self.acme, 1, "2026-04-11")
        self.assertEqual(self._assert_billed().amount, 5.0)

    def test_preview_shows_what_is_held(self):
        run = self._new_run("2026-05-01")
        run.action_preview()
        self.assertRecordValues(
            self._cycles(self.acme, run), [{"state": "held", "hold_code": "unreported"}]
        )
        self.assertEqual(run.held_count, 1)

    def test_no_computers_of_a_complete_report_are_known(self):
        source = self._source(self.acme)
        self._report(source, self.acme, "2026-04-30", 0)
        self.assertEqual(self._assert_billed().amount, 0)

    def test_computers_by_hand_that_left_are_known(self):
        self._computers(self.acme, 1, "2026-01-01", date_to="2026-02-01")
        self.assertEqual(self._assert_billed().amount, 0)

    def test_nothing_to_count_is_nothing_to_report(self):
        prices = [
            {"name": "Flat", "price_model": "flat", "unit_price": 9.0},
            {"name": "Agreed", "usage_basis": "contracted", "unit_price": 1.0},
        ]
        self.subscription.write({"date_end": "2026-04-02"})
        self._computers(self.acme, 1, "2026-04-01", date_to="2026-04-02")
        gamma = self._customer("Gamma Ltd")
        self._subscribe(
            self._plan("Flat", prices=prices),
            gamma,
            "2026-04-01",
            price_override_ids=[],
            contracted_quantity=3,
        )
        run = self._bill("2026-05-01")
        self.assertEqual(self._cycles(gamma, run).amount, 12.0)

    def test_site_with_its_own_plan_tells_nothing_of_the_customer(self):
        site = self._customer("Site of Acme", parent_id=self.acme.id)
        self._computers(site, 1, "2026-04-01")
        own = self._subscribe(self.plan, site, "2026-04-01")
        run = self._bill("2026-05-01")
        held = run.cycle_ids.filtered(lambda cycle: cycle.state == "held")
        self.assertEqual(held.subscription_id, self.subscription)
        self.assertEqual(held.hold_code, "unreported")
        own.action_dissociate("2026-05-02", "Together again")
        self._bill("2026-06-01")
        self.assertEqual(
            self.subscription.cycle_ids.filtered(
                lambda cycle: str(cycle.date_start) == "2026-05-01"
            ).hold_code,
            "behind",
        )

    def test_count_source_reading_needs_a_reading(self):
        self.subscription.count_source = "reading"
        self._computers(self.acme, 3, "2026-04-01")
        self._assert_held("unreported", "Acme Ltd", "No count of")
        reading = {
            "partner_id": self.acme.id,
            "type_id": self.workstation.id,
            "company_id": self.company.id,
            "quantity": 0,
        }
        self.env["msp.count.reading"].create({**reading, "date": "2026-05-01"})
        self._bill("2026-05-01")
        self.assertEqual(self.subscription.cycle_ids.hold_code, "unreported")
        self.env["msp.count.reading"].create({**reading, "date": "2026-04-30"})
        self.assertEqual(self._assert_billed().amount, 0)

    # === STALE === #
    def test_stale_source_is_held(self):
        source = self._source(self.acme)
        self._report(source, self.acme, "2026-04-27", 2)
        cycle = self._assert_held("stale", "RMM", "Acme Ltd", "27 Apr 2026", "4 days")
        self._assert_released(cycle, "stale")

    def test_stale_days_are_allowed(self):
        source = self._source(self.acme)
        self._report(source, self.acme, "2026-04-28", 2)
        self._assert_billed()

    def test_day_of_a_report_is_the_company_s(self):
        self.company.msp_timezone = "Pacific/Auckland"
        source = self._source(self.acme)
        # Noon of 27 April in UTC is 28 April in Auckland.
        self._report(source, self.acme, "2026-04-27", 2)
        self._assert_billed()

    def test_a_late_report_mends_it(self):
        source = self._source(self.acme)
        self._report(source, self.acme, "2026-04-02", 2)
        self._assert_held("stale")
        self._report(source, self.acme, "2026-05-03", 2, complete=False)
        self._bill("2026-05-03")
        self.assertEqual(self.subscription.cycle_ids.hold_code, "stale")
        self._report(source, self.acme, "2026-05-04", 2)
        self.assertEqual(self._assert_billed("2026-05-04").amount, 10.0)

    def test_reports_that_were_never_complete_are_stale(self):
        source = self._source(self.acme)
        self._report(source, self.acme, "2026-04-30", 2, complete=False)
        self._assert_held("stale", "RMM", "never reported all computers")

    def test_computers_by_hand_are_never_stale(self):
        self._computers(self.acme, 1, "2026-01-01")
        # Mapped, but nothing came yet: nothing of it can be old.
        self._source(self.acme)
        self._assert_billed()

    def test_each_source_of_a_customer_and_its_sites_reports(self):
        site = self._customer("Site of Acme", parent_id=self.acme.id)
        fresh, old = self._source(self.acme), self._source(site, "Old RMM")
        self._report(fresh, self.acme, "2026-04-30", 1)
        self._report(old, site, "2026-03-30", 1)
        self._assert_held("stale", "Old RMM", "Site of Acme")
        # A source that is not used any more is archived.
        old.active = False
        self._assert_billed()

    def test_taken_out_of_the_source(self):
        source = self._source(self.acme)
        self._report(source, self.acme, "2026-04-02", 2)
        self._assert_held("stale")
        source.customer_map_ids.partner_id = False
        self._assert_billed()

    def test_site_with_its_own_plan_holds_itself_alone(self):
        site = self._customer("Site of Acme", parent_id=self.acme.id)
        self._subscribe(self.plan, site, "2026-04-01")
        self._computers(self.acme, 1, "2026-04-01")
        self._report(self._source(site), site, "2026-04-02", 1)
        run = self._bill("2026-05-01")
        self.assertEqual(self._cycles(self.acme, run).state, "billed")
        self.assertEqual(self._cycles(site, run).hold_code, "stale")

    def test_in_advance_the_day_of_the_run_counts(self):
        self.subscription.timing = "advance"
        source = self._source(self.acme)
        self._report(source, self.acme, "2026-03-29", 2)
        self._assert_billed("2026-04-01")
        run = self._bill("2026-05-01")
        self.assertEqual(self._cycles(self.acme, run).hold_code, "stale")

    def test_a_day_to_come_is_no_reason(self):
        source = self._source(self.acme)
        today = self.company._msp_today()
        self._report(source, self.acme, str(today.replace(day=1)), 1)
        source.stale_days = 31
        self.subscription.date_start = today.replace(day=1)
        run = self._new_run(today.replace(year=today.year + 1, day=1))
        run.action_preview()
        codes = set(self._cycles(self.acme, run).mapped("hold_code"))
        self.assertNotIn("stale", codes)

    # === JUMP === #
    def _bill_april(self, number, **vals):
        computers = self._computers(self.acme, number, "2026-04-01", **vals)
        self._assert_billed()
        return computers

    def test_jump_is_held(self):
        self._bill_april(4)
        self._computers(self.acme, 16, "2026-05-31", name="New")
        cycle = self._assert_held("jump", "20", "Acme Ltd", "4", date="2026-06-01")
        self._assert_released(cycle, "jump", "2026-06-01")
        # The next one is compared with what was released.
        self._assert_billed("2026-07-01")

    def test_fall_is_held_and_mended(self):
        computers = self._bill_april(20)
        computers[:10].date_to = "2026-05-20"
        self._assert_billed("2026-06-01")
        computers[10:].date_to = "2026-06-30"
        self._assert_held("jump", "0 computers", "10 on", date="2026-07-01")
        computers[10:15].date_to = False
        self._assert_billed("2026-07-01")

    def test_limits_of_a_jump_are_the_company_s(self):
        self.company.write({"msp_jump_percent": 25, "msp_jump_minimum": 2})
        self._bill_april(8)
        self._computers(self.acme, 2, "2026-05-31", name="New")
        self._assert_billed("2026-06-01")
        self._computers(self.acme, 3, "2026-06-30", name="Newer")
        self._assert_held("jump", date="2026-07-01")

    def test_first_bill_flat_and_agreed_never_jump(self):
        self.company.write({"msp_jump_percent": 0, "msp_jump_minimum": 0})
        prices = [
            {"name": "Flat", "price_model": "flat", "unit_price": 9.0},
            {"name": "Agreed", "usage_basis": "contracted", "unit_price": 1.0},
        ]
        gamma = self._customer("Gamma Ltd")
        self._subscribe(
            self._plan("Flat", prices=prices),
            gamma,
            "2026-04-01",
            contracted_quantity=3,
        )
        self._bill_april(30)
        self._computers(gamma, 40, "2026-05-11")
        run = self._bill("2026-06-01")
        self.assertEqual(self._cycles(gamma, run).state, "billed")

    def test_computers_of_several_prices_count_once(self):
        self.company.write({"msp_jump_percent": 50, "msp_jump_minimum": 3})
        prices = [
            {"name": "PC", "computer_type_ids": [(6, 0, self.workstation.ids)]},
            {"name": "Both", "computer_type_ids": [(6, 0, self._both().ids)]},
            {"name": "All", "usage_basis": "average"},
        ]
        gamma = self._customer("Gamma Ltd")
        self._subscribe(self._plan("Many", prices=prices), gamma, "2026-04-01")
        self._computers(gamma, 6, "2026-04-01")
        self._computers(self.acme, 1, "2026-04-01")
        self._bill("2026-05-01")
        self._computers(gamma, 2, "2026-05-31", name="New")
        run = self._bill("2026-06-01")
        self.assertEqual(self._cycles(gamma, run).terms["last_day"], 8)
        self.assertEqual(self._cycles(gamma, run).state, "billed")

    def _both(self):
        return self.workstation | self.server

    # === SEVERAL REASONS === #
    def test_what_is_released_stays_released_when_another_reason_holds(self):
        source = self._source(self.acme)
        self._report(source, self.acme, "2026-04-27", 2)
        self.acme.city = False
        cycle = self._assert_held("address")
        cycle.action_release("Known")
        self._bill("2026-05-01")
        self.assertEqual((cycle.state, cycle.hold_code), ("held", "stale"))
        with self.assertRaisesRegex(UserError, "note"):
            cycle.action_release(" ")
        self._assert_released(cycle, "address,stale")
