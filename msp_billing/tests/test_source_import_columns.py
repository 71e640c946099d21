from odoo.exceptions import UserError
from odoo.tests import tagged

from .import_common import HEADER, ImportCase


@tagged("post_install", "-at_install")
class TestImportColumns(ImportCase):
    def chosen(self, wizard):
        return [
            wizard[f"column_{what}_id"].name
            for what in ("customer", "key", "name", "type", "serial", "last_contact")
        ]

    def test_delimiters_and_marks(self):
        for number, (mark, delimiter, newline) in enumerate(
            [
                ("", ",", "\n"),
                ("\ufeff", ";", "\r\n"),
                ("", "\t", "\r"),
                ("\n\n", ";", "\n"),
                ("sep=;\n", ";", "\n"),
            ]
        ):
            text = f"{mark}{HEADER}A,pc-{number},Büro,server,,\n\n"
            self.load(
                text.replace(",", delimiter).replace("\n", newline), complete=False
            )
            self.assertEqual(self.find(f"pc-{number}").name, "Büro")

    def test_what_looks_the_same_is_the_same(self):
        """Some write é in two characters, and spaces that nobody sees."""
        self.map_acme.external_key = "Café"
        self.load(HEADER + "Cafe\u0301,1\u200b,PC 1,server,,\n")
        self.assertEqual(self.find("1").partner_id, self.acme)

    def test_columns_are_guessed(self):
        cases = [
            "Organization;Device ID;Hostname;Device Type;S/N;Last Seen",
            "Client Name;Agent GUID;COMPUTER_NAME;Role;Serial Number;Last Check-In",
            "Company,uid,Machine Name,Category,BIOS serial,lastContact",
            "Tenant\tId\tEndpoint name\tNode Class\tService Tag\tlast response",
        ]
        for header in cases:
            names = header.replace(";", ",").replace("\t", ",").split(",")
            delimiter = next(d for d in ";\t," if d in header)
            row = delimiter.join(("A", "1", "PC", "server", "S", ""))
            for text in (
                f"{header}\n{row}\n",
                f"IP{delimiter}{header}\n1{delimiter}{row}",
            ):
                wizard = self.wizard(text)
                wizard.action_read()
                self.assertEqual(self.chosen(wizard), names)

    def test_columns_are_remembered(self):
        text = "who|a,x,y,z\nA,1,PC 1,server\n"
        wizard = self.wizard(text)
        wizard.action_read()
        self.assertEqual(self.chosen(wizard), [False] * 6)
        with self.assertRaisesRegex(
            UserError, "no column for: Customer, Key, Type.*who|a, x, y, z"
        ):
            wizard.action_preview()
        columns = wizard.column_ids
        self.assertEqual(columns[1].display_name, "x, e.g. 1")
        wizard.column_customer_id, wizard.column_key_id = columns[0], columns[1]
        wizard.column_type_id = columns[1]
        with self.assertRaisesRegex(UserError, "Column x .* two things: Key, Type"):
            wizard.action_preview()
        wizard.column_type_id = columns[3]
        wizard.action_preview()
        self.assertEqual(self.source.column_key, "key")
        wizard.action_import()
        self.assertEqual(
            self.source._columns(),
            {
                "customer": "who|a",
                "key": "x",
                "type": "z",
                "name": "",
                "serial": "",
                "last_contact": "",
            },
        )
        again = self.wizard("name,z,X,who|a\nB,server,2,A\n")
        again.action_read()
        # The name was left out the last time, so it is not guessed now.
        self.assertEqual(self.chosen(again), ["who|a", "X", False, "z", False, False])

    def test_columns_of_one_name(self):
        wizard = self.wizard("customer,key,type,KEY,\nA,1,server,2,x\n")
        wizard.action_read()
        self.assertFalse(wizard.column_key_id)
        self.assertEqual(
            wizard.column_ids.mapped("display_name"),
            [
                "customer, e.g. A",
                "key (column 2), e.g. 1",
                "type, e.g. server",
                "KEY (column 4), e.g. 2",
                "(column 5), e.g. x",
            ],
        )
        wizard.column_key_id = wizard.column_ids[3]
        wizard.action_preview()
        wizard.action_import()
        self.assertTrue(self.find("2"))
        # Its name does not tell which one it is, so it is asked for again.
        self.assertEqual(self.source.column_key, "key")

    def test_the_choice_is_a_list_of_columns(self):
        wizard = self.wizard(",".join(f"c{n}" for n in range(150)) + "\n" + "1," * 149)
        wizard.action_read()
        found = self.env["msp.source.import.column"].name_search(
            "", [("wizard_id", "=", wizard.id)]
        )
        self.assertEqual(len(found), 150)

    def test_columns_of_a_source_differ(self):
        with self.assertRaisesRegex(UserError, "RMM: column key"):
            self.source.column_name = " KEY"
        self.source.write({"column_name": False, "column_serial": False})


@tagged("post_install", "-at_install")
class TestImportMapping(ImportCase):
    TEXT = HEADER + (
        "A,1,PC 1,workstation,,\n"
        "Gamma Ltd,2,PC 2,Laptop,,\n"
        "Lab,3,PC 3,laptop,,\n"
        "Lab,4,PC 4,server,,\n"
    )

    def test_unknown_customers_are_chosen_or_skipped(self):
        gamma = self.env["res.partner"].create({"name": "Gamma Ltd"})
        wizard = self.preview(self.TEXT)
        self.assertEqual(wizard.state, "columns")
        self.assertIn("or skip them: Gamma Ltd, Lab.", wizard.problem)
        lines = wizard.unknown_ids
        self.assertEqual(lines.mapped("external_key"), ["Gamma Ltd", "Lab"])
        self.assertEqual(lines.mapped("computer_count"), [1, 2])
        # Proposed, but not taken unasked.
        self.assertEqual(lines[0].proposed_id, gamma)
        self.assertFalse(lines.partner_id)
        self.assertTrue(wizard.has_proposals)
        wizard.action_use_proposals()
        self.assertFalse(wizard.has_proposals)
        lines[1].skip = True
        before = self.digest()
        wizard.action_preview()
        self.assertEqual(self.digest(), before)
        self.assertEqual(wizard.state, "preview")
        self.assertEqual((wizard.added, wizard.skipped, wizard.rejected), (1, 2, 1))
        self.assertIn("Skipped: Lab.", wizard.note)
        wizard.action_import()
        self.assertFalse(self.find("3") | self.find("4"))
        mapped = self.source.customer_map_ids - self.map_acme - self.map_beta
        self.assertRecordValues(
            mapped.sorted("external_key"),
            [
                {"external_key": "Gamma Ltd", "partner_id": gamma.id, "ignored": False},
                {"external_key": "Lab", "partner_id": False, "ignored": True},
            ],
        )
        self.assertEqual(self.source.unmapped_count, 0)
        # Nobody is asked again.
        again = self.preview(self.TEXT, "2026-04-02 10:00:00")
        self.assertEqual(again.state, "preview")
        self.assertEqual(again.skipped, 2)
        mapped.partner_id = self.beta
        self.assertFalse(any(mapped.mapped("ignored")))

    def test_a_name_that_two_bear_is_not_proposed(self):
        partners = self.env["res.partner"].create([{"name": "Gamma Ltd"}] * 2)
        wizard = self.wizard(self.TEXT)
        wizard.action_read()
        self.assertFalse(wizard.unknown_ids.proposed_id)
        partners[0].name = "gamma"
        wizard = self.wizard(self.TEXT)
        wizard.action_read()
        wizard.unknown_ids[0].action_use_proposal()
        self.assertEqual(wizard.unknown_ids.partner_id, partners[1])

    def test_unknown_types_are_chosen_or_rejected(self):
        wizard = self.wizard(self.TEXT)
        wizard.action_read()
        wizard.unknown_ids.partner_id = self.beta
        self.assertEqual(wizard.type_ids.mapped("name"), ["Laptop"])
        self.assertEqual(wizard.type_ids.computer_count, 2)
        wizard.action_preview()
        rejected = self.rejections(wizard)
        self.assertEqual(list(rejected), [3, 4])
        self.assertRegex(rejected[3], "type Laptop.*not known. Use one of: workstation")
        wizard.action_back()
        wizard.type_ids.type_id = self.workstation
        wizard.action_preview()
        self.assertFalse(wizard.rejected)
        wizard.action_import()
        self.assertEqual(self.find("2").type_id, self.workstation)
        # The source remembers it, for every road in.
        self.assertAnswer(
            self.ingest("3 Apr", self.row("9", "LAPTOP"), "1"), 1, 0, 0, 1
        )

    def test_a_wrong_column_is_not_thousands_of_customers(self):
        text = "customer,key,type\n" + "".join(
            f"C{n},{n},server\n" for n in range(2001)
        )
        self.assertRegex(self.refusal(text), "Column customer.* has 2001 customers")
        text = "customer,key,type\n" + "".join(f"A,{n},T{n}\n" for n in range(201))
        self.assertRegex(self.refusal(text), "Column type.* has 201 computer types")
