"""Lines of CSV files that are wrong or odd; see :mod:`.bad_files`."""

from .bad_files import GOOD, HEAD, ROW, Case


def line(text, reason="", name=None):
    """Return a case with one odd line after a good one: used, or rejected."""
    rejected = {3: reason} if reason else {}
    content = f"{GOOD}{text}\n"
    return Case(
        f"line: {name or text}", content, rejected=rejected, added=1 + (not reason)
    )


# === CELLS === #
CELLS = [
    line("A,2,PC", "3 cells where the header has 6: A . 2 . PC. Put text"),
    line("A", "1 cells where the header has 6"),
    line("A,2,PC,server,,,", "7 cells where the header has 6"),
    line("A,2,PC, 2,server,,", "7 cells where the header has 6: A . 2 . PC .  ?2"),
    line(",2,PC,server,,", "computer 2 has no customer. Fill the column customer"),
    line("  ,2,PC,server,,", "computer 2 has no customer"),
    line("A,,PC,server,,", "computer PC has no key"),
    line("A,2,PC,,,", "computer 2 has no type. Use one of: workstation, server"),
    line("A,2,,server,,", name="no name"),
    line(" A , 2 , PC 2 , Server ,  , ", name="blanks around"),
    line("A,2,PC,SERVER,,", name="type in large letters"),
    line("A,2,PC,Network Device,,", name="type by its name"),
    line("A,2,PC,toaster,,", "type toaster of computer 2 is not known"),
    line("A,2,PC,server server,,", "type server server of computer 2"),
    line("A,2,PC,None,,", "type None of computer 2"),
    line("A,2,PC,1,,", "type 1 of computer 2"),
    line(f"A,2,PC,{'t' * 300},,", "the type ttt.*too long", "long type"),
    line(f"A,2,{'n' * 256},server,,", "the name nnn.*too long. Shorten", "long name"),
    line(f"A,2,{'n' * 255},server,,", name="longest name"),
    line(f"A,{'k' * 256},PC,server,,", "the key kkk.*too long", "long key"),
    line(f"A,2,PC,server,{'s' * 256},", "the serial sss.*too long", "long serial"),
    line(f"{'c' * 256},2,PC,server,,", "the customer ccc.*too long", "long customer"),
    line(f"A,2,{'n' * 30_000},server,,", "the name nnn.*too long", "huge name"),
]

# === CHARACTERS === #
CHARACTERS = [
    line('A,2,"PC\nTwo",server,,', "the name PC.nTwo has control", "line break"),
    line('A,2,"PC\tTwo",server,,', "the name.*control characters", "tab"),
    line('"A\r\nB",2,PC,server,,', "the customer.*control", "break in customer"),
    line('A,"2\n",PC,server,,', name="break after the key"),
    line('A,"2\n2",PC,server,,', "the key 2.n2 has control", "break in the key"),
    line("A,2,PC\x1b[31m,server,,", "the name.*x1b.*control", "escape"),
    line("A,2,PC\x7f,server,,", "the name.*control", "delete"),
    line("A,2,PC\x85x,server,,", "the name.*control", "next line"),
    line("A,2,a\u2028b,server,,", "the name.*control", "line separator"),
    line("A,2,cod\u202efdp.exe,server,,", "the name.*u202e", "RTL override"),
    line("A,2\u2067,PC,server,,", "the key.*u2067", "RTL isolate"),
    line("A\u202e,2,PC,server,,", "the customer.*u202e", "RTL in customer"),
    line("A,2,محطة,server,,", name="RTL letters"),
    line("A,2,P\u200bC,server,,", name="zero width space"),
    line("A\u200b,2,PC,server,,", name="zero width space in customer"),
    line("A,2,Bu\u0308ro,server,,", name="NFD name"),
    line("A,2,👩🏽\u200d💻,server,,", name="emoji"),
    line("A,2,汉語,server,,", name="Chinese"),
    line("A,2,<script>alert(1)</script>,server,,", name="markup"),
    line("A,2,{{ 7*7 }} %s %(name)s,server,,", name="template"),
    line("A,2,'; DROP TABLE msp_computer; --,server,,", name="SQL"),
    line("A,2,%00%0a,server,,", name="percent escapes"),
    line("A,2,a\\nb\\x00,server,,", name="backslashes"),
    line("A,\ufffd,PC,server,,", name="replacement character"),
]

# === FORMULA CELLS === #
FORMULAS = [
    line("A,2,=1+1,server,,", name="formula ="),
    line("A,2,+1+1,server,,", name="formula +"),
    line("A,2,-1+1,server,,", name="formula -"),
    line("A,2,@SUM(A1),server,,", name="formula @"),
    line("A,=2,PC,server,,", name="formula as key"),
    line("A,2,=cmd|' /C calc'!A0,server,,", name="command"),
    line("A,2,PC,=server,,", "type =server of computer 2"),
    line("=A,2,PC,server,,", name="formula as customer")._replace(rejected={}, added=1),
]

# === KEYS === #
KEYS = [
    Case("a row twice", f"{GOOD}{ROW}\n", rejected={3: "line 2 already"}, added=1),
    line("A,1,PC again,server,,", "key 1 is in line 2 already. Leave each"),
    Case(
        "a key as two types",
        f"{GOOD}A,1,PC 1,workstation,,\n",
        rejected={2: "line 3 too, with another", 3: "line 2 too, with another"},
    ),
    Case(
        "a key at two customers",
        f"{GOOD}B,1,PC 1,server,,\n",
        rejected={2: "key 1 is in line 3 too", 3: "key 1 is in line 2 too"},
    ),
    Case(
        "a key a thousand times",
        HEAD + "\n" + "A,1,PC,server,,\n" * 1000,
        rejected=dict.fromkeys(range(3, 1002), "line 2 already"),
        added=1,
    ),
    Case(
        "NFC and NFD twins",
        f"{HEAD}\nA,B\u00fc,PC,server,,\nA,Bu\u0308,PC,server,,\n",
        rejected={3: "line 2 already"},
        added=1,
    ),
    Case("case twins", f"{HEAD}\nA,pc,x,server,,\nA,PC,y,server,,\n", added=2),
    line("A,01,PC,server,,", name="leading zero"),
    line("A,1.0,PC,server,,", name="decimal key"),
    line("A,1E+05,PC,server,,", name="key spoilt by a spreadsheet"),
    line("A,-1,PC,server,,", name="negative key"),
    line(f"A,{2**63},PC,server,,", name="big key"),
    line(f"A,{'9' * 255},PC,server,,", name="key of 255 digits"),
    line("A,true,PC,server,,", name="true as key"),
    line("A,NaN,PC,server,,", name="NaN as key"),
    line("A,null,PC,server,,", name="null as key"),
]

# === MOMENTS: NO LINE IS LOST FOR ITS LAST CONTACT === #
CONTACTS = [
    line(f"A,2,PC,server,,{moment}", name=f"contact {moment}")
    for moment in (
        "Never",
        "0001-01-01 00:00",
        "9999-12-31 23:59:59",
        "2026-02-30 10:00",
        "2026-04-01T10:00:00+14:00",
        "2026-04-01T10:00:00-14:00",
        "2026-04-01T10:00:00+99:00",
        "2026-03-29 02:30",  # does not exist in Berlin
        "2025-10-26 02:30",  # exists twice
        "2099-01-01 00:00",
        "1970-01-01 00:00",
        "4/1/2026 9:30 AM",
        "45748.5",
        "٢٠٢٦-04-01 10:00",
        "9" * 300,
    )
]

# === MOMENTS OF THE EXPORT === #
EXPORTED = [
    Case("from the future", GOOD, "in the future", moment="2026-07-01 12:06:00"),
    Case("a clock ahead", GOOD, added=1, moment="2026-07-01 12:04:00"),
    Case("year 9999", GOOD, "in the future", moment="9999-12-31 23:59:59"),
    Case("long ago", GOOD, added=1, moment="2001-01-01 00:00:00"),
    Case(
        "year 1",
        GOOD,
        rejected={2: "0001-01-01.*Set the clock"},
        moment="0001-01-01 00:00:00",
    ),
    Case(
        "before the computer age",
        GOOD,
        rejected={2: "1999-12-31.*Set the clock"},
        moment="1999-12-31 23:59:59",
    ),
]

LINES = CELLS + CHARACTERS + FORMULAS + KEYS + CONTACTS + EXPORTED
