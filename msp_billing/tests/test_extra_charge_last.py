from odoo.fields import Command
from odoo.tests import freeze_time, tagged

from .common import MspBillingCommon


@tagged("post_install", "-at_install")
class TestExtraChargeLast(MspBillingCommon):
    """Extra charges of a subscription that has no further cycle."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer = cls._customer()
        cls._computers(cls.customer, 2, date_to="2026-02-01")
        cls.subscription = cls._subscribe(
            cls._plan(), cls.customer, date_end="2026-02-01"
        )

    def _add(self, date="2026-02-10"):
        self.subscription.extra_charge_ids = [
            Command.create({"name": "Removal", "date": date, "unit_price": 80})
        ]
        return self.subscription.extra_charge_ids

    def test_billed_with_the_next_corrections(self):
        self.assertEqual(self._bill("2026-02-01").move_ids.amount_untaxed, 10.0)
        extra = self._add()
        self.assertEqual(str(self.subscription.next_correction_date), "2026-03-01")
        run = self._bill("2026-03-01")
        self.assertRecordValues(run.cycle_ids, [{"kind": "correction", "amount": 80.0}])
        self.assertRecordValues(
            run.cycle_ids.charge_ids,
            [{"kind": "extra", "extra_charge_id": extra.id, "name": "Removal"}],
        )
        self.assertEqual(run.move_ids.amount_untaxed, 80.0)
        self.assertTrue(extra.is_billed)
        self.assertFalse(self._bill("2026-04-01").move_ids)

    def test_with_a_correction_on_one_bill(self):
        self._bill("2026-02-01")
        self._add()
        self._computers(
            self.customer, 1, "2026-01-11", name="Late", date_to="2026-02-01"
        )
        run = self._bill("2026-03-01")
        self.assertEqual(
            run.cycle_ids.charge_ids.mapped(lambda c: (c.kind, c.sequence, c.amount)),
            [("adjustment", 1, 5.0), ("extra", 2, 80.0)],
        )
        self.assertEqual(run.move_ids.amount_untaxed, 85.0)

    def test_not_billed_before_its_day(self):
        self._bill("2026-02-01")
        extra = self._add("2026-03-15")
        self.assertFalse(self._bill("2026-03-01").move_ids)
        self.assertFalse(extra.is_billed)
        self.assertEqual(self._bill("2026-04-01").move_ids.amount_untaxed, 80.0)

    def test_long_after_the_end(self):
        for date in ("02", "03", "04", "05", "06", "07"):
            self._bill(f"2026-{date}-01")
        self.assertFalse(self.subscription.next_correction_date)
        with freeze_time("2026-08-10 12:00:00"):
            extra = self._add("2026-08-05")
        self.assertEqual(str(self.subscription.next_correction_date), "2026-09-01")
        self.assertEqual(self._bill("2026-09-01").move_ids.amount_untaxed, 80.0)
        self.assertTrue(extra.is_billed)
        self.assertFalse(self.subscription.next_correction_date)

    def test_goes_with_the_last_cycle_while_there_is_one(self):
        extra = self._add("2026-01-20")
        run = self._bill("2026-02-01")
        self.assertEqual(run.cycle_ids.kind, "regular")
        self.assertEqual(run.move_ids.amount_untaxed, 90.0)
        self.assertEqual(len(extra.charge_ids), 1)
        self.assertFalse(self._bill("2026-03-01").move_ids)
