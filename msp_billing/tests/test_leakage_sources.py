from datetime import date, datetime

from odoo.tests import tagged

from .leakage_common import LeakageCommon


@tagged("post_install", "-at_install")
class TestLeakageSources(LeakageCommon):
    """Organisations that nobody has mapped, and subscriptions with nothing to count."""

    def _ingest_unknown(self, key, number, taken_at="2026-07-01T10:00:00+00:00"):
        rows = [
            {"key": f"{key}{index}", "name": "PC", "type": "workstation"}
            for index in range(number)
        ]
        with self.assertRefused("not mapped"):
            self.source.ingest(
                {
                    "customer": key,
                    "taken_at": taken_at,
                    "complete": True,
                    "computers": rows,
                }
            )

    def _note(self, key, number, taken_at="2026-07-01 10:00:00"):
        """Note a refused delivery, as is done after the transaction was taken back."""
        self.env["msp.source.sync"]._note_refusal(
            self.source,
            {"message": "No", "taken_at": datetime.fromisoformat(taken_at)},
            {key: False},
            {key: number},
        )

    def test_organisations_without_a_customer(self):
        self.env["msp.source.customer"].create(
            {
                "source_id": self.source.id,
                "external_key": "A",
                "partner_id": self.customer.id,
            }
        )
        self._reported(self.customer, 3, "W")
        self._reported(self.customer, 1, "S", type_=self.server)
        self._note("C", 12)
        # (3 x 10 + 1 x 40) / 4 = 17.50 for the average computer of the source.
        leak = self._leaks("unmapped")
        self.assertRecordValues(
            leak,
            [
                {
                    "name": "C",
                    "source_id": self.source.id,
                    "computers": 12,
                    "value": 210.0,
                    "plan_id": self.plan.id,
                    "since": date(2026, 7, 1),
                    "estimated": True,
                }
            ],
        )
        self.assertIn("Estimated", leak.note)
        self._note("C", 4, "2026-06-01 10:00:00")
        self.assertEqual(self._leaks("unmapped").computers, 12, "An older one")
        self._note("C", 14, "2026-07-01 11:00:00")
        self.assertEqual(self._leaks("unmapped").value, 245.0)
        organisation = leak.source_customer_id
        organisation.ignored = True
        self.assertFalse(self._leaks("unmapped"))
        organisation.write({"ignored": False, "partner_id": self.customer.id})
        self.assertFalse(self._leaks("unmapped"))

    def test_the_source_s_own_plan_comes_before_the_company_s(self):
        many = self._plan("Many", prices=[{"unit_price": 1}])
        for name in ("One", "Two"):
            self._subscribe(many, self._customer(name))
        self._note("C", 2)
        self.assertEqual(self._rows("unmapped", "value", "plan_id"), [(2.0, many)])
        self.env["msp.source.customer"].create(
            {
                "source_id": self.source.id,
                "external_key": "A",
                "partner_id": self.customer.id,
            }
        )
        # Without computers of the source: the average of the plan's prices.
        self.assertEqual(
            self._rows("unmapped", "value", "plan_id"), [(50.0, self.plan)]
        )

    def test_a_refused_delivery_leaves_its_count(self):
        notes = []
        Sync = self.env.registry["msp.source.sync"]
        original = Sync._note_refusal

        def spy(sync, *arguments):
            notes.append(arguments)
            return original(sync, *arguments)

        self.patch(Sync, "_note_refusal", spy)
        self._ingest_unknown("D", 7)
        source, _vals, unmapped, counts = notes[0]
        self.assertEqual(
            (source, unmapped, counts), (self.source, {"D": False}, {"D": 7})
        )

    def test_an_organisation_that_reported_nothing(self):
        self.env["msp.source.customer"].create(
            {"source_id": self.source.id, "external_key": "X", "name": "Ex"}
        )
        leak = self._leaks("unmapped")
        self.assertEqual((leak.name, leak.value, leak.computers), ("Ex", 0.0, 0))
        self.assertIn("Nothing reported", leak.note)
        self.source.active = False
        self.assertFalse(self._leaks("unmapped"))

    # === SUBSCRIPTIONS WITHOUT COMPUTERS === #
    def test_subscriptions_without_computers(self):
        self.assertEqual(self._leaks("empty").subscription_id, self.subscription)
        mobile = self._computers(self.customer, 1, type_=self.mobile)
        self.assertTrue(self._leaks("empty"), "No price for mobiles")
        mobile.type_id = self.server
        self.assertFalse(self._leaks("empty"))
        flat = self._plan("Flat", prices=[{"price_model": "flat", "unit_price": 9}])
        other = self._customer("Other")
        self._subscribe(flat, other)
        self._subscribe(self.plan, other, count_source="contracted")
        self.assertFalse(self._leaks("empty"))
