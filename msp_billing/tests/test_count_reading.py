from psycopg2 import IntegrityError

from odoo.exceptions import ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .inventory_common import InventoryCase, day


@tagged("post_install", "-at_install")
class TestCountReading(InventoryCase):
    def reading(self, **values):
        return self.env["msp.count.reading"].create(
            {
                "partner_id": self.acme.id,
                "type_id": self.server.id,
                "date": day("1 Apr"),
                "quantity": 12,
                **values,
            }
        )

    def test_bounds(self):
        for quantity in (-1, 1_000_001, 2.5, float("nan"), float("inf"), "ten"):
            with self.assertRaisesRegex(ValidationError, "Acme"):
                self.reading(quantity=quantity)
        reading = self.reading(quantity=0)
        reading.quantity = 1_000_000
        with self.assertRaisesRegex(ValidationError, "Acme"):
            reading.quantity = -1
        self.assertEqual(reading.quantity, 1_000_000)

    def test_one_for_each_day(self):
        reading = self.reading()
        with self.assertRaisesRegex(ValidationError, "Acme.*Server"):
            self.reading(quantity=13)
        self.reading(type_id=self.workstation.id)
        self.reading(partner_id=self.beta.id)
        other = self.reading(date="2026-04-02")
        with self.assertRaisesRegex(ValidationError, "Acme.*Server"):
            other.date = "2026-04-01"
        reading.write({"date": "2026-04-01", "quantity": 5})
        self.assertEqual(reading.quantity, 5)

    def test_the_database_refuses_too(self):
        reading = self.reading()
        self.env.flush_all()
        for assignment in ("quantity = -1", "quantity = 1000001"):
            with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
                self.env.cr.execute(
                    f"UPDATE msp_count_reading SET {assignment} WHERE id = %s",
                    [reading.id],
                )

    def test_who_and_changes_are_kept(self):
        reading = self.reading()
        self.assertEqual(reading.create_uid, self.env.user)
        self.flush_tracking()
        reading.quantity = 13
        self.flush_tracking()
        self.assertEqual(
            reading.message_ids.tracking_value_ids.mapped("new_value_integer"), [13]
        )

    def flush_tracking(self):
        self.env.flush_all()
        self.cr.flush()


@tagged("post_install", "-at_install")
class TestComputerType(InventoryCase):
    def test_shipped_codes(self):
        codes = ("workstation", "server", "mobile", "network", "virtual")
        for code in codes:
            kind = self.env.ref(f"msp_billing.msp_computer_type_{code}")
            self.assertEqual(kind.code, code)

    def test_codes(self):
        Kind = self.env["msp.computer.type"]
        for code in ("Server", "a b", "ü", "x" * 65, "a;b"):
            with self.assertRaisesRegex(ValidationError, "cannot be the code"):
                Kind.create({"name": "Odd", "code": code})
        with self.assertRaisesRegex(ValidationError, "cannot be the code"):
            self.server.code = "S"
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
            Kind.create({"name": "Again", "code": "server"})

    def test_copy(self):
        self.assertEqual(self.server.copy().code, "server_copy")

    def test_used_type_stays(self):
        self.computer()
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
            self.workstation.unlink()
