from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, tagged

from .inventory_common import InventoryCase, day


@tagged("post_install", "-at_install")
class TestComputer(InventoryCase):
    def test_create_makes_one_period(self):
        computer = self.computer(until="21 Apr")
        self.assertHistory(computer, (self.acme, self.workstation, "1 Apr", "21 Apr"))
        self.assertEqual(computer.period_ids.company_id, self.company)

    def test_create_starts_today_in_the_companys_time_zone(self):
        computer = self.env["msp.computer"].create(
            {
                "name": "PC",
                "partner_id": self.acme.id,
                "type_id": self.server.id,
            }
        )
        self.assertEqual(computer.date_from, self.company._msp_today())
        self.assertFalse(computer.date_to)
        self.assertEqual(len(computer.period_ids), 1)

    def test_create_many(self):
        computers = self.env["msp.computer"].create(
            [
                {
                    "name": f"PC-{number}",
                    "partner_id": partner.id,
                    "type_id": self.server.id,
                    "date_from": day("1 Apr"),
                }
                for number, partner in enumerate([self.acme, self.beta, self.site])
            ]
        )
        self.assertEqual(
            computers.period_ids.partner_id, self.acme | self.beta | self.site
        )
        self.assertEqual(len(computers.period_ids), 3)

    def test_create_with_its_whole_history(self):
        rows = [
            (self.acme, self.workstation, "1 Feb", "1 Mar"),
            (self.beta, self.server, "1 Apr", None),
        ]
        computer = self.env["msp.computer"].create(
            {
                "name": "PC",
                "period_ids": [
                    Command.create(
                        {
                            "partner_id": partner.id,
                            "type_id": kind.id,
                            "date_from": day(since),
                            "date_to": until and day(until),
                        }
                    )
                    for partner, kind, since, until in rows
                ],
            }
        )
        self.assertHistory(computer, *rows)
        self.assertEqual(computer.partner_id, self.beta)
        self.assertEqual(computer.type_id, self.server)
        self.assertEqual(computer.date_from, day("1 Feb"))
        self.assertFalse(computer.date_to)

    def test_write_the_ends(self):
        computer = self.computer()
        computer.date_to = day("1 Jun")
        self.assertHistory(computer, (self.acme, self.workstation, "1 Apr", "1 Jun"))
        computer.date_from = day("10 Jan")
        self.assertHistory(computer, (self.acme, self.workstation, "10 Jan", "1 Jun"))
        computer.write({"date_from": day("5 May"), "date_to": False})
        self.assertHistory(computer, (self.acme, self.workstation, "5 May", None))
        self.assertFalse(computer.date_to)

    def test_write_moves_the_whole_period(self):
        computer = self.computer(since="1 Feb", until="1 Mar")
        computer.write({"date_from": day("1 May"), "date_to": day("1 Jun")})
        self.assertHistory(computer, (self.acme, self.workstation, "1 May", "1 Jun"))
        computer.write({"date_from": day("1 Jan"), "date_to": day("2 Jan")})
        self.assertHistory(computer, (self.acme, self.workstation, "1 Jan", "2 Jan"))

    def test_write_the_ends_cuts_off_periods(self):
        computer = self.computer(since="1 Jan")
        computer.action_move(self.beta, self.server, day("1 Mar"))
        computer.action_move(self.acme, self.server, day("1 May"))
        computer.date_to = day("1 Apr")
        self.assertHistory(
            computer,
            (self.acme, self.workstation, "1 Jan", "1 Mar"),
            (self.beta, self.server, "1 Mar", "1 Apr"),
        )
        self.assertEqual(computer.partner_id, self.beta)
        computer.date_from = day("1 Mar")
        self.assertHistory(computer, (self.beta, self.server, "1 Mar", "1 Apr"))

    def test_write_the_owner_changes_the_last_period(self):
        computer = self.computer(since="1 Jan")
        computer.action_move(self.beta, self.server, day("1 Mar"))
        computer.write({"partner_id": self.site.id, "type_id": self.workstation.id})
        self.assertHistory(
            computer,
            (self.acme, self.workstation, "1 Jan", "1 Mar"),
            (self.site, self.workstation, "1 Mar", None),
        )

    def test_write_many_at_once(self):
        computers = self.computer("PC-1") | self.computer("PC-2", since="1 May")
        computers.date_to = day("1 Jun")
        self.assertEqual(computers.period_ids.mapped("date_to"), [day("1 Jun")] * 2)

    def test_dates_in_the_wrong_order_are_refused(self):
        computer = self.computer("PC-7")
        for until in ("1 Apr", "31 Mar"):
            with self.assertRaisesRegex(ValidationError, "PC-7"):
                computer.date_to = day(until)
        with self.assertRaisesRegex(ValidationError, "PC-8"):
            self.computer("PC-8", until="1 Apr")
        with self.assertRaisesRegex(ValidationError, "PC-7.*since when"):
            computer.date_from = False

    def test_move(self):
        computer = self.computer()
        computer.action_move(self.beta, self.workstation, day("11 Apr"))
        self.assertHistory(
            computer,
            (self.acme, self.workstation, "1 Apr", "11 Apr"),
            (self.beta, self.workstation, "11 Apr", None),
        )
        self.assertEqual(computer.partner_id, self.beta)

    def test_move_on_the_first_day_replaces(self):
        computer = self.computer()
        computer.action_move(self.beta, self.server, day("1 Apr"))
        self.assertHistory(computer, (self.beta, self.server, "1 Apr", None))

    def test_move_there_and_back_on_one_day_leaves_one_period(self):
        computer = self.computer()
        computer.action_move(self.beta, self.workstation, day("11 Apr"))
        computer.action_move(self.acme, self.workstation, day("11 Apr"))
        self.assertHistory(computer, (self.acme, self.workstation, "1 Apr", None))

    def test_move_to_where_it_is_changes_nothing(self):
        computer = self.computer()
        period = computer.period_ids
        computer.action_move(self.acme, self.workstation, day("11 Apr"))
        self.assertEqual(computer.period_ids, period)
        self.assertFalse(period.date_to)

    def test_move_in_the_past_and_after_the_end(self):
        computer = self.computer(since="1 Jan", until="1 May")
        computer.action_move(self.beta, self.server, day("1 Mar"))
        computer.action_move(self.site, self.server, day("1 Feb"))
        computer.action_move(self.acme, self.server, day("1 Jul"))
        self.assertHistory(
            computer,
            (self.acme, self.workstation, "1 Jan", "1 Feb"),
            (self.site, self.server, "1 Feb", "1 Mar"),
            (self.beta, self.server, "1 Mar", "1 May"),
            (self.acme, self.server, "1 Jul", None),
        )

    def test_move_takes_ids_and_text_as_a_client_sends_them(self):
        computer = self.computer()
        computer.action_move(self.beta.id, self.server.id, "2026-04-11")
        self.assertEqual(computer.partner_id, self.beta)

    def test_move_needs_all_of_it(self):
        computer = self.computer("PC-7")
        gone = self.env["res.partner"].create({"name": "Gone"})
        gone_id = gone.id
        gone.unlink()
        for arguments in (
            (False, self.server, day("11 Apr")),
            (self.beta, False, day("11 Apr")),
            (self.beta, self.server, False),
            (gone_id, self.server, day("11 Apr")),
        ):
            with self.assertRaisesRegex(UserError, "PC-7"):
                computer.action_move(*arguments)

    def test_move_dialog_keeps_mixed_types(self):
        first, second = (
            self.computer("PC-1"),
            self.computer("PC-2", type_id=self.server.id),
        )
        action = (first | second).action_open_move()
        wizard = Form(self.env["msp.computer.move"].with_context(**action["context"]))
        self.assertEqual(wizard.partner_id, self.acme)
        self.assertFalse(wizard.type_id)
        wizard.partner_id = self.beta
        wizard.date = day("11 Apr")
        wizard.save().action_move()
        self.assertHistory(
            second,
            (self.acme, self.server, "1 Apr", "11 Apr"),
            (self.beta, self.server, "11 Apr", None),
        )
        self.assertEqual(first.type_id, self.workstation)

    def test_archived_only_when_ended(self):
        computer = self.computer("PC-7")
        with self.assertRaisesRegex(ValidationError, "PC-7 is still managed"):
            computer.active = False
        computer.write({"active": False, "date_to": day("1 May")})
        with self.assertRaisesRegex(ValidationError, "PC-7 is still managed"):
            computer.date_to = False

    def test_copy_starts_its_own_history(self):
        computer = self.computer(serial="S1", until="1 May")
        copy = computer.copy()
        self.assertFalse(copy.serial)
        self.assertEqual(copy.partner_id, self.acme)
        self.assertHistory(computer, (self.acme, self.workstation, "1 Apr", "1 May"))
        self.assertEqual(copy.period_ids.mapped("date_to"), [False])

    def test_delete_takes_the_periods(self):
        computer = self.computer()
        period = computer.period_ids
        computer.unlink()
        self.assertFalse(period.exists())

    def test_form(self):
        form = Form(self.env["msp.computer"])
        form.name = "PC"
        form.partner_id = self.acme
        form.type_id = self.server
        form.date_from = day("1 Apr")
        computer = form.save()
        self.assertHistory(computer, (self.acme, self.server, "1 Apr", None))
        with Form(computer) as form, form.period_ids.edit(0) as row:
            row.date_to = day("1 May")
        self.assertEqual(computer.date_to, day("1 May"))
