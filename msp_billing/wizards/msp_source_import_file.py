import base64
import binascii
from collections import Counter
from dataclasses import dataclass

import pytz

from odoo import models
from odoo.exceptions import UserError
from odoo.fields import Command

from ..models.msp_source import COLUMNS
from ..tools.csv_columns import KNOWN, REQUIRED, propose
from ..tools.csv_groups import Groups, group
from ..tools.csv_reader import FileError, double_names, open_sheet, plain, read_table
from ..tools.csv_texts import CsvTexts
from ..tools.snapshot import (
    FIRST_YEAR,
    RowError,
    read_moment,
    read_text,
    shown,
)
from ..tools.snapshot_rows import CLOCK_TOLERANCE

MAX_UNKNOWN_CUSTOMERS = 2000
MAX_UNKNOWN_TYPES = 200


def _is_name(text):
    """Whether a text can be the name of a type; else its lines are rejected."""
    try:
        return bool(read_text(text, "type"))
    except RowError:
        return False


@dataclass
class Draft:
    """The file as it was read with the chosen columns."""

    content: bytes
    groups: Groups
    unread: int  # times of the last contact that were not understood


class MspSourceImport(models.TransientModel):
    """From the file to what has to be decided about it."""

    _inherit = "msp.source.import"

    # === FILE === #
    def _content(self):
        try:
            return base64.b64decode(
                self.with_context(bin_size=False).file or b"", validate=True
            )
        except binascii.Error as error:
            raise self._refusal(FileError("empty")) from error

    def _open_file(self, content=None):
        """Return the file with its header read."""
        remembered = {plain(name) for name in self.source_id._columns().values()}
        content = self._content() if content is None else content
        try:
            return open_sheet(content, (KNOWN | remembered) - {""})
        except FileError as error:
            raise self._refusal(error) from error

    def _draft(self):
        """Return the file's lines by customer, read with the chosen columns."""
        self._check_columns()
        content = self._content()
        sheet = self._open_file(content)
        if [column.name for column in self.column_ids.sorted("place")] != sheet.header:
            raise UserError(
                self.env._(
                    "%(file)s is another file than the one whose columns were read. "
                    "Go back and read it again.",
                    file=self._file_name(),
                )
            )
        try:
            table = read_table(sheet, self._places())
        except FileError as error:
            raise self._refusal(error) from error
        groups = group(table)
        for problem in groups.problems:
            if problem.code == "ragged":
                problem.values["expected"] = len(sheet.header)
            if problem.code == "no_customer":
                problem.values["column"] = self.column_customer_id.name
        return Draft(content, groups, self._read_contacts(groups))

    def _refusal(self, error):
        return UserError(CsvTexts(self.env).file(error, self._file_name()))

    def _read_contacts(self, groups):
        """Read the last contacts; those without an offset are in the company's time.

        Tools write them in many ways and they change no bill: what is not understood,
        or is from an unset clock, is left out and counted.
        """
        zone = pytz.timezone(self.company_id.msp_timezone)
        latest = self.taken_at + CLOCK_TOLERANCE
        unread = 0
        for lines in groups.lines.values():
            for line in lines:
                text = line.values.get("last_contact")
                moment = read_moment(text, zone) if text else None
                if moment and (moment > latest or moment.year < FIRST_YEAR):
                    moment = None
                unread += bool(text and not moment)
                line.values["last_contact"] = moment and f"{moment.isoformat()}Z"
        return unread

    # === COLUMNS === #
    def _propose_columns(self, sheet):
        """List the columns of the file and choose what can be told."""
        remembered = self.source_id._columns()
        try:
            samples = sheet.samples()
        except FileError as error:
            raise self._refusal(error) from error
        # Nothing was remembered yet: the names are only defaults.
        if not self.source_id.sync_ids:
            remembered = {what: name or what for what, name in remembered.items()}
        found = propose(sheet.header, remembered)
        Column = self.env["msp.source.import.column"].sudo()
        self.column_ids.sudo().unlink()
        double = double_names(sheet.header)
        columns = Column.create(
            [
                {
                    "wizard_id": self.id,
                    "place": place,
                    "name": name,
                    "label": self._column_label(place, name, sample, double),
                }
                for place, (name, sample) in enumerate(
                    zip(sheet.header, samples, strict=True)
                )
            ]
        )
        self.write(
            {
                f"column_{what}_id": columns[found[what]].id if what in found else False
                for what in COLUMNS
            }
        )

    def _column_label(self, place, name, sample, double):
        label = shown(name)
        if not name or plain(name) in double:
            label = self.env._(
                "%(name)s (column %(place)s)", name=label, place=place + 1
            )
        if sample:
            label = self.env._(
                "%(name)s, e.g. %(sample)s", name=label, sample=shown(sample)
            )
        return label.strip()

    def _check_columns(self):
        labels = self._column_names()
        chosen = {what: self[f"column_{what}_id"] for what in COLUMNS}
        missing = [labels[what] for what in REQUIRED if not chosen[what]]
        if missing:
            found = ", ".join(filter(None, self.column_ids.mapped("name")))
            error = FileError("missing", columns=", ".join(missing), found=found)
            raise self._refusal(error)
        for column in self.column_ids:
            things = [labels[what] for what in COLUMNS if chosen[what] == column]
            if len(things) > 1:
                raise self._refusal(
                    FileError("same", value=column.name, columns=", ".join(things))
                )

    def _column_names(self):
        return {
            what: self._fields[f"column_{what}_id"]._description_string(self.env)
            for what in COLUMNS
        }

    # === WHO IS NOT KNOWN === #
    def _list_unknown(self, draft):
        """List the customers of the file, and the types that are not known."""
        self._list_customers({k: len(v) for k, v in draft.groups.lines.items()})
        types = Counter(
            line.values["type"]
            for lines in draft.groups.lines.values()
            for line in lines
        )
        self._list_types({name: types[name] for name in types if _is_name(name)})

    def _list_customers(self, counts):
        """Keep a line for each customer; what was chosen stays."""
        Customer = self.env["msp.source.import.customer"].sudo()
        mapped = {line.external_key: line for line in self.source_id.customer_map_ids}
        unknown = [
            key for key in counts if key not in mapped or not mapped[key].partner_id
        ]
        if len(unknown) > MAX_UNKNOWN_CUSTOMERS:
            raise self._too_many("many_customers", self.column_customer_id, unknown)
        old = {line.external_key: line for line in self.customer_ids}
        Customer.browse([o.id for key, o in old.items() if key not in counts]).unlink()
        proposed = self._partners_named([key for key in unknown if key not in old])
        new = []
        for key, count in counts.items():
            known = mapped.get(key)
            vals = {"computer_count": count, "known": bool(known and known.partner_id)}
            if vals["known"]:
                vals.update(partner_id=known.partner_id.id, skip=False)
            if key in old:
                old[key].sudo().write(vals)
                continue
            vals.setdefault("skip", bool(known and known.ignored))
            vals.update(wizard_id=self.id, external_key=key)
            new.append({**vals, "proposed_id": proposed.get(key)})
        Customer.create(new)

    def _partners_named(self, names):
        """Return the customers that bear exactly these names, each by its name."""
        found = {}
        partners = self.env["res.partner"].search(
            [
                ("name", "in", names),
                ("company_id", "in", [False, self.company_id.id]),
            ]
        )
        for partner in partners:
            found.setdefault(partner.name, []).append(partner.id)
        return {name: ids[0] for name, ids in found.items() if len(ids) == 1}

    def _list_types(self, counts):
        """Keep a line for each type that is not known; what was chosen stays."""
        Type = self.env["msp.source.import.type"].sudo()
        kinds = self.source_id._kinds()
        unknown = {}
        for name, count in counts.items():
            if name.casefold() not in kinds:
                first, so_far = unknown.get(name.casefold(), (name, 0))
                unknown[name.casefold()] = (first, so_far + count)
        if len(unknown) > MAX_UNKNOWN_TYPES:
            raise self._too_many("many_types", self.column_type_id, list(unknown))
        old = {line.name.casefold(): line for line in self.type_ids}
        Type.browse([o.id for key, o in old.items() if key not in unknown]).unlink()
        self.sudo().write(
            {
                "type_ids": [
                    Command.update(old[key].id, {"computer_count": count})
                    if key in old
                    else Command.create({"name": name, "computer_count": count})
                    for key, (name, count) in unknown.items()
                ]
            }
        )

    def _too_many(self, code, column, names):
        return self._refusal(
            FileError(code, column=column.label, value=len(names), near=names[0])
        )

    def _undecided_text(self, undecided):
        return self.env._(
            "Choose who these customers are, or skip them: %(customers)s.",
            customers=", ".join(shown(key) for key in self._some(undecided)),
        )

    def _some(self, lines, count=10):
        """Return the first keys of customers, and how many more there are."""
        keys = lines.mapped("external_key")
        more = len(keys) - count
        rest = [self.env._("and %(count)s more", count=more)] if more > 0 else []
        return keys[:count] + rest
