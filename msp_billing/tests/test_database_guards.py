from psycopg2.errors import ExclusionViolation, UniqueViolation

from odoo.tests import tagged
from odoo.tools import SQL, mute_logger

from .common import MspBillingCommon


@tagged("post_install", "-at_install")
class TestDatabaseGuards(MspBillingCommon):
    """The last line of defence: what the database refuses, whatever the code does."""

    def _cycle(self, subscription, kind, date_start, date_end, state="due"):
        """Write a cycle as no code of ours would."""
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                "INSERT INTO msp_billing_cycle (subscription_id, company_id, kind, "
                "date_start, date_end, state) VALUES (%s, %s, %s, %s, %s, %s)",
                subscription.id,
                self.company.id,
                kind,
                date_start,
                date_end,
                state,
            )
        )

    def test_days_are_in_one_cycle(self):
        subscription = self._subscribe(self._plan(), self._customer())
        self._cycle(subscription, "regular", "2026-01-01", "2026-02-01")
        self._cycle(subscription, "regular", "2026-02-01", "2026-03-01")
        self._cycle(subscription, "regular", "2026-01-01", "2026-02-01", "voided")
        with mute_logger("odoo.sql_db"), self.assertRaises(ExclusionViolation):
            self._cycle(subscription, "regular", "2026-01-31", "2026-02-28")

    def test_a_day_has_one_correction(self):
        subscription = self._subscribe(self._plan(), self._customer())
        self._cycle(subscription, "correction", "2026-02-01", "2026-02-01")
        self._cycle(subscription, "correction", "2026-02-01", "2026-02-01", "voided")
        with mute_logger("odoo.sql_db"), self.assertRaises(UniqueViolation):
            self._cycle(subscription, "correction", "2026-02-01", "2026-02-01")

    def test_a_snapshot_is_applied_once(self):
        source = self.env["msp.source"].create({"name": "RMM", "code": "rmm"})
        query = SQL(
            "INSERT INTO msp_source_sync (source_id, company_id, state, snapshot_key) "
            "VALUES (%s, %s, 'applied', 'x')",
            source.id,
            self.company.id,
        )
        self.env.flush_all()
        self.env.cr.execute(query)
        with mute_logger("odoo.sql_db"), self.assertRaises(UniqueViolation):
            self.env.cr.execute(query)

    def test_a_request_is_answered_once(self):
        source = self.env["msp.source"].create({"name": "RMM", "code": "rmm"})
        query = SQL(
            "INSERT INTO msp_source_request (source_id, company_id, idempotency_key, "
            "request_hash) VALUES (%s, %s, 'x', 'y')",
            source.id,
            self.company.id,
        )
        self.env.flush_all()
        self.env.cr.execute(query)
        with mute_logger("odoo.sql_db"), self.assertRaises(UniqueViolation):
            self.env.cr.execute(query)
