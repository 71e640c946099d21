"""What an import does to each computer and customer: told before, then done.

No Odoo here.
"""

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from datetime import date

from .snapshot import shown

# What happens to a computer; what needs a look comes first.
WHATS = (
    "rejected",
    "ended",
    "moved",
    "retyped",
    "renamed",
    "added",
    "skipped",
    "unchanged",
)
CHANGED = ("moved", "retyped", "renamed")
QUIET = ("skipped", "unchanged")


@dataclass(frozen=True)
class Entry:
    """What happens to one computer, or to one line of the file."""

    what: str
    line: int  # 0: not in the file
    customer: str  # its key in the source
    partner: int | None
    key: str
    name: str
    kind: int | None = None
    day: date | None = None
    detail: str = ""

    @property
    def row(self):
        """What it says, as it is stored."""
        return (
            self.what,
            self.line,
            self.customer,
            self.partner or None,
            self.key,
            self.name,
            self.kind,
            self.day,
            self.detail or None,
        )

    @property
    def order(self):
        # People mend lines from the top of the file to its end.
        customer = "" if self.what == "rejected" else self.customer
        return WHATS.index(self.what), customer, self.line, self.key


@dataclass
class Sum:
    """What happens to the computers of one customer of the source."""

    customer: str
    partner: int | None = None
    before: int = 0
    counts: Counter = field(default_factory=Counter)
    level: str = ""  # refused, warning, skipped
    message: str = ""

    def add(self, entry):
        """Count an entry."""
        self.counts["changed" if entry.what in CHANGED else entry.what] += 1


@dataclass
class Outcome:
    """What an import does, or did."""

    frame: tuple  # what it rests on: the file, its moment, the choices
    entries: list = field(default_factory=list)
    sums: dict = field(default_factory=dict)  # by customer
    plans: list = field(default_factory=list)  # (customer, lines, plan or a refusal)
    unread: int = 0  # times of the last contact that were not understood
    syncs: object = None  # the deliveries, once it is done

    def add(self, entry):
        """Note what happens to a computer."""
        self.entries.append(entry)
        if entry.customer:
            self.sum_of(entry.customer).add(entry)

    def sum_of(self, customer):
        """Return the sum of a customer."""
        return self.sums.setdefault(customer, Sum(customer))

    @property
    def counts(self):
        """How many computers meet what, of all customers; changes as one."""
        total = Counter(
            "changed" if entry.what in CHANGED else entry.what for entry in self.entries
        )
        return {what: total[what] for what in (*WHATS, "changed")}

    @property
    def news(self):
        """What is worth a row in the list of computers."""
        return [entry for entry in self.entries if entry.what not in QUIET]

    def arrange(self):
        """Put what needs a look first."""
        self.entries.sort(key=lambda entry: entry.order)

    @property
    def fingerprint(self):
        """A name for exactly this outcome: the same again has the same one."""
        digest = hashlib.sha256(repr(self.frame).encode("utf-8", "replace"))
        for sum_ in self.sums.values():
            row = (sum_.customer, sum_.partner, sum_.before, sum_.level, sum_.message)
            digest.update(repr(row).encode("utf-8", "replace"))
        for entry in self.entries:
            digest.update(repr(entry.row).encode("utf-8", "replace"))
        return digest.hexdigest()


def problem_entry(problem, partner, text):
    """Return the entry of a line that is not used."""
    return Entry(
        "rejected",
        problem.number,
        shown(problem.customer),
        partner,
        shown(problem.key),
        shown(problem.name),
        detail=text,
    )


def line_entry(what, line, partner, text=""):
    """Return the entry of a line whose computer is not touched."""
    values = line.values
    name = shown(values.get("name") or "")
    customer, key = values["customer"], shown(values["key"])
    return Entry(what, line.number, customer, partner, key, name, detail=text)


def jump(before, lost, gained, percent, minimum):
    """Return "lost" or "gained" when a customer's count changes doubtfully.

    All computers of a customer are always worth a look; new customers never.

    :param int before: the computers until now
    :param percent: of these, more than so many
    :param minimum: and at least so many computers
    """
    if not before:
        return ""
    for what, count in (("lost", lost), ("gained", gained)):
        if count >= max(minimum, 1) and count * 100 > percent * before:
            return what
    return "lost" if lost >= before else ""
