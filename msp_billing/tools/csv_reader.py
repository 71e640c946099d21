"""Read a CSV export as untrusted text. No Odoo here."""

import codecs
import csv
import io
import re
from dataclasses import dataclass, field

MAX_BYTES = 20 * 1024 * 1024
DELIMITERS = (",", ";", "\t")
OPTIONAL = frozenset({"name", "serial", "last_contact"})


class FileError(Exception):
    """The file as a whole cannot be read."""

    def __init__(self, code, **values):
        super().__init__(code, values)
        self.code = code
        self.values = values


@dataclass
class Line:
    """One row of the file, by what its cells hold."""

    number: int  # in the file, the header is 1
    values: dict


@dataclass
class Table:
    """The rows of a file, and the numbers of those that do not fit the header."""

    lines: list = field(default_factory=list)
    ragged: list = field(default_factory=list)  # (number, cells, expected)


def read_table(content, columns):
    """Return the rows of a CSV file.

    :param bytes content: the file
    :param dict columns: the header's name of each thing to be read
    :raises FileError: naming what is wrong with the file
    """
    rows = _rows(_decode(content), columns)
    _number, header = next(rows)
    places = _places(header, columns)
    table = Table()
    for number, cells in rows:
        if len(cells) != len(header):
            table.ragged.append((number, len(cells), len(header)))
            continue
        values = {name: cells[place].strip() for name, place in places.items()}
        table.lines.append(Line(number, values))
    if not table.lines and not table.ragged:
        raise FileError("empty")
    return table


def _decode(content):
    if len(content) > MAX_BYTES:
        raise FileError(
            "too_big", size=len(content) // 2**20, maximum=MAX_BYTES // 2**20
        )
    if content.startswith(b"PK\x03\x04"):
        raise FileError("spreadsheet")
    try:
        text = content.removeprefix(codecs.BOM_UTF8).decode("utf-8")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise FileError("encoding", line=line) from error
    if not text.strip():
        raise FileError("empty")
    return text


def _rows(text, columns):
    """Yield the number of the line and the cells of each row that is not blank."""
    delimiter = _delimiter(text, columns)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    number = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield number, cells
            number = reader.line_num + 1
    except csv.Error as error:
        raise FileError("broken", line=number) from error


def _delimiter(text, columns):
    """Return the delimiter with which the header has most of our columns."""
    first = re.split(r"[\r\n]", text.lstrip(), maxsplit=1)[0]
    wanted = {name.casefold() for name in columns.values()}

    def found(delimiter):
        cells = next(csv.reader([first], delimiter=delimiter), [])
        return len(wanted & {_fold(cell) for cell in cells}), len(cells)

    return max(DELIMITERS, key=found)


def _fold(cell):
    return cell.strip().casefold()


def _places(header, columns):
    """Return in which cell each thing stands."""
    names = [_fold(cell) for cell in header]
    missing, double, places = [], [], {}
    for what, column in columns.items():
        count = names.count(column.casefold())
        if count > 1:
            double.append(column)
        elif count:
            places[what] = names.index(column.casefold())
        elif what not in OPTIONAL:
            missing.append(column)
    found = ", ".join(cell.strip() for cell in header)[:300]
    if missing:
        raise FileError("missing", columns=", ".join(missing), found=found)
    if double:
        raise FileError("double", columns=", ".join(double), found=found)
    return places
