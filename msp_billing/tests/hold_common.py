from .common import MspBillingCommon


class HoldCommon(MspBillingCommon):
    """Acme, whose cycle is held in some way, and Other, which is billed all the same.

    April 2026 is billed on 1 May; both have computers that were entered by hand.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.acme, cls.other = cls._customer("Acme Ltd"), cls._customer("Other Ltd")
        cls.plan = cls._plan()
        cls.subscription = cls._subscribe(cls.plan, cls.acme, "2026-04-01")
        cls._subscribe(cls.plan, cls.other, "2026-04-01")
        cls._computers(cls.other, 2, "2026-04-01")

    # === ACTS === #
    @classmethod
    def _source(cls, partner, name="RMM", **vals):
        """Make a source that knows a customer under its name."""
        return cls.env["msp.source"].create(
            {
                "name": name,
                "company_id": cls.company.id,
                "customer_map_ids": [
                    (0, 0, {"external_key": partner.name, "partner_id": partner.id})
                ],
                **vals,
            }
        )

    @classmethod
    def _report(cls, source, partner, day, number, *, complete=True, **more):
        """Let a source report so many computers of a customer, on a day at noon."""
        return source.ingest(
            {
                "customer": partner.name,
                "taken_at": f"{day}T12:00:00+00:00",
                "complete": complete,
                "computers": [
                    {"key": f"K{n}", "name": f"PC-{n}", "type": "workstation"}
                    for n in range(number)
                ],
                **more,
            }
        )

    def _cycles(self, partner, run):
        return run.cycle_ids.filtered(lambda cycle: cycle.partner_id == partner)

    # === CHECKS === #
    def _assert_held(self, code, *words, date="2026-05-01"):
        """Acme is held for a reason that says so; Other is billed. Return the cycle."""
        run = self._bill(date)
        self.assertEqual(run.move_ids.partner_id, self.other)
        cycle = self._cycles(self.acme, run)
        self.assertRecordValues(cycle, [{"state": "held", "hold_code": code}])
        for word in words:
            self.assertIn(word, cycle.reason)
        issue = run.issue_ids
        self.assertEqual((issue.cycle_id, issue.message), (cycle, cycle.reason))
        return cycle

    def _assert_billed(self, date="2026-05-01"):
        """Acme is billed by a run."""
        run = self._bill(date)
        cycles = self._cycles(self.acme, run)
        self.assertEqual(set(cycles.mapped("state")), {"billed"})
        self.assertEqual(set(cycles.mapped("hold_code")), {False})
        return cycles

    def _assert_released(self, cycle, code, date="2026-05-01"):
        """What is released is billed by the next run, though nothing is mended."""
        cycle.action_release("Told by phone")
        self.assertRecordValues(
            cycle, [{"state": "due", "hold_code": False, "released_code": code}]
        )
        self.assertEqual(self._assert_billed(date), cycle)
