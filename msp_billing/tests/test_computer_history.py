from psycopg2 import IntegrityError

from odoo.exceptions import ValidationError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from .inventory_common import InventoryCase, day


@tagged("post_install", "-at_install")
class TestHistory(InventoryCase):
    def test_shift_the_border_of_two_periods_in_any_order(self):
        for border in ("5 Mar", "20 Feb"):
            for turned in (False, True):
                computer = self.computer(since="1 Jan")
                computer.action_move(self.beta, self.server, day("1 Mar"))
                first, last = computer.period_ids.sorted("date_from")
                commands = [
                    Command.update(first.id, {"date_to": day(border)}),
                    Command.update(last.id, {"date_from": day(border)}),
                ]
                computer.period_ids = commands[::-1] if turned else commands
                self.assertHistory(
                    computer,
                    (self.acme, self.workstation, "1 Jan", border),
                    (self.beta, self.server, border, None),
                )

    def test_insert_and_delete_rows(self):
        computer = self.computer(since="1 Jan")
        period = computer.period_ids
        values = {"partner_id": self.beta.id, "type_id": self.server.id}
        computer.write(
            {
                "period_ids": [
                    Command.create({**values, "date_from": "2026-03-01"}),
                    Command.update(period.id, {"date_to": "2026-02-01"}),
                ]
            }
        )
        self.assertHistory(
            computer,
            (self.acme, self.workstation, "1 Jan", "1 Feb"),
            (self.beta, self.server, "1 Mar", None),
        )
        computer.period_ids = [Command.delete(period.id)]
        self.assertHistory(computer, (self.beta, self.server, "1 Mar", None))
        self.assertEqual(computer.date_from, day("1 Mar"))

    def test_overlap_is_refused_by_name(self):
        computer = self.computer("PC-7", since="1 Jan", until="1 Mar")
        values = {
            "computer_id": computer.id,
            "partner_id": self.beta.id,
            "type_id": self.server.id,
        }
        Period = self.env["msp.computer.period"]
        for since in ("28 Feb", "1 Jan", "1 Feb"):
            with self.assertRaisesRegex(ValidationError, "PC-7.*overlaps"):
                Period.create({**values, "date_from": day(since)})
        with self.assertRaisesRegex(ValidationError, "PC-7.*overlaps"):
            Period.create([{**values, "date_from": day("1 Mar")}] * 2)
        later = Period.create({**values, "date_from": day("1 Mar")})
        with self.assertRaisesRegex(ValidationError, "PC-7.*overlaps"):
            later.date_from = day("28 Feb")
        with self.assertRaisesRegex(ValidationError, "PC-7.*overlaps"):
            computer.period_ids = [
                Command.create({**values, "date_from": day("1 Jun")})
            ]

    def test_incomplete_row_is_refused_by_name(self):
        computer = self.computer("PC-7", until="1 May")
        with self.assertRaisesRegex(ValidationError, "PC-7"):
            computer.period_ids = [Command.create({"date_from": day("1 Jun")})]

    def test_the_database_refuses_an_overlap(self):
        computer = self.computer(since="1 Jan", until="1 Mar")
        self.env.flush_all()
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
            self.env.cr.execute(
                """INSERT INTO msp_computer_period
                          (computer_id, partner_id, type_id, date_from)
                   SELECT computer_id, partner_id, type_id, '2026-02-28'
                     FROM msp_computer_period WHERE computer_id = %s""",
                [computer.id],
            )

    def test_the_database_refuses_an_empty_period(self):
        computer = self.computer()
        self.env.flush_all()
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
            self.env.cr.execute(
                "UPDATE msp_computer_period SET date_to = date_from "
                "WHERE computer_id = %s",
                [computer.id],
            )

    def test_delete_all_periods(self):
        computer = self.computer()
        computer.period_ids.unlink()
        self.assertFalse(computer.date_from)
        self.assertEqual(computer.partner_id, self.acme)

    def test_changes_are_logged(self):
        computer = self.computer()
        before = computer.message_ids
        computer.action_move(self.beta, self.server, day("11 Apr"))
        message = (computer.message_ids - before).ensure_one()
        self.assertIn("Acme, Workstation, since 04/01/2026", message.body)
        self.assertIn("Beta, Server, since 04/11/2026", message.body)
        computer.period_ids.sorted("date_from")[0].date_from = day("2 Apr")
        self.assertIn("since 04/02/2026", computer.message_ids[0].body)
        computer.action_move(self.beta, self.server, day("12 Apr"))
        self.assertEqual(len(computer.message_ids - before), 2)

    def test_names_are_escaped_in_the_log(self):
        self.beta.name = "<b>Beta</b>"
        computer = self.computer()
        computer.action_move(self.beta, self.server, day("11 Apr"))
        self.assertIn("&lt;b&gt;Beta", computer.message_ids[0].body)
