import base64
from contextlib import suppress

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger

from ..tools import csv_reader
from .inventory_common import SourceCase, day

HEADER = "customer,key,name,type,serial,last_contact\n"
GOOD = HEADER + (
    "A,1,PC 1,workstation,S1,2026-04-01 09:30\n"
    'A,2,"PC, the second",server,,\n'
    "B,3,PC 3,Server,,2026-04-01T09:30:00Z\n"
)


class ImportCase(SourceCase):
    """The dialog that imports a CSV export."""

    def wizard(self, content, moment="2026-04-01 10:00:00", **values):
        if isinstance(content, str):
            content = content.encode()
        return self.env["msp.source.import"].create(
            {
                "source_id": self.source.id,
                "file": base64.b64encode(content),
                "filename": "export.csv",
                "taken_at": moment,
                **values,
            }
        )

    def load(self, content, *arguments, **values):
        wizard = self.wizard(content, *arguments, **values)
        wizard.action_import()
        return wizard

    def refusal(self, content, *arguments, **values):
        """Import what must be refused, and return the message."""
        wizard = self.wizard(content, *arguments, **values)
        before = self.env["msp.computer"].search([]).read()
        with self.assertRaises(UserError) as caught:
            wizard.action_import()
        self.env.invalidate_all()
        self.assertEqual(self.env["msp.computer"].search([]).read(), before)
        self.assertEqual(wizard.state, "draft")
        self.assertIn("export.csv", str(caught.exception))
        return str(caught.exception)


@tagged("post_install", "-at_install")
class TestImport(ImportCase):
    def test_all_customers_of_the_file(self):
        wizard = self.load(GOOD)
        self.assertHistory(self.find("2"), (self.acme, self.server, "1 Apr", None))
        self.assertEqual(self.find("2").name, "PC, the second")
        self.assertEqual(self.find("3").partner_id, self.beta)
        # Without an offset it is the company's time.
        self.assertEqual(
            fields.Datetime.to_string(self.find("1").last_contact),
            "2026-04-01 07:30:00",
        )
        self.assertEqual(
            fields.Datetime.to_string(self.find("3").last_contact),
            "2026-04-01 09:30:00",
        )
        self.assertEqual(wizard.state, "done")
        self.assertFalse(wizard.file)
        self.assertFalse(wizard.note)
        self.assertEqual(
            {sync.customer_key: sync.added for sync in wizard.sync_ids},
            {"A": 2, "B": 1},
        )
        action = wizard.action_view_syncs()
        self.assertEqual(
            self.env["msp.source.sync"].search(action["domain"]), wizard.sync_ids
        )

    def test_the_same_file_again_changes_nothing(self):
        self.load(GOOD)
        wizard = self.load(GOOD)
        self.assertEqual(set(wizard.sync_ids.mapped("state")), {"unchanged"})
        self.assertEqual(sum(wizard.sync_ids.mapped("unchanged")), 3)

    def test_missing_rows_end_in_a_complete_file_only(self):
        self.load(GOOD)
        shorter = HEADER + "A,1,PC 1,workstation,,\nB,3,PC 3,server,,\n"
        self.load(shorter, "2026-04-05 10:00:00", complete=False)
        self.assertFalse(self.find("2").date_to)
        self.load(shorter, "2026-04-06 10:00:00")
        self.assertEqual(self.find("2").date_to, day("6 Apr"))

    def test_a_customer_without_a_row_keeps_its_computers(self):
        self.load(GOOD)
        only_acme = HEADER + "A,1,PC 1,workstation,,\nA,2,PC 2,server,,\n"
        wizard = self.load(only_acme, "2026-04-05 10:00:00")
        self.assertFalse(self.find("3").date_to)
        self.assertIn("Not in the file: B", wizard.note)
        wizard = self.load(only_acme, "2026-04-06 10:00:00", complete=False)
        self.assertFalse(wizard.note)

    def test_delimiters_and_marks(self):
        for number, (mark, delimiter, newline) in enumerate(
            [
                ("", ",", "\n"),
                ("\ufeff", ";", "\r\n"),
                ("", "\t", "\r"),
                ("\n\n", ";", "\n"),
            ]
        ):
            text = f"{mark}{HEADER}A,pc-{number},Büro,server,,\n\n"
            self.load(
                text.replace(",", delimiter).replace("\n", newline), complete=False
            )
            self.assertEqual(self.find(f"pc-{number}").name, "Büro")

    def test_the_export_of_a_tool_as_it_is(self):
        self.source.write(
            {
                "column_customer": "Organization",
                "column_key": "Device ID",
                "column_name": "Hostname",
                "column_type": "Role",
                "column_serial": "S/N",
                "column_last_contact": "Last Seen",
            }
        )
        self.load(
            "Hostname;IP;Role;device id;ORGANIZATION ;Last Seen\r\n"
            "FRONT;10.0.0.1;Workstation;17;A;Never\r\n"
        )
        self.assertEqual(self.find("17").name, "FRONT")
        self.assertFalse(self.find("17").last_contact)

    def test_times_that_are_not_understood_are_told(self):
        wizard = self.load(HEADER + "A,1,PC 1,server,,Never\nA,2,PC 2,server,,4/1/26\n")
        self.assertIn("2 times of the last contact", wizard.note)
        self.assertEqual(sum(wizard.sync_ids.mapped("added")), 2)

    def test_only_the_required_columns(self):
        self.load("key,customer,type\n1,A,server\n")
        self.assertEqual(self.find("1").name, "1")

    def test_dialog(self):
        action = self.source.action_import()
        form = Form(self.env["msp.source.import"].with_context(**action["context"]))
        self.assertEqual(form.source_id, self.source)
        self.assertTrue(form.complete)
        form.taken_at = "2026-04-01 10:00:00"
        form.file = base64.b64encode(GOOD.encode())
        result = form.save().action_import()
        self.assertEqual(result["target"], "new")
        self.assertTrue(self.find("3"))

    def test_managers_only(self):
        sales = new_test_user(
            self.env, "csv_sales", groups="msp_billing.group_msp_billing_sales"
        )
        manager = new_test_user(
            self.env, "csv_manager", groups="msp_billing.group_msp_billing_manager"
        )
        wizard = self.wizard(GOOD)
        with self.assertRaises(AccessError), mute_logger("odoo.addons.base"):
            wizard.with_user(sales).action_import()
        own = (
            self.env["msp.source.import"]
            .with_user(manager)
            .create(
                {
                    "source_id": self.source.id,
                    "file": base64.b64encode(GOOD.encode()),
                    "taken_at": "2026-04-01 10:00:00",
                }
            )
        )
        own.action_import()
        self.assertTrue(self.find("3"))


@tagged("post_install", "-at_install")
class TestImportRefusals(ImportCase):
    def test_files_that_cannot_be_read(self):
        cases = [
            (b"", "has no rows"),
            (b"\xef\xbb\xbf \n", "has no rows"),
            (HEADER.encode(), "has no rows"),
            (b"PK\x03\x04abc", "is a spreadsheet"),
            ((HEADER + "A,1,B").encode() + b"\xfcro,server,,\n", "UTF-8: line 2"),
            (GOOD.encode("utf-16"), "not UTF-8"),
            (
                (HEADER + 'A,1,"open,server,,\nA,2,b,server,,\n').encode(),
                "from line 2 on",
            ),
            (b"customer,name,serial\nA,b,c\n", "no column key, type.*customer, name"),
            (
                b"Kunde;Schl\xc3\xbcssel\nA;b\n",
                "no column customer, key, type.*Kunde, Sch",
            ),
            (b"customer,key,type,KEY\nA,1,server,2\n", "column key twice"),
        ]
        for content, pattern in cases:
            self.assertRegex(self.refusal(content), pattern)

    def test_a_big_file_is_not_parsed(self):
        self.patch(csv_reader, "MAX_BYTES", 2**20)
        message = self.refusal(HEADER + "A,1,PC,server,,\n" * 70_000)
        self.assertIn("at most 1 can be imported", message)

    def test_one_message_names_every_line(self):
        message = self.refusal(
            HEADER
            + "A,1,PC 1,workstation,,\n"
            + "A,2,PC 2,toaster,,\n"
            + "\n"
            + "A,1,PC 1 again,server,,\n"
            + "B,1,PC 1 elsewhere,server,,\n"
            + ",4,PC 4,server,,\n"
            + "A,,PC 5,server,,\n"
            + "A,6,PC 6\n"
            + '"A","7","two\nlines",server,,\n'
            + "C,8,PC 8,server,,\n"
            + "C,9,PC 9,server,,\n"
            + "C,10,PC 10,,,\n"
        )
        lines = message.splitlines()[2:]
        expected = [
            "Line 3: type toaster of computer 2 is not known.*workstation, server",
            "Line 5: key 1 is in line 2 already",
            "Line 6: key 1 is in line 2 already",
            "Line 7: computer 4 has no customer.*column customer",
            "Line 8: computer PC 5 has no key",
            "Line 9 has 3 cells, the header has 6",
            "Line 10: the name two.*control characters",
            "Line 12 and 2 more: RMM: customer C is not mapped",
        ]
        self.assertEqual(len(lines), len(expected), message)
        for line, pattern in zip(lines, expected, strict=True):
            self.assertRegex(line, pattern)

    def test_more_than_twenty_are_counted(self):
        rows = "".join(f"A,{number},PC,toaster,,\n" for number in range(25))
        message = self.refusal(HEADER + rows)
        self.assertEqual(message.count("toaster"), 20)
        self.assertTrue(message.endswith("and 5 more"))

    def test_nothing_is_half_done(self):
        self.load(GOOD)
        stamp = self.map_acme.last_taken_at
        message = self.refusal(
            HEADER + "A,1,PC 1,server,,\nA,9,PC 9,server,,\nB,3,PC 3,toaster,,\n",
            "2026-04-05 10:00:00",
        )
        self.assertIn("nothing was changed", message)
        self.assertEqual(self.find("1").type_id, self.workstation)
        self.assertEqual(self.map_acme.last_taken_at, stamp)

    def test_nothing_is_half_done_when_the_error_is_caught(self):
        wizard = self.wizard(HEADER + "A,9,PC 9,server,,\nB,3,PC 3,toaster,,\n")
        with suppress(UserError):
            wizard.action_import()
        self.assertFalse(self.find("9"))
        self.assertFalse(self.map_acme.last_taken_at)
        self.assertEqual(self.source.sync_ids.mapped("state"), ["refused"])

    def test_an_older_export(self):
        self.load(GOOD, "2026-04-05 10:00:00")
        self.assertIn("newest", self.refusal(GOOD, "2026-04-04 10:00:00"))

    def test_an_export_from_the_future(self):
        self.assertIn("Set the clock", self.refusal(GOOD, "2026-07-02 10:00:00"))

    def test_unknown_customers_are_remembered(self):
        self.refusal(HEADER + "C,1,PC 1,server,,\nD,2,PC 2,server,,\nA,3,PC,server,,\n")
        with self.enter_registry_test_mode():
            self.env.cr.postrollback.run()
        self.env.invalidate_all()
        unmapped = self.source.customer_map_ids.filtered(lambda c: not c.partner_id)
        self.assertEqual(unmapped.mapped("external_key"), ["C", "D"])
        refused = self.source.sync_ids.filtered(lambda sync: sync.state == "refused")
        self.assertEqual(len(refused), 1)
        self.assertIn("customer D is not mapped", refused.message)

    def test_columns_of_a_source_differ(self):
        with self.assertRaisesRegex(UserError, "RMM: column key"):
            self.source.column_name = " KEY"
