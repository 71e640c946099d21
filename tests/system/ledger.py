"""What a database says about billing, without ids and times: to compare two of them.

Every table of the add-on and those of Odoo that a run writes. A link to another row is
written as a digest of what that row says, so that the order of ids does not matter, but
what belongs together does.
"""

import hashlib
import json
import re
from collections import Counter

# Odoo's tables that bills, their mail and their people are in.
OTHERS = (
    "account_move",
    "account_move_line",
    "account_move_line_account_tax_rel",
    "account_partial_reconcile",
    "account_payment",
    "ir_attachment",
    "mail_activity",
    "mail_followers",
    "mail_message",
    "mail_message_res_partner_rel",
    "mail_tracking_value",
    "res_partner",
)
# How long it took, and in how many goes.
WITHOUT = ("msp_bill_run_batch",)
RUNS = ("run_id", "msp_run_id")
# Links by the name of a model.
BY_NAME = {"res_id": ("model", "res_model")}
# Random, or made of ids or of the hour: only whether there is something.
NOISE = {
    "id",
    "create_date",
    "write_date",
    "write_uid",
    "access_token",
    "message_id",
    "checksum",
    "store_fname",
    "file_size",
    "index_content",
    # No two PDFs of the same bill are the same, byte by byte.
    "pdf_checksum",
    "pdf_size",
    "msp_seal",
    "inalterable_hash",
    # How often the database was too busy on the way.
    "setbacks",
    # Odoo counts it after the commit, where a death loses it; it only sorts.
    "customer_rank",
}
TIME = re.compile(r"^\d{4}-\d\d-\d\d[T ]\d\d:\d\d")
LINK = re.compile(r":[0-9a-f]{10}\b")
BILL = re.compile(r"\b(R?INV)/(\d{4})/\d+")
NUMBER = re.compile(r"#\d+")
ROUNDS = 4
WIDTH = 800
HALF = 0.5


def _tables(cr):
    cr.execute(
        "SELECT relname FROM pg_class WHERE relkind = 'r' "
        "AND relnamespace = 'public'::regnamespace AND relname <> ALL(%s) "
        r"AND (relname LIKE 'msp\_%%' OR relname = ANY(%s)) ORDER BY 1",
        [list(WITHOUT), list(OTHERS)],
    )
    return [name for (name,) in cr.fetchall()]


def _links(cr, tables):
    """Return (table, column) -> table of the foreign keys among the tables."""
    cr.execute(
        "SELECT c.conrelid::regclass::text, a.attname, c.confrelid::regclass::text "
        "FROM pg_constraint c JOIN pg_attribute a "
        "ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1] "
        "WHERE c.contype = 'f' AND c.confrelid::regclass::text = ANY(%s)",
        [tables],
    )
    return {(table, column): target for table, column, target in cr.fetchall()}


def _plain(value):
    """Return a value without what differs between two runs that do the same."""
    if isinstance(value, str):
        return "(time)" if TIME.match(value) else NUMBER.sub("#n", value)
    if isinstance(value, dict):
        return {key: _plain(found) for key, found in value.items()}
    if isinstance(value, list):
        return [_plain(found) for found in value]
    return value


class Ledger:
    """The rows of a database, each with a digest of what it and its links say."""

    def __init__(self, cr, *, numbers=True, runs=True):
        self.numbers, self.runs = numbers, runs
        tables = _tables(cr)
        self.links = _links(cr, tables)
        self.rows = []
        for table in tables:
            cr.execute(f'SELECT to_jsonb(t) FROM "{table}" t')
            self.rows += [(table, row) for (row,) in cr.fetchall()]
        # All alike at first: rows that link to each other would say their ids.
        self.digests = {
            (table, row["id"]): "0" * 10 for table, row in self.rows if "id" in row
        }
        for _round in range(ROUNDS):
            self.digests = {
                (table, row["id"]): self._digest(table, row)
                for table, row in self.rows
                if "id" in row
            }

    def _target(self, table, row, column):
        """Return the table that a column links to, or None."""
        if (table, column) in self.links:
            return self.links[table, column]
        models = [row[name] for name in BY_NAME.get(column, ()) if row.get(name)]
        return models[0].replace(".", "_") if models else None

    def _say(self, table, row):
        said = {}
        for column, value in row.items():
            if column in NOISE or value is None:
                said[column] = value is not None
                continue
            target = self._target(table, row, column)
            known = self.digests.get((target, value)) if target else None
            said[column] = f"{target}:{known}" if known else _plain(value)
        if not self.numbers:
            said.pop("sequence_number", None)
        if not self.runs:
            said = {name: said[name] for name in said if name not in RUNS}
        text = json.dumps(said, sort_keys=True, ensure_ascii=False)
        return text if self.numbers else BILL.sub(r"\1/\2/n", text)

    def _digest(self, table, row):
        said = f"{table} {self._say(table, row)}"
        return hashlib.sha256(said.encode()).hexdigest()[:10]

    def lines(self):
        """Return what the database says, a row a line, sorted."""
        return sorted(f"{table} {self._say(table, row)}" for table, row in self.rows)


def read(cr, *, numbers=True, people=True, runs=True):
    """Return what a database says, a row a line.

    :param bool numbers: False: whatever bill has got which number
    :param bool people: False: whatever people were told
    :param bool runs: False: whatever run has billed what
    :rtype: list[str]
    """
    without = ("mail_",) if runs and not people else ()
    if not runs:
        without = ("mail_", "msp_bill_run")
    lines = Ledger(cr, numbers=numbers, runs=runs).lines()
    return [line for line in lines if not line.startswith(without)]


def gaps(cr):
    """Return the numbers that are missing between the first and the last posted.

    :rtype: list[tuple]: of prefix and number
    """
    cr.execute(
        "SELECT sequence_prefix, array_agg(sequence_number) FROM account_move "
        "WHERE state = 'posted' AND sequence_number > 0 GROUP BY 1 ORDER BY 1"
    )
    return [
        (prefix, number)
        for prefix, found in cr.fetchall()
        for number in range(1, max(found) + 1)
        if found.count(number) != 1
    ]


def digest(lines):
    """Return a short name for what a database says."""
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def difference(expected, found, limit=60):
    """Return what only one of two databases says, as lines for a person.

    A row that differs makes all differ that link to it: where rows differ in what they
    say themselves, only they are told. A changed row is told by its changes.
    """
    own = [[LINK.sub(":?", line) for line in lines] for lines in (expected, found)]
    before, after = own if sorted(own[0]) != sorted(own[1]) else (expected, found)
    missing = list((Counter(before) - Counter(after)).elements())
    surplus = list((Counter(after) - Counter(before)).elements())
    told = []
    for line in missing:
        alike = [other for other in surplus if _likeness(line, other) > HALF]
        if alike:
            other = max(alike, key=lambda other: _likeness(line, other))
            surplus.remove(other)
            told.append(_change(line, other))
        else:
            told.append(f"- {line}")
    told += [f"+ {line}" for line in surplus]
    return [line[:WIDTH] for line in told[:limit]]


def _parse(line):
    table, _, said = line.partition(" ")
    return table, json.loads(said)


def _likeness(line, other):
    """Return how much two rows say the same, from 0 to 1."""
    (table, mine), (of, others) = _parse(line), _parse(other)
    same = sum(mine[name] == others.get(name) for name in mine)
    return same / max(len(mine), len(others), 1) if table == of else 0


def _change(line, other):
    (table, mine), (_, others) = _parse(line), _parse(other)
    changes = {
        name: (mine.get(name), others.get(name))
        for name in sorted({*mine, *others})
        if mine.get(name) != others.get(name)
    }
    return f"~ {table} {mine.get('name', '')}: {changes}"
