import base64

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger

from .import_common import GOOD, HEADER, ImportCase
from .inventory_common import day


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
        self.assertEqual((wizard.unchanged, wizard.added), (3, 0))
        self.assertEqual(set(wizard.sync_ids.mapped("state")), {"unchanged"})
        self.assertEqual(sum(wizard.sync_ids.mapped("unchanged")), 3)
        self.assertIn("imported before", wizard.customer_ids[0].message)

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
        self.assertIn("Not in the file: B (1)", wizard.note)
        wizard = self.load(only_acme, "2026-04-06 10:00:00", complete=False)
        self.assertFalse(wizard.note)

    def test_times_that_are_not_understood_are_told(self):
        rows = ("Never", "4/1/26", "1970-01-01 00:00", "2099-01-01 00:00")
        text = "".join(f"A,{row},PC,server,,{row}\n" for row in rows)
        wizard = self.load(HEADER + text)
        self.assertIn("4 times of the last contact", wizard.note)
        self.assertEqual(wizard.added, 4)
        self.assertFalse(self.find("2099-01-01 00:00").last_contact)

    def test_only_the_required_columns(self):
        self.load("key,customer,type\n1,A,server\n")
        self.assertEqual(self.find("1").name, "1")

    def test_screens(self):
        action = self.source.action_import()
        form = Form(self.env["msp.source.import"].with_context(**action["context"]))
        self.assertEqual(form.source_id, self.source)
        self.assertTrue(form.complete)
        form.taken_at = "2026-04-01 10:00:00"
        form.file = base64.b64encode(GOOD.encode() + b"C,4,PC 4,Toaster,,\n")
        wizard = form.save()
        wizard.action_read()
        with Form(wizard) as form:
            with form.unknown_ids.edit(0) as line:
                line.partner_id = self.site
            with form.type_ids.edit(0) as line:
                line.type_id = self.server
        wizard.action_preview()
        wizard.action_import()
        self.assertHistory(self.find("4"), (self.site, self.server, "1 Apr", None))

    def test_steps_in_their_order(self):
        wizard = self.wizard(GOOD)
        with self.assertRaisesRegex(UserError, "at the step File; .* to Preview"):
            wizard.action_import()
        wizard.action_read()
        with self.assertRaisesRegex(UserError, "at the step Columns"):
            wizard.action_read()
        wizard.action_preview()
        wizard.action_back()
        self.assertEqual(wizard.state, "columns")
        wizard.action_back()
        wizard.file = base64.b64encode(HEADER.encode() + b"A,9,PC 9,server,,\n")
        wizard.action_read()
        wizard.action_preview()
        self.assertEqual(list(self.told(wizard)), ["9"])
        wizard.action_import()
        with self.assertRaisesRegex(UserError, "at the step Imported"):
            wizard.action_import()

    def test_another_file_than_the_one_that_was_read(self):
        wizard = self.wizard(GOOD)
        wizard.action_read()
        wizard.file = base64.b64encode(b"type,key,customer\nserver,1,A\n")
        with self.assertRaisesRegex(UserError, "export.csv is another file"):
            wizard.action_preview()

    def test_an_archived_source(self):
        wizard = self.wizard(GOOD)
        self.source.active = False
        with self.assertRaisesRegex(UserError, "RMM is archived"):
            wizard.action_read()

    def test_managers_only(self):
        sales = new_test_user(
            self.env, "csv_sales", groups="msp_billing.group_msp_billing_sales"
        )
        manager = new_test_user(
            self.env, "csv_manager", groups="msp_billing.group_msp_billing_manager"
        )
        wizard = self.wizard(GOOD)
        values = {
            "source_id": self.source.id,
            "file": base64.b64encode(GOOD.encode() + b"C,4,PC 4,Toaster,,\n"),
            "taken_at": "2026-04-01 10:00:00",
        }
        for name in ("action_read", "action_preview", "action_import"):
            with self.assertRaises(AccessError), mute_logger("odoo.addons.base"):
                getattr(wizard.with_user(sales), name)()
        with self.assertRaises(AccessError), mute_logger("odoo.addons.base"):
            self.env["msp.source.import"].with_user(sales).create(values)
        own = self.env["msp.source.import"].with_user(manager).create(values)
        own.action_read()
        own.unknown_ids.partner_id = self.site
        own.type_ids.type_id = self.server
        own.action_preview()
        self.assertEqual(len(own.computer_ids), 4)
        own.action_import()
        self.assertEqual(self.find("4").partner_id, self.site)
        # What one imports, another does not look into.
        wizard = self.preview(HEADER + "A,9,PC 9,server,,\n", "2026-04-02 10:00:00")
        for records in (wizard, wizard.computer_ids, wizard.customer_ids):
            with self.assertRaises(AccessError), mute_logger("odoo.addons.base"):
                records.with_user(manager).mapped("create_date")

    def test_another_companys_source(self):
        other = self.env["res.company"].create({"name": "Other"})
        source = self.source.copy({"code": "other", "company_id": other.id})
        manager = new_test_user(
            self.env, "csv_manager", groups="msp_billing.group_msp_billing_manager"
        )
        wizard = self.env["msp.source.import"].with_user(manager)
        with self.assertRaises(AccessError), mute_logger("odoo.addons.base"):
            wizard.create(
                {
                    "source_id": source.id,
                    "file": base64.b64encode(GOOD.encode()),
                    "taken_at": "2026-04-01 10:00:00",
                }
            ).action_read()
