from odoo.tests import tagged

from .common import MspBillingCommon


@tagged("post_install", "-at_install")
class TestSiteBilling(MspBillingCommon):
    """Whose computers a subscription counts: the customer's and those of its sites."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer = cls._customer("Acme Ltd")
        cls.north = cls._site("North", cls.customer)
        cls.lab = cls._site("Lab", cls.north)
        cls.south = cls._site("South", cls.customer)
        for partner, number in (
            (cls.customer, 1),
            (cls.north, 2),
            (cls.lab, 4),
            (cls.south, 8),
        ):
            cls._computers(partner, number)

    @classmethod
    def _site(cls, name, parent):
        return cls.env["res.partner"].create({"name": name, "parent_id": parent.id})

    def _quantities(self, run):
        """Return plan and customer -> charged quantity."""
        return {
            (charge.price_id.plan_id.name, charge.partner_id.name): charge.quantity
            for charge in run.cycle_ids.charge_ids
        }

    def test_sites_count_with_their_customer(self):
        plan = self._plan()
        subscription = self._subscribe(plan, self.customer)
        self._subscribe(self._plan("Alone"), self.customer, include_sites=False)
        self._subscribe(self._plan("Branch"), self.north)
        self.assertEqual(subscription.computer_count, 15)
        run = self._bill("2026-02-01")
        self.assertEqual(
            self._quantities(run),
            {
                ("Care", "Acme Ltd"): 15.0,
                ("Alone", "Acme Ltd"): 1.0,
                ("Branch", "North"): 6.0,
            },
        )
        self.assertEqual(run.move_ids.partner_id, self.customer)
        self.assertEqual(len(run.move_ids), 1)

    def test_own_plan_of_a_site_takes_its_computers_out(self):
        """North has Care itself: its computers and those of Lab are its own."""
        plan = self._plan()
        whole = self._subscribe(plan, self.customer)
        branch = self._subscribe(plan, self.north)
        self.assertEqual((whole.computer_count, branch.computer_count), (9, 6))
        run = self._bill("2026-02-01")
        self.assertEqual(
            self._quantities(run),
            {("Care", "Acme Ltd"): 9.0, ("Care", "North"): 6.0},
        )
        # No computer is charged twice, none is forgotten.
        evidence = run.cycle_ids.evidence_ids
        counted = evidence.filtered(lambda entry: entry.status == "counted")
        self.assertEqual(len(counted), 15)
        self.assertEqual(len(counted.computer_id), 15)
        # On the whole company's cycle the branch's computers say where they are.
        others = evidence - counted
        self.assertEqual(others.cycle_id.subscription_id, whole)
        self.assertEqual(set(others.mapped("reason")), {"own_subscription"})
        self.assertEqual(others.partner_id, self.north | self.lab)
        self.assertEqual(len(others), 6)
        self.assertFalse(others.charge_id)
        annex = run.move_ids._msp_bill_document()["annex"]
        self.assertEqual(
            [section["own_subscription"] for section in annex], ["Lab 4 · North 2", ""]
        )
        self.assertEqual([section["not_covered"] for section in annex], ["", ""])

    def test_own_plan_without_its_sites_still_takes_them_out(self):
        """The nearer parent has the plan; that it leaves Lab out is its agreement."""
        plan = self._plan()
        self._subscribe(plan, self.customer)
        self._subscribe(plan, self.north, include_sites=False)
        self.assertEqual(
            self._quantities(self._bill("2026-02-01")),
            {("Care", "Acme Ltd"): 9.0, ("Care", "North"): 2.0},
        )

    def test_own_plan_for_a_part_of_the_cycle(self):
        plan = self._plan("Days", prices=[{"unit_price": 31, "usage_basis": "average"}])
        self._subscribe(plan, self.customer)
        self._subscribe(plan, self.south, "2026-01-11", date_end="2026-01-21")
        run = self._bill("2026-02-01")
        # 31 days x 7 computers + 21 days x 8 of South = 385 computer days.
        self.assertEqual(
            self._quantities(run),
            {("Days", "Acme Ltd"): 12.42, ("Days", "South"): 8.0},
        )
        evidence = run.cycle_ids.evidence_ids
        own = evidence.filtered(lambda entry: entry.reason == "own_subscription")
        self.assertEqual(sum((evidence - own).mapped("days")), 31 * 15)
        # Only the days of its own subscription, and beside the others.
        self.assertEqual(
            {
                (str(row.date_from), str(row.date_to), row.days, row.partner_id)
                for row in own
            },
            {("2026-01-11", "2026-01-21", 10, self.south)},
        )
        self.assertEqual(len(own), 8)

    def test_other_plan_of_a_site_changes_nothing(self):
        self._subscribe(self._plan("Care"), self.customer)
        self._subscribe(self._plan("Backup"), self.south)
        self.assertEqual(
            self._quantities(self._bill("2026-02-01")),
            {("Care", "Acme Ltd"): 15.0, ("Backup", "South"): 8.0},
        )

    def test_computer_that_moves_to_another_site(self):
        plan = self._plan("Days", prices=[{"unit_price": 1, "usage_basis": "average"}])
        self._subscribe(plan, self.customer)
        self._subscribe(plan, self.south)
        moving = self.env["msp.computer"].search([("partner_id", "=", self.lab.id)])[0]
        moving.action_move(self.south, self.workstation, "2026-01-11")
        run = self._bill("2026-02-01")
        # Acme: 6 all January and 10 days; South: 8 and 21 days.
        self.assertEqual(
            self._quantities(run),
            {("Days", "Acme Ltd"): 6.32, ("Days", "South"): 8.68},
        )

    def test_readings_of_sites_are_added(self):
        readings = [(self.customer, 10), (self.north, 20), (self.south, 40)]
        for partner, quantity in readings:
            self.env["msp.count.reading"].create(
                {
                    "partner_id": partner.id,
                    "type_id": self.server.id,
                    "date": "2025-12-01",
                    "quantity": quantity,
                }
            )
        plan = self._plan()
        self._subscribe(plan, self.customer, count_source="reading")
        self._subscribe(plan, self.south, count_source="reading")
        self.assertEqual(
            self._quantities(self._bill("2026-02-01")),
            {("Care", "Acme Ltd"): 30.0, ("Care", "South"): 40.0},
        )

    def _credited(self, run):
        return sum(
            run.cycle_ids.charge_ids.filtered("origin_cycle_id").mapped("amount")
        )

    def test_site_that_moves_re_rates_no_billed_cycle(self):
        other = self._customer("Beta Ltd")
        # It left before the last day, on which the plan counts.
        self._computers(other, 1, date_to="2026-01-02")
        plan = self._plan()
        acme, beta = self._subscribe(plan, self.customer), self._subscribe(plan, other)
        first = self._bill("2026-02-01")
        self.assertEqual(
            self._quantities(first),
            {("Care", "Acme Ltd"): 15.0, ("Care", "Beta Ltd"): 0},
        )
        self.north.parent_id = other
        run = self._bill("2026-03-01")
        # North and Lab count with Beta in February, with Acme in January.
        self.assertEqual(
            self._quantities(run),
            {("Care", "Acme Ltd"): 9.0, ("Care", "Beta Ltd"): 6.0},
        )
        self.assertEqual(self._credited(run), 0.0)
        self.assertEqual(self.env["msp.billing.cycle"]._audit(), [])
        # What happened in January is corrected where January was billed.
        self._computers(self.lab, 1, date_to="2026-02-01")
        run = self._bill("2026-04-01")
        corrections = run.cycle_ids.charge_ids.filtered("origin_cycle_id")
        self.assertEqual(corrections.origin_cycle_id.subscription_id, acme)
        self.assertEqual(corrections.mapped("quantity"), [1.0])
        self.assertFalse(beta.cycle_ids.filtered(lambda c: c.kind == "correction"))
        self.assertEqual(self.env["msp.billing.cycle"]._audit(), [])

    def test_site_entered_after_the_bill_is_corrected(self):
        self._subscribe(self._plan(), self.customer)
        self._bill("2026-02-01")
        east = self._site("East", self.north)
        self._computers(east, 3)
        run = self._bill("2026-03-01")
        self.assertEqual(self._credited(run), 3 * 5.0)

    def test_site_that_moves_before_the_bill_counts_with_its_new_customer(self):
        other = self._customer("Beta Ltd")
        plan = self._plan()
        self._subscribe(plan, self.customer)
        self._subscribe(plan, other)
        run = self._new_run("2026-02-01")
        run.action_preview()
        self.north.parent_id = other
        run.action_start()
        self._work()
        self.assertEqual(
            self._quantities(run),
            {("Care", "Acme Ltd"): 9.0, ("Care", "Beta Ltd"): 6.0},
        )
