"""CSV files that are wrong or odd as a whole, and what must be said about them.

A case is refused with a text, or read: then ``rejected`` has a pattern for each line
that is not used and ``added`` counts the computers that would be.
"""

import bz2
import gzip
import io
import lzma
import zipfile
from typing import NamedTuple

HEAD = "customer,key,name,type,serial,last_contact"
ROW = "A,1,PC 1,server,S1,2026-04-01 09:30"
GOOD = f"{HEAD}\n{ROW}\n"


class Case(NamedTuple):
    name: str
    content: "str | bytes"
    refused: str = ""  # a pattern of the text
    rejected: dict = {}  # a pattern of the reason by line
    added: int = 0
    moment: str = "2026-04-01 10:00:00"

    @property
    def bytes(self):
        content = self.content
        return content if isinstance(content, bytes) else content.encode()


def zipped(name, content):
    """Return a ZIP archive with one file."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr(name, content)
    return stream.getvalue()


# === NOT CSV AT ALL === #
FORMATS = [
    Case("XLSX", zipped("xl/workbook.xml", "<x/>"), "a spreadsheet.*Export or save"),
    Case("empty ZIP", b"PK\x05\x06" + bytes(18), "a spreadsheet"),
    Case("old XLS", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(50), "a spreadsheet"),
    Case("gzip", gzip.compress(GOOD.encode()), "compressed archive.*Unpack it"),
    Case("gzip bomb", gzip.compress(bytes(10**7)), "compressed archive.*Unpack it"),
    Case("bzip2", bz2.compress(GOOD.encode()), "compressed archive"),
    Case("xz", lzma.compress(GOOD.encode()), "compressed archive"),
    Case("RAR", b"Rar!\x1a\x07\x00" + GOOD.encode(), "compressed archive"),
    Case("7z", b"7z\xbc\xaf\x27\x1c" + GOOD.encode(), "compressed archive"),
    Case("zstd", b"\x28\xb5\x2f\xfd" + GOOD.encode(), "compressed archive"),
    Case("PDF", b"%PDF-1.7\n%\xe2\xe3\n1 0 obj", "a PDF, no CSV"),
    Case("PNG", b"\x89PNG\r\n\x1a\n" + bytes(20), "a picture"),
    Case("JPEG", b"\xff\xd8\xff\xe0" + bytes(20), "a picture"),
    Case("GIF", b"GIF89a" + bytes(20), "a picture"),
    Case("HTML", "<!DOCTYPE html><html>", "a web page or XML"),
    Case("login page", "\n\n  <html><body>Sign in</body></html>", "a web page"),
    Case("XML with BOM", "\ufeff<?xml version='1.0'?><a/>", "a web page or XML"),
    Case("JSON object", '{"customer": "A"}', "JSON, no CSV"),
    Case("JSON list", '[{"customer": "A", "key": 1}]', "JSON, no CSV"),
    Case("RTF", "{\\rtf1 a}", "no CSV"),
]

# === ENCODINGS === #
ENCODINGS = [
    Case("UTF-16 with BOM", GOOD.encode("utf-16"), "UTF-16.*Save it as"),
    Case("UTF-16 big", b"\xfe\xff" + GOOD.encode("utf-16-be"), "UTF-16"),
    Case("UTF-16 without BOM", GOOD.encode("utf-16-le"), "UTF-16"),
    Case("UTF-32", GOOD.encode("utf-32"), "UTF-16"),
    Case("UTF-32 big", b"\x00\x00\xfe\xff" + GOOD.encode("utf-32-be"), "UTF-16"),
    Case(
        "Latin-1",
        f"{HEAD}\nA,1,B".encode() + b"\xfcro,server,,\n",
        "line 2 has the byte FC after “A,1,B”. Save it as CSV",
    ),
    Case(
        "Latin-1, lines end with CR",
        f"{HEAD}\r{ROW}\rA,1,B".encode() + b"\xfcro,server,,\r",
        "line 3 has the byte FC",
    ),
    Case("Latin-1 in the header", b"Ger\xe4t,key\nA,1\n", "line 1 has the byte E4"),
    Case("Windows-1252", f"{GOOD}A,2,".encode() + b"\x93PC\x94,server,,\n", "byte 93"),
    Case("Shift JIS", f"{GOOD}A,2,".encode() + "端末".encode("shift_jis"), "line 3"),
    Case("cut in a character", GOOD.encode() + "A,2,é".encode()[:-1], "line 3"),
    Case("overlong UTF-8", GOOD.encode() + b"A,2,\xc0\xaf,server,,", "byte C0"),
    Case("lone surrogate", GOOD.encode() + b"A,2,\xed\xa0\x80,server,,", "byte ED"),
    Case("beyond Unicode", GOOD.encode() + b"A,2,\xf5\x80\x80\x80,server,,", "F5"),
    Case("NUL in a cell", f"{GOOD}A,2,P\x00C,server,,", "line 3 has a NUL"),
    Case("NUL at the end", GOOD + "\x00", "line 3 has a NUL.*Export it again"),
    Case("many NULs", GOOD.encode() + bytes(5000), "NUL character"),
    Case("BOM", "\ufeff" + GOOD, added=1),
    Case("two BOMs", "\ufeff\ufeff" + GOOD, added=1),
    Case("BOM before a quote", '\ufeff"customer","key","type"\nA,1,server', added=1),
]

# === LINES, DELIMITERS, QUOTES === #
SYNTAX = [
    Case("CRLF", GOOD.replace("\n", "\r\n"), added=1),
    Case("CR", GOOD.replace("\n", "\r"), added=1),
    Case("LF and CRLF mixed", f"{HEAD}\r\n{ROW}\nA,2,b,server,,\r\n", added=2),
    Case("no end of the last line", GOOD.rstrip(), added=1),
    Case("blank lines all over", f"\n\n{HEAD}\n\n{ROW}\n\n\n", added=1),
    Case("lines of blanks", f"{HEAD}\n   \n\t\n{ROW}\n", added=1),
    Case("lines of delimiters", f"{HEAD}\n,,,,,\n{ROW}\n", added=1),
    Case("semicolons", GOOD.replace(",", ";"), added=1),
    Case("tabs", GOOD.replace(",", "\t"), added=1),
    Case("named delimiter", "sep=;\r\n" + GOOD.replace(",", ";"), added=1),
    Case("named comma", "SEP=,\n" + GOOD, added=1),
    Case("named unknown delimiter", "sep=|\n" + GOOD, added=1),
    Case("pipes", GOOD.replace(",", "|"), "no column for: Customer, Key, Type"),
    Case("blanks", GOOD.replace(",", " "), "no column for: Customer, Key, Type"),
    Case("semicolons in commas", f"{HEAD},a;b;c;d;e;f;g;h\n{ROW},x\n", added=1),
    Case("all quoted", '"customer","key","type"\n"A","1","server"\n', added=1),
    Case("delimiter in quotes", 'customer,key,name,type\nA,1,"a,b",server', added=1),
    Case("quotes in quotes", 'customer,key,name,type\nA,1,"a""b""",server', added=1),
    Case(
        "quotes across lines in a column that is not read",
        'customer,key,type,note\nA,1,server,"one\ntwo\n\nthree"\nA,2,server,\n',
        added=2,
    ),
    Case(
        "line numbers after quotes across lines",
        'customer,key,type,note\nA,1,server,"one\ntwo"\nA,2,toaster,\n',
        rejected={4: "toaster"},
        added=1,
    ),
    Case("open quote", f'{GOOD}A,2,"open,server,,\n', "line 3 on: A,2,.open.*quote"),
    Case("open quote in the header", '"customer,key,type\nA,1,server', "line 1 on"),
    Case("text after a quote", f'{GOOD}A,2,"a" b,server,,\n', "line 3 on.*twice"),
    Case("quote of the next line", f'{GOOD}A,2,"a,b\nA,3,"c",d,,\n', "line 3 on"),
    Case("single quotes", "customer,key,name,type\nA,1,'a',server\n", added=1),
    Case("space before a quote", 'customer,key,type\nA, "1",server\n', added=1),
    Case("a quote alone", '"', "line 1 on"),
]

# === HEADERS === #
HEADERS = [
    Case("empty file", b"", "is empty. Choose the CSV export"),
    Case("only a BOM", b"\xef\xbb\xbf", "is empty"),
    Case("only blanks", " \n\t\n  ", "is empty"),
    Case("only delimiters", ",,,\n,,,\n", "is empty"),
    Case("only a header", HEAD, "no rows below its header"),
    Case("a header and blank lines", HEAD + "\n\n\n,,,,,\n", "no rows below its"),
    Case("only a named delimiter", "sep=;\n", "is empty"),
    Case("no header", ROW + "\n" + ROW, "no column for: Customer, Key, Type"),
    Case("no key column", "customer,type\nA,server\n", "no column for: Key. Choose"),
    Case("no type column", "customer,key\nA,1\n", "no column for: Type"),
    Case("no customer column", "key,type\n1,server\n", "no column for: Customer"),
    Case("other words", "Kunde;Typ\nA;server\n", "columns are: Kunde, Typ"),
    Case("key twice", "customer,key,type,KEY\nA,1,server,1\n", "no column for: Key"),
    Case("an unread column twice", "customer,key,type,x,x\nA,1,server,,\n", added=1),
    Case("columns without a name", "customer,key,type,,\nA,1,server,,\n", added=1),
    Case("reordered", "type,x,key,customer\nserver,,1,A\n", added=1),
    Case("large letters", "CUSTOMER,Key,TYPE\nA,1,server\n", added=1),
    Case("blanks around", " customer , key ,\ttype\nA,1,server\n", added=1),
    Case("underscores", "Customer_Name,device_id,Device Type\nA,1,server\n", added=1),
    Case(
        "full width letters",
        "\uff43\uff55\uff53\uff54\uff4f\uff4d\uff45\uff52,key,type\nA,1,server\n",
        added=1,
    ),
    Case("zero width space", "customer\u200b,key,type\nA,1,server\n", added=1),
    Case("name across lines", '"customer\n",key,type\nA,1,server\n', added=1),
    Case("formula", "=cmd|' /C calc'!A0,key,type\nA,1,server\n", "Customer.*=cmd"),
    Case("control characters", "\x07\x1b,key,type\nA,1,server\n", "x07.x1b"),
    Case("template", "%s %(x)s {0} {{ 7*7 }},key,type\nA,1,server\n", "%s %.x.s {0}"),
    Case(
        "huge name", "c" * 30_000 + ",key,type\nA,1,server\n", "Customer.*ccc\\.\\.\\."
    ),
]

# === LIMITS === #
LIMITS = [
    Case("11 MiB", b"a" * (11 * 2**20), "has 11.0 MiB, at most 10.*several files"),
    Case("100,000 columns", "a," * 100_000 + "\n1", "100001 columns in line 1"),
    Case("501 columns", "a," * 500 + "b\n1", "501 columns in line 1, at most 500"),
    Case("500 columns", HEAD + ",x" * 494 + f"\n{ROW}" + "," * 494, added=1),
    Case(
        "1 column, 100,001 rows", "customer\n" + "A\n" * 100_001, "no column for: Key"
    ),
    Case(
        "100,001 rows",
        "customer,key,type\n" + "A,,\n" * 100_001,
        "more than 100000 rows.*several files",
    ),
    Case(
        "a row of 100,000 cells",
        f"{GOOD}{'a,' * 99_999}a\n",
        rejected={3: "100000 cells where the header has 6: a . a.*\\.\\.\\."},
        added=1,
    ),
    Case(
        "a cell of 40,000 characters",
        f"{HEAD},note\n{ROW},{'n' * 40_000}\n",
        "more than 32767 characters in column 7 of line 2: nnn.*quote",
    ),
    Case("a cell of 32,767", f"{HEAD},note\n{ROW},{'n' * 32_767}\n", added=1),
    Case("a header of 40,000", f"{'n' * 40_000}\n1\n", "column 1 of line 1"),
]

FILES = FORMATS + ENCODINGS + SYNTAX + HEADERS + LIMITS
