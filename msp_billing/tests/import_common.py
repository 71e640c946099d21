import base64
import hashlib

from odoo.exceptions import UserError
from odoo.tools import SQL

from .inventory_common import SourceCase

HEADER = "customer,key,name,type,serial,last_contact\n"
GOOD = HEADER + (
    "A,1,PC 1,workstation,S1,2026-04-01 09:30\n"
    'A,2,"PC, the second",server,,\n'
    "B,3,PC 3,Server,,2026-04-01T09:30:00Z\n"
)
# What an import must leave alone until it is done.
TABLES = (
    "msp_computer",
    "msp_computer_period",
    "msp_source",
    "msp_source_customer",
    "msp_source_sync",
    "msp_source_type",
)


class ImportCase(SourceCase):
    """The screens that import a CSV export."""

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

    def preview(self, content, *arguments, **values):
        """Go to the preview; nobody who is unknown is asked for."""
        wizard = self.wizard(content, *arguments, **values)
        wizard.action_read()
        wizard.action_preview()
        return wizard

    def load(self, content, *arguments, **values):
        wizard = self.preview(content, *arguments, **values)
        self.assertEqual(wizard.state, "preview", wizard.problem)
        wizard.action_import()
        self.assertEqual(wizard.state, "done", wizard.problem)
        return wizard

    def refusal(self, content, *arguments, **values):
        """Read what must be refused, and return the message."""
        before = self.digest()
        wizard = self.wizard(content, *arguments, **values)
        with self.assertRaises(UserError) as caught:
            wizard.action_read()
            wizard.action_preview()
        self.env.invalidate_all()
        self.assertEqual(self.digest(), before)
        self.assertIn("export.csv", str(caught.exception))
        return str(caught.exception)

    def rejections(self, wizard):
        """Return why lines are rejected, by their number."""
        lines = wizard.computer_ids.filtered(lambda line: line.what == "rejected")
        return {line.line: line.detail for line in lines}

    def told(self, wizard):
        """Return what happens to each computer, by its key."""
        return {
            line.computer_key: (line.what, line.partner_id, line.day)
            for line in wizard.computer_ids
        }

    def digest(self):
        """Return the number of rows and a checksum of each table of the inventory."""
        self.env.flush_all()
        found = {}
        for table in TABLES:
            name = SQL.identifier(table)
            found_rows = self.env.execute_query(
                SQL("SELECT t::text FROM %s t ORDER BY id", name)
            )
            rows = "\n".join(row for (row,) in found_rows)
            digest = hashlib.md5(rows.encode(), usedforsecurity=False).hexdigest()
            found[table] = (rows.count("\n"), digest)
        return found
