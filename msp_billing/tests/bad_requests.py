"""Requests that are wrong, by what is wrong with them, and what must be answered.

Each case names the status and a pattern of the text, and changes the good request in
one place: its headers, its bytes, its frame or its one row. Rows are rejected with
status 200, and nothing else happens; all others change nothing at all.
"""

import gzip
import json
from typing import Any, NamedTuple

GOOD_ROW = {"key": "bad-1", "name": "PC", "type": "workstation", "serial": "S1"}
GOOD = {
    "customer": "A",
    "taken_at": "2024-04-02T12:00:00+02:00",
    "complete": False,
    "computers": [GOOD_ROW],
}
GOOD_TEXT = json.dumps(GOOD)
DEEP = 100_000


class Case(NamedTuple):
    name: str
    status: int
    says: str  # a pattern of the text
    body: Any = GOOD
    headers: dict = {}
    method: str = "POST"


# === METHODS === #
METHODS = [
    Case(f"method {method}", 405, "Only POST", method=method)
    for method in ("GET", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND")
]

# === KEYS === #
KEYS = [
    Case(name, 401, says, headers={"Authorization": value})
    for name, value, says in (
        ("no key", None, "no key.*Bearer"),
        ("empty key", "", "no key.*Bearer"),
        ("scheme alone", "Bearer", "no key.*Bearer"),
        ("scheme and space", "Bearer ", "no key.*Bearer"),
        ("basic", "Basic YWRtaW46YWRtaW4=", "no key.*Bearer"),
        ("no scheme", "0123456789abcdef0123456789abcdef01234567", "no key"),
        ("two words", "Bearer 0123 4567", "no key"),
        ("not ASCII", "Bearer schl\xfcssel", "no key"),
        ("endless", "Bearer " + "a" * 5000, "no key"),
        ("twice", ["Bearer a", "Bearer b"], "no key"),
        ("unknown", "Bearer " + "0" * 40, "not known, expired, or revoked"),
        ("short", "Bearer a", "not known"),
        ("quote", "Bearer '; DROP TABLE msp_computer; --'", "no key"),
        ("quote without spaces", "Bearer ';--", "not known"),
        ("wildcards", "Bearer %%%%%%%%", "not known"),
    )
]

# === CONTENT TYPE === #
TYPES = [
    Case(f"type {value}", 415, "Content-Type.*application/json", headers={name: value})
    for name, value in (
        ("Content-Type", None),
        ("Content-Type", ""),
        ("Content-Type", "text/plain"),
        ("Content-Type", "text/json"),
        ("Content-Type", "application/xml"),
        ("Content-Type", "application/x-www-form-urlencoded"),
        ("Content-Type", "multipart/form-data; boundary=x"),
        ("Content-Type", "application/octet-stream"),
        ("Content-Type", "application/json-rpc"),
        ("Content-Type", "application/json; charset=utf-16"),
        ("Content-Type", "application/json; charset=latin-1"),
        ("Content-Type", "json"),
        ("Content-Type", "text/\tplain"),
        ("Content-Type", "text/" + "plain" * 5000),
        ("Content-Type", ";;;"),
    )
] + [
    Case(
        "gzip bomb",
        415,
        "Content-Encoding is gzip",
        gzip.compress(b" " * 20_000_000),
        {"Content-Encoding": "gzip"},
    ),
    Case("deflate", 415, "without compression", headers={"Content-Encoding": "br"}),
]

# === LENGTH === #
LENGTHS = [
    Case("no length", 411, "no Content-Length", headers={"Content-Length": None}),
    Case(
        "chunked",
        411,
        "no Content-Length",
        b"5\r\nhello\r\n0\r\n\r\n",
        {"Content-Length": None, "Transfer-Encoding": "chunked"},
    ),
    Case(
        "chunked with a length",
        411,
        "no Content-Length",
        headers={"Transfer-Encoding": "chunked"},
    ),
    Case("length 0", 400, "body is empty", b"", {"Content-Length": "0"}),
    Case("negative length", 400, "body is empty", b"", {"Content-Length": "-1"}),
    Case("length of words", 400, "body is empty", b"", {"Content-Length": "many"}),
    Case("longer than sent", 400, "ends before", headers={"Content-Length": "100000"}),
    Case("shorter than sent", 400, "no valid JSON", headers={"Content-Length": "20"}),
    Case("one byte too many", 413, "2097153 bytes.*2097152", b" " * (2**21 + 1)),
    Case("three MiB", 413, "3145728 bytes", b"[" * 3 * 2**20),
    Case("four MiB", 413, "at most 2097152", b"9" * 2**22),
]

# === IDEMPOTENCY KEY === #
IDEMPOTENCY = [
    Case(f"idempotency {name}", 400, says, headers={"Idempotency-Key": value})
    for name, value, says in (
        ("missing", None, "Idempotency-Key is missing"),
        ("empty", "", "is missing"),
        ("blank", "   ", "is missing"),
        ("two words", "a b", "Idempotency-Key is 'a b'"),
        ("twice", ["a", "b"], "'a,b'"),
        ("256 long", "k" * 256, "1 to 255"),
        ("endless", "k" * 10_000, "1 to 255"),
        ("quoted", '"abc"', "UUID"),
        ("not ASCII", "schl\xfcssel", "Idempotency-Key"),
        ("tab", "a\tb", "Idempotency-Key"),
        ("markup", "<b>", "'<b>'"),
        ("query", "a';--", "Idempotency-Key"),
    )
]


# === BYTES === #
def replaced(old, new):
    """Return the good text with a part of it replaced."""
    assert old in GOOD_TEXT
    return GOOD_TEXT.replace(old, new).encode()


BYTES = [
    Case(f"bytes: {name}", 400, says, body)
    for name, says, body in (
        ("blanks alone", "body is empty", b"  \r\n\t "),
        ("BOM alone", "no valid JSON", b"\xef\xbb\xbf"),
        ("UTF-16", "not UTF-8 from byte 0", GOOD_TEXT.encode("utf-16")),
        ("UTF-16 without BOM", "no valid JSON", GOOD_TEXT.encode("utf-16-le")),
        ("UTF-32", "not UTF-8", GOOD_TEXT.encode("utf-32")),
        (
            "Latin-1",
            "not UTF-8 from byte",
            replaced("PC", "P\xfc").decode().encode("latin-1"),
        ),
        ("overlong slash", "not UTF-8", replaced("PC", "@").replace(b"@", b"\xc0\xaf")),
        (
            "encoded surrogate",
            "not UTF-8",
            replaced("PC", "@").replace(b"@", b"\xed\xa0\x80"),
        ),
        ("cut in a character", "not UTF-8", b'{"customer": "\xc3'),
        ("raw NUL", "no valid JSON", replaced("PC", "\x00")),
        ("raw line break", "no valid JSON", replaced("PC", "\n")),
        ("raw tab", "no valid JSON", replaced("PC", "\t")),
        ("cut short", "line 1, column", GOOD_TEXT[:-5].encode()),
        ("half of it", "no valid JSON", GOOD_TEXT[: len(GOOD_TEXT) // 2].encode()),
        ("twice", "no valid JSON", (GOOD_TEXT * 2).encode()),
        ("JSON lines", "line 2, column 1", f"{GOOD_TEXT}\n{GOOD_TEXT}".encode()),
        ("comma at the end", "no valid JSON", GOOD_TEXT[:-1].encode() + b",}"),
        ("comma in the list", "no valid JSON", replaced("}]", "},]")),
        ("single quotes", "no valid JSON", GOOD_TEXT.replace('"', "'").encode()),
        ("no quotes", "no valid JSON", b"{customer: A}"),
        ("comment", "no valid JSON", b"// computers\n" + GOOD_TEXT.encode()),
        ("Python", "no valid JSON", replaced("false", "False")),
        ("JavaScript", "no valid JSON", replaced("false", "undefined")),
        ("XML", "no valid JSON", b"<?xml version='1.0'?><computers/>"),
        (
            "XML entity",
            "no valid JSON",
            b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
        ),
        ("form", "no valid JSON", b"customer=A&complete=true"),
        ("CSV", "no valid JSON", b"key,name\n1,PC\n"),
        ("YAML", "no valid JSON", b"customer: A\ncomplete: true\n"),
        ("gzip", "not UTF-8", gzip.compress(GOOD_TEXT.encode())),
        ("zip", "no valid JSON", b"PK\x03\x04\x14\x00\x00\x00"),
        ("hex number", "no valid JSON", replaced('"S1"', "0x10")),
        ("octal number", "no valid JSON", replaced('"S1"', "017")),
        ("plus one", "no valid JSON", replaced('"S1"', "+1")),
        ("half a number", "no valid JSON", replaced('"S1"', "1.")),
        ("bad escape", "no valid JSON", replaced("PC", "\\x41")),
        ("bad unicode escape", "no valid JSON", replaced("PC", "\\u00g1")),
        ("NaN", "NaN is no value of JSON", replaced('"S1"', "NaN")),
        ("Infinity", "Infinity is no value", replaced('"S1"', "Infinity")),
        ("-Infinity", "-Infinity is no value", replaced('"S1"', "-Infinity")),
        ("NaN alone", "NaN is no value", b"NaN"),
        ("1e400", "1e400 is too large", replaced('"S1"', "1e400")),
        ("-1e400", "-1e400 is too large", replaced('"S1"', "-1e400")),
        ("10^30", "is too large.*as text", replaced('"S1"', "1" + "0" * 30)),
        ("10^400", "is too large", replaced('"S1"', "1" + "0" * 400)),
        ("10^5000", "is too large", replaced('"S1"', "1" + "0" * 5000)),
        ("a million digits", "is too large", replaced('"S1"', "9" * 10**6)),
        ("key 10^400", "is too large", replaced('"bad-1"', "9" * 400)),
        ("name twice", '"customer" twice', replaced("{", '{"customer": "B", ')),
        ("name twice in a row", '"key" twice', replaced('"key"', '"key": "2", "key"')),
        (
            "name twice by escape",
            '"key" twice',
            replaced('"key"', '"k\\u0065y": 2, "key"'),
        ),
        ("nested objects", "nested more than 8", b'{"a":' * DEEP + b"1" + b"}" * DEEP),
        ("nested lists", "nested more than 8", b"[" * DEEP + b"]" * DEEP),
        ("nested 9 deep", "nested more than 8", b"[" * 9 + b"]" * 9),
        ("nested in a row", "nested more", replaced('"S1"', "[" * 8 + "]" * 8)),
        ("opened without end", "no valid JSON|nested", b"[" * DEEP),
        ("text without end", "no valid JSON", b'"' + b'\\"' * 500_000),
    )
]

# === FRAME === #
OTHER_THINGS = ("null", "true", "17", "1.5", '"A"', "[]", "[{}]", "[[]]")
FRAMES = (
    [
        Case(f"body is {text}", 422, "is an object with customer", text.encode())
        for text in OTHER_THINGS
    ]
    + [Case("empty object", 422, "names no customer", {})]
    + [
        Case(f"without {name}", 422, name, {k: v for k, v in GOOD.items() if k != name})
        for name in GOOD
    ]
    + [
        Case(
            f"{name} in capitals",
            422,
            name,
            {k.upper() if k == name else k: v for k, v in GOOD.items()},
        )
        for name in GOOD
    ]
    + [
        Case(f"{field} {name}", 422, says, {**GOOD, field: value})
        for field, name, value, says in (
            ("customer", "null", None, "names no customer"),
            ("customer", "empty", "", "names no customer"),
            ("customer", "blank", " \t ", "names no customer"),
            ("customer", "unseen", "\u200b\ufeff", "names no customer"),
            ("customer", "true", True, "customer is True.*text"),
            ("customer", "1.5", 1.5, "customer is 1.5"),
            ("customer", "list", ["A"], "neither text"),
            ("customer", "object", {"key": "A"}, "neither text"),
            ("customer", "NUL", "A\x00", "control"),
            ("customer", "line break", "A\nB", "control"),
            ("customer", "lone surrogate", "A\ud800", "control"),
            ("customer", "turned", "A\u202eB", "turn the direction"),
            ("customer", "isolated", "\u2066A\u2069", "turn the direction"),
            ("customer", "too long", "A" * 256, "too long"),
            ("customer", "a megabyte", "A" * 2**20, "too long.*255"),
            ("customer", "unknown", "Z", "customer Z is not mapped"),
            ("customer", "case twin", "a", "customer a is not mapped"),
            ("customer", "full-width twin", "\uff21", "not mapped"),
            ("customer", "id", 1, "customer 1 is not mapped"),
            ("customer", "negative", -1, "customer -1 is not mapped"),
            ("customer", "wildcard", "%", "customer % is not mapped"),
            ("customer", "query", "A' OR '1'='1", "not mapped"),
            ("customer", "template", "{{ 7*7 }}", r"\{\{ 7\*7 \}\} is not mapped"),
            ("customer", "format", "%(name)s %s", r"%\(name\)s %s is not mapped"),
            ("customer", "markup", "<script>", "<script> is not mapped"),
            ("taken_at", "null", None, "taken_at.*ISO"),
            ("taken_at", "empty", "", "taken_at.*ISO"),
            ("taken_at", "number", 1712052000, "1712052000.*ISO"),
            ("taken_at", "true", True, "True.*ISO"),
            ("taken_at", "list", ["2024-04-02T12:00:00Z"], "ISO"),
            ("taken_at", "words", "yesterday", "yesterday.*ISO"),
            ("taken_at", "day alone", "2024-04-02", "ISO"),
            ("taken_at", "no offset", "2024-04-02T12:00:00", "ISO"),
            ("taken_at", "no seconds or offset", "2024-04-02T12:00", "ISO"),
            ("taken_at", "30 February", "2024-02-30T12:00:00Z", "ISO"),
            ("taken_at", "29 February", "2023-02-29T12:00:00Z", "ISO"),
            ("taken_at", "month 13", "2024-13-01T12:00:00Z", "ISO"),
            ("taken_at", "month 0", "2024-00-01T12:00:00Z", "ISO"),
            ("taken_at", "25 o'clock", "2024-04-02T25:00:00Z", "ISO"),
            ("taken_at", "minute 60", "2024-04-02T12:60:00Z", "ISO"),
            ("taken_at", "leap second", "2024-04-02T23:59:60Z", "ISO"),
            ("taken_at", "offset 15 hours", "2024-04-02T12:00:00+15:00", "ISO"),
            ("taken_at", "offset 99", "2024-04-02T12:00:00+99:99", "ISO"),
            ("taken_at", "two offsets", "2024-04-02T12:00:00Z+02:00", "ISO"),
            ("taken_at", "zone name", "2024-04-02T12:00:00 CEST", "ISO"),
            ("taken_at", "American", "04/02/2024 12:00:00Z", "ISO"),
            ("taken_at", "week date", "2024-W14-2T12:00:00Z", "ISO"),
            ("taken_at", "two digits", "24-04-02T12:00:00Z", "ISO"),
            ("taken_at", "year 10000", "10000-01-01T00:00:00Z", "ISO"),
            ("taken_at", "year 0", "0000-01-01T00:00:00Z", "ISO"),
            ("taken_at", "before year 1", "0001-01-01T00:00:00+14:00", "ISO"),
            ("taken_at", "after year 9999", "9999-12-31T23:59:59-14:00", "ISO"),
            ("taken_at", "year 1", "0001-01-01T00:00:00Z", "Set the clock"),
            ("taken_at", "1970", "1970-01-01T00:00:00Z", "Set the clock"),
            ("taken_at", "future", "2999-01-01T00:00:00Z", "but it is"),
            ("taken_at", "year 9999", "9999-12-31T23:59:59Z", "Set the clock"),
            ("taken_at", "year 3000", "3000-01-01T00:00:00Z", "Set the clock"),
            (
                "taken_at",
                "other digits",
                "\u0662\u0660\u0662\u0664-04-02T12:00:00Z",
                "ISO",
            ),
            ("taken_at", "NUL", "2024-04-02T12:00:00Z\x00", "ISO"),
            ("complete", "null", None, "complete.*true or false"),
            ("complete", "1", 1, '"complete" is 1.*true or false'),
            ("complete", "0", 0, "true or false"),
            ("complete", "text", "true", "true or false"),
            ("complete", "list", [True], "true or false"),
            ("confirmed_empty", "1", 1, '"confirmed_empty" is 1'),
            ("confirmed_empty", "null", None, "true or false"),
            ("confirmed_empty", "text", "yes", "yes.*true or false"),
            ("computers", "null", None, "Send a list"),
            ("computers", "object", {"1": GOOD_ROW}, "Send a list"),
            ("computers", "text", "bad-1", "Send a list"),
            ("computers", "number", 10, "Send a list"),
            ("computers", "true", True, "Send a list"),
        )
    ]
)

TOO_MANY = [
    Case(
        "10001 computers",
        413,
        "10001 computers, at most 10000",
        {**GOOD, "computers": [{}] * 10_001},
    ),
    Case(
        "a hundred thousand nulls",
        413,
        "100000 computers",
        {**GOOD, "computers": [None] * 100_000},
    ),
]

# === ROWS === #
ROWS = [
    Case(f"row is {name}", 200, "is no computer", {**GOOD, "computers": [value]})
    for name, value in (
        ("null", None),
        ("true", True),
        ("a number", 17),
        ("a text", "bad-1"),
        ("a list", ["bad-1", "PC", "workstation"]),
        ("a list of objects", [GOOD_ROW]),
    )
] + [
    Case(
        f"{field} {name}",
        200,
        says,
        {**GOOD, "computers": [{**GOOD_ROW, field: value}]},
    )
    for field, name, value, says in (
        ("key", "null", None, "PC has no key"),
        ("key", "empty", "", "no key"),
        ("key", "blank", "\u00a0 ", "no key"),
        ("key", "unseen", "\u200b", "no key"),
        ("key", "true", True, "key is True"),
        ("key", "false", False, "key is False"),
        ("key", "1.5", 1.5, "key is 1.5"),
        ("key", "1e5", 1e5, "key is 100000.0"),
        ("key", "-0.0", -0.0, "key is -0.0"),
        ("key", "list", ["1"], "neither text"),
        ("key", "object", {"id": 1}, "neither text"),
        ("key", "too long", "k" * 256, "too long"),
        ("key", "a megabyte", "k" * 2**20, "too long"),
        ("key", "NUL", "1\x00", "control"),
        ("key", "DEL", "1\x7f", "control"),
        ("key", "C1", "1\x85x", "control"),
        ("key", "escape", "\x1b[31m1", "control"),
        ("key", "line separator", "1\u2028x", "control"),
        ("key", "lone surrogate", "\udc00", "control"),
        ("key", "turned", "1\u202e2", "turn the direction"),
        ("name", "true", True, "name is True"),
        ("name", "number with a point", 1.5, "name is 1.5"),
        ("name", "object", {"en": "PC"}, "name is"),
        ("name", "too long", "n" * 256, "name.*too long"),
        ("name", "a megabyte", "n" * 2**20, "name.*too long"),
        ("name", "line break", "PC\r\n1", "name.*control"),
        ("name", "turned", "PC\u202efdp.exe", "name.*turn the direction"),
        ("name", "isolated", "PC\u2067x", "name.*turn the direction"),
        ("type", "null", None, "bad-1 has no type.*workstation"),
        ("type", "empty", "", "no type"),
        ("type", "unknown", "toaster", "type toaster.*not known.*workstation"),
        ("type", "number", 1, "type 1 .*not known"),
        ("type", "true", True, "type is True"),
        ("type", "list", ["server"], "type is"),
        ("type", "wildcard", "%", "type % .*not known"),
        ("type", "look-alike", "s\u0435rver", "not known"),
        ("type", "format", "%s%n{0}", r"%s%n\{0\}"),
        ("serial", "false", False, "serial is False"),
        ("serial", "1.5", 1.5, "serial is 1.5"),
        ("serial", "list", [], "serial is"),
        ("serial", "too long", "s" * 256, "serial.*too long"),
        ("serial", "NUL", "\x00", "serial.*control"),
        ("last_contact", "number", 1712052000, "1712052000.*ISO"),
        ("last_contact", "true", True, "True.*ISO"),
        ("last_contact", "zero", 0, "is 0.*ISO"),
        ("last_contact", "list", [], "ISO"),
        ("last_contact", "words", "yesterday", "yesterday.*ISO"),
        ("last_contact", "day alone", "2024-04-01", "ISO"),
        ("last_contact", "no offset", "2024-04-01T12:00:00", "offset"),
        ("last_contact", "30 February", "2024-02-30T12:00:00Z", "ISO"),
        ("last_contact", "before year 1", "0001-01-01T00:00:00+14:00", "ISO"),
        (
            "last_contact",
            "after the report",
            "2024-04-04T12:00:00Z",
            "after the report",
        ),
        ("last_contact", "year 9999", "9999-12-31T23:59:59Z", "after the report"),
    )
]

REFUSED = METHODS + KEYS + TYPES + LENGTHS + IDEMPOTENCY + BYTES + FRAMES + TOO_MANY
