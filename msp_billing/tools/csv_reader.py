"""Read a CSV export as untrusted text. No Odoo here."""

import codecs
import csv
import io
import re
import unicodedata
from collections import Counter
from dataclasses import dataclass, field

from .snapshot import clean_text

MAX_BYTES = 10 * 1024 * 1024
MAX_LINES = 100_000
MAX_COLUMNS = 500
MAX_CELL = 32_767  # as in a spreadsheet
DELIMITERS = (",", ";", "\t")
NEWLINE = re.compile(r"\r\n|\r|\n")
NEWLINE_BYTES = re.compile(rb"\r\n|\r|\n")
# Some tools name the delimiter in a line of its own before the header.
SEPARATOR = re.compile(r"[\ufeff\s]*sep=(.)[ \t]*(?:\r\n|\r|\n)", re.IGNORECASE)
# How files begin that are something else, whatever their name says.
FORMATS = (
    (b"PK\x03\x04", "spreadsheet"),
    (b"PK\x05\x06", "spreadsheet"),
    (b"\xd0\xcf\x11\xe0", "spreadsheet"),
    (b"\x1f\x8b", "archive"),
    (b"BZh", "archive"),
    (b"Rar!", "archive"),
    (b"7z\xbc\xaf", "archive"),
    (b"\x28\xb5\x2f\xfd", "archive"),
    (b"\xfd7zXZ", "archive"),
    (b"%PDF", "pdf"),
    (b"\x89PNG", "picture"),
    (b"\xff\xd8\xff", "picture"),
    (b"GIF8", "picture"),
)
MARKUP = ((b"<", "page"), (b"{", "json"), (b"[{", "json"), (b"[[", "json"))
UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE)


class FileError(Exception):
    """The file as a whole cannot be read."""

    def __init__(self, code, **values):
        super().__init__(code, values)
        self.code = code
        self.values = values


@dataclass
class Line:
    """One row of the file, by what its cells hold."""

    number: int  # in the file, the first line is 1
    values: dict


@dataclass
class Table:
    """The rows of a file, and those that do not fit the header."""

    lines: list = field(default_factory=list)
    ragged: list = field(default_factory=list)  # (number, cells)


@dataclass
class Sheet:
    """A CSV file whose header was read."""

    text: str
    delimiter: str
    skip: int  # lines before those that count
    header: list  # names without spaces around them
    start: int = 0  # where the text begins that counts

    def rows(self):
        """Yield the number of the line and the cells of each row below the header."""
        rows = self._all_rows()
        next(rows)
        yield from rows

    def _all_rows(self):
        stream = io.StringIO(self.text[self.start :], newline="")
        reader = csv.reader(stream, delimiter=self.delimiter, strict=True)
        number, found = 1 + self.skip, 0
        try:
            for cells in reader:
                if any(map(str.strip, cells)):
                    _check_cells(number, cells)
                    yield number, cells
                    found += 1
                    if found > MAX_LINES + 1:
                        raise FileError("too_many", maximum=MAX_LINES)
                number = reader.line_num + 1 + self.skip
        except csv.Error as error:
            lines = NEWLINE.split(self.text)
            value = lines[number - 1] if number <= len(lines) else ""
            raise FileError("broken", line=number, value=value) from error

    def samples(self, count=50):
        """Return for each column the first text below the header, or nothing."""
        found = [""] * len(self.header)
        for _row, (_number, cells) in zip(range(count), self.rows(), strict=False):
            for place, cell in enumerate(cells[: len(found)]):
                found[place] = found[place] or cell.strip()
        return found


def open_sheet(content, wanted=()):
    """Return a CSV file whose rows can be read.

    :param bytes content: the file
    :param wanted: names of columns that one would expect; see ``plain``
    :raises FileError: naming what is wrong with the file
    """
    text = _decode(content)
    sheet = Sheet(text, DELIMITERS[0], skip=0, header=[])
    named = SEPARATOR.match(text)
    if named:
        sheet.start = named.end()
        sheet.skip = len(NEWLINE.findall(named[0]))
    if named and named[1] in DELIMITERS:
        sheet.delimiter = named[1]
    else:
        sheet.delimiter = _delimiter(text[sheet.start :], set(wanted))
    number, cells = next(sheet._all_rows(), (0, []))
    sheet.header = [_clean(cell) for cell in cells]
    if not number:
        raise FileError("empty")
    if len(cells) > MAX_COLUMNS:
        raise FileError("too_wide", line=number, value=len(cells), maximum=MAX_COLUMNS)
    return sheet


def read_table(sheet, places):
    """Return the rows of a CSV file.

    :param dict places: in which column each thing stands
    :raises FileError: when the file cannot be read to its end
    """
    width, table = len(sheet.header), Table()
    things = tuple(places.items())
    for number, cells in sheet.rows():
        if len(cells) != width:
            table.ragged.append((number, cells))
            continue
        values = {name: clean_text(cells[place]) for name, place in things}
        table.lines.append(Line(number, values))
    if not table.lines and not table.ragged:
        raise FileError("no_rows")
    return table


def double_names(header):
    """Return the names that stand in the header more than once; see ``plain``."""
    counts = Counter(plain(name) for name in header)
    return {name for name, count in counts.items() if name and count > 1}


def plain(name):
    """Return a column's name as names are compared: small letters and digits."""
    text = unicodedata.normalize("NFKC", name).casefold()
    return re.sub(r"[\W_]+", "", text)


def _decode(content):
    if len(content) > MAX_BYTES:
        size = f"{len(content) / 2**20:.1f}"
        raise FileError("too_big", value=size, maximum=MAX_BYTES // 2**20)
    _check_format(content)
    try:
        text = content.removeprefix(codecs.BOM_UTF8).decode("utf-8")
    except UnicodeDecodeError as error:
        before = content[: error.start]
        near = NEWLINE_BYTES.split(before)[-1].decode("utf-8", "replace")
        byte = f"{content[error.start]:02X}"
        line = _line_of(content, error.start)
        raise FileError("encoding", line=line, value=byte, near=near) from error
    if not text.strip("\ufeff \t\r\n\f\v"):
        raise FileError("empty")
    return text


def _check_format(content):
    for start, kind in FORMATS:
        if content.startswith(start):
            raise FileError("format", kind=kind)
    beginning = content.removeprefix(codecs.BOM_UTF8).lstrip()
    for start, kind in MARKUP:
        if beginning.startswith(start):
            raise FileError("format", kind=kind)
    # Without a mark, it is told by the zero in every other byte.
    halves = (set(content[:40:2]), set(content[1:40:2]))
    if content.startswith(UTF16) or {0} in halves:
        raise FileError("utf16")
    if 0 in content:
        raise FileError("nul", line=_line_of(content, content.index(0)))


def _line_of(content, place):
    return len(NEWLINE_BYTES.findall(content[:place])) + 1


def _check_cells(number, cells):
    longest = max(cells, key=len)
    if len(longest) > MAX_CELL:
        raise FileError(
            "long_cell",
            line=number,
            column=cells.index(longest) + 1,
            value=longest[:100],
            maximum=MAX_CELL,
        )


def _delimiter(text, wanted):
    """Return the delimiter with which the header has most of the wanted columns."""
    first = NEWLINE.split(text.lstrip("\ufeff\r\n \f\v"), maxsplit=1)[0]

    def found(delimiter):
        try:
            cells = next(csv.reader([first], delimiter=delimiter), [])
        except csv.Error:
            return 0, 0
        return len(wanted & {plain(cell) for cell in cells}), len(cells)

    return max(DELIMITERS, key=found)


def _clean(cell):
    return cell.strip("\ufeff\u200b").strip()
