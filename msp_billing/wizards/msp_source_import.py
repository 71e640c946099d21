import base64
import binascii

import pytz

from odoo import fields, models
from odoo.exceptions import UserError

from ..tools.csv_reader import FileError, read_table
from ..tools.snapshot import read_moment
from ..tools.snapshot_texts import Texts

SHOWN = 20


class MspSourceImport(models.TransientModel):
    _name = "msp.source.import"
    _description = "Import of a CSV Export"

    # === FIELDS === #
    source_id = fields.Many2one(
        comodel_name="msp.source", required=True, ondelete="cascade"
    )
    file = fields.Binary(string="CSV File", attachment=False)
    filename = fields.Char()
    taken_at = fields.Datetime(
        string="Exported At",
        required=True,
        default=fields.Datetime.now,
        help="The moment of the export. New computers count from its day.",
    )
    complete = fields.Boolean(
        string="All Computers",
        default=True,
        help="The file has all computers of each customer in it: those that are "
        "missing end. Otherwise nothing ends.",
    )
    state = fields.Selection(
        selection=[("draft", "File"), ("done", "Result")],
        default="draft",
        required=True,
        readonly=True,
    )
    sync_ids = fields.Many2many(
        comodel_name="msp.source.sync", string="Customers", readonly=True
    )
    note = fields.Text(readonly=True)

    # === ACTION METHODS === #
    def action_import(self):
        """Import the file: all customers in it, or nothing.

        :raises UserError: one message that names the file, the lines and the way out
        """
        self.ensure_one()
        self.source_id.check_access("write")
        unmapped = {}
        try:
            with self.env.cr.savepoint():
                syncs, note = self._import(unmapped)
        except UserError as error:
            vals = {"message": str(error), "complete": self.complete}
            self.env["msp.source.sync"]._log_refused(self.source_id, vals, unmapped)
            raise
        self.write(
            {
                "state": "done",
                "file": False,
                "sync_ids": [fields.Command.set(syncs.ids)],
                "note": note,
            }
        )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Imported from %(file)s", file=self._file_name()),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "new",
        }

    def action_view_syncs(self):
        """Show the deliveries that the import made."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "msp_billing.msp_source_sync_action"
        )
        domain = [("id", "in", self.sync_ids.ids)]
        return {**action, "domain": domain, "context": {}}

    # === BUSINESS METHODS === #
    def _import(self, unmapped):
        """Import the file and return the deliveries and what is worth saying."""
        table = self._read_file()
        groups, problems = self._group(table)
        unread = self._count_unread(groups)
        syncs = self._deliver(groups, problems, unmapped)
        if problems:
            raise UserError(self._problem_text(problems))
        notes = [self._untouched_text(groups)]
        if unread:
            notes.append(
                self.env._(
                    "%(count)s times of the last contact were not understood and left "
                    "out. Dates such as 2026-04-30 22:00 are.",
                    count=unread,
                )
            )
        return syncs, "\n".join(filter(None, notes))

    def _file_name(self):
        return self.filename or self.env._("the file")

    def _read_file(self):
        """Return the rows of the file."""
        columns = self.source_id._columns()
        try:
            content = base64.b64decode(
                self.with_context(bin_size=False).file or b"", validate=True
            )
            table = read_table(content, columns)
        except binascii.Error as error:
            raise UserError(self._file_text(FileError("broken", line=1))) from error
        except FileError as error:
            raise UserError(self._file_text(error)) from error
        return table

    def _file_text(self, error):
        return Texts(self.env).file(error, self._file_name())

    def _group(self, table):
        """Return the lines by customer, and the problems of single lines."""
        problems = [
            (
                number,
                self.env._(
                    "Line %(number)s has %(cells)s cells, the header has %(expected)s. "
                    "Put text with delimiters into quotes.",
                    number=number,
                    cells=cells,
                    expected=expected,
                ),
            )
            for number, cells, expected in table.ragged
        ]
        groups, seen = {}, {}
        for line in table.lines:
            customer, key = line.values["customer"], line.values["key"]
            if not customer:
                problems.append((line.number, self._no_customer_text(line)))
            elif seen.setdefault(key, line) is not line and key:
                problems.append((line.number, self._double_text(line, seen[key])))
            else:
                groups.setdefault(customer, []).append(line)
        return groups, problems

    def _count_unread(self, groups):
        """Read the last contacts; those without an offset are in the company's time.

        Tools write them in many ways and they change no bill: what is not understood
        is left out, and counted.
        """
        zone = pytz.timezone(self.source_id.company_id.msp_timezone)
        unread = 0
        for lines in groups.values():
            for line in lines:
                text = line.values.get("last_contact")
                moment = read_moment(text, zone) if text else None
                unread += bool(text and not moment)
                line.values["last_contact"] = moment and f"{moment.isoformat()}Z"
        return unread

    def _deliver(self, groups, problems, unmapped):
        """Deliver each customer's lines, and add what is wrong to the problems."""
        customers = self.source_id.customer_map_ids
        by_key = {customer.external_key: customer for customer in customers}
        syncs = self.env["msp.source.sync"]
        # In one order for all imports, so that two never wait for each other.
        for key, lines in sorted(groups.items()):
            if not by_key.get(key, customers.browse()).partner_id:
                unmapped[key] = False
                problems.append((lines[0].number, self._unmapped_text(key, lines)))
                continue
            try:
                sync, rejected = self._deliver_one(key, lines)
            except UserError as error:
                problems.append((lines[0].number, str(error)))
                continue
            syncs += sync
            problems += [
                (lines[index].number, text) for index, text in rejected.items()
            ]
        return syncs

    def _deliver_one(self, key, lines):
        snapshot = {
            "customer": key,
            "taken_at": f"{self.taken_at.isoformat()}+00:00",
            "complete": self.complete,
            "computers": [line.values for line in lines],
        }

        def label(index):
            return self.env._("Line %(number)s", number=lines[index].number)

        return self.source_id._ingest(snapshot, label)

    # === TEXTS === #
    def _problem_text(self, problems):
        problems.sort(key=lambda problem: problem[0])
        texts = [text for _number, text in problems[:SHOWN]]
        if len(problems) > SHOWN:
            more = len(problems) - SHOWN
            texts.append(self.env._("and %(count)s more", count=more))
        return self.env._(
            "%(file)s was not imported, nothing was changed. Mend these lines and "
            "import it again:\n\n%(problems)s",
            file=self._file_name(),
            problems="\n".join(texts),
        )

    def _no_customer_text(self, line):
        return self.env._(
            "Line %(number)s: computer %(key)s has no customer. Fill the column "
            "%(column)s.",
            number=line.number,
            key=line.values["key"],
            column=self.source_id.column_customer,
        )

    def _double_text(self, line, first):
        return self.env._(
            "Line %(number)s: key %(key)s is in line %(first)s already. Leave each "
            "computer in the file once.",
            number=line.number,
            key=line.values["key"],
            first=first.number,
        )

    def _unmapped_text(self, key, lines):
        place = self.env._("Line %(number)s", number=lines[0].number)
        if len(lines) > 1:
            place = self.env._(
                "%(place)s and %(count)s more", place=place, count=len(lines) - 1
            )
        return f"{place}: {self.source_id._unmapped_text(key)}"

    def _untouched_text(self, groups):
        """Say which customers have computers here but no line in a complete file."""
        if not self.complete:
            return ""
        left = self.env["msp.computer"]._read_group(
            [
                ("source_id", "=", self.source_id.id),
                ("date_to", "=", False),
                ("source_customer_id.external_key", "not in", list(groups)),
            ],
            groupby=["source_customer_id"],
        )
        names = sorted(customer.display_name for (customer,) in left if customer)
        if not names:
            return ""
        return self.env._(
            "Not in the file: %(customers)s. Nothing was changed for them.",
            customers=", ".join(names),
        )
