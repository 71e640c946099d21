"""Sort the lines of an export by customer, and find those that are wrong in it.

No Odoo here.
"""

from collections import defaultdict
from dataclasses import dataclass, field

from .snapshot import RowError, clean_text, read_text

SHOWN = 6  # numbers of lines with the same key


@dataclass(frozen=True)
class Problem:
    """A line that is not used, and why."""

    number: int
    code: str
    values: dict
    customer: str = ""
    key: str = ""
    name: str = ""


@dataclass
class Groups:
    """The lines of an export by customer."""

    lines: dict = field(default_factory=dict)  # customer: lines
    problems: list = field(default_factory=list)
    # By customer, "" for what cannot be told: keys that the file names, also in lines
    # that are not used. These computers are not gone.
    keys: dict = field(default_factory=lambda: defaultdict(set))

    def keys_besides(self, skipped):
        """Return all keys that the file names but at customers that are skipped."""
        return frozenset().union(
            *(keys for customer, keys in self.keys.items() if customer not in skipped)
        )


def group(table):
    """Return the lines of a file by customer."""
    groups = Groups()
    for number, cells in table.ragged:
        # A cell may be anywhere in such a line, so each may be the key.
        groups.keys[""].update(clean_text(cell) for cell in cells)
        values = {"cells": len(cells), "start": " | ".join(cells)}
        groups.problems.append(Problem(number, "ragged", values))
    twins = {}
    for line in table.lines:
        twins.setdefault(line.values["key"], Twins()).add(line)
    for line in table.lines:
        customer, key = line.values["customer"], line.values["key"]
        groups.keys[customer].add(key)
        problem = _problem_of(line, twins[key])
        if problem:
            groups.problems.append(problem)
        else:
            groups.lines.setdefault(customer, []).append(line)
    return groups


@dataclass
class Twins:
    """The lines with one key."""

    numbers: list = field(default_factory=list)  # the first few
    says: set = field(default_factory=set)  # what they must not disagree about

    def add(self, line):
        if len(self.numbers) < SHOWN:
            self.numbers.append(line.number)
        if len(self.says) < 2:
            self.says.add((line.values["customer"], line.values["type"].casefold()))


def _problem_of(line, twins):
    """Return what is wrong with a line among those with its key, or None."""
    customer, key = line.values["customer"], line.values["key"]

    def problem(code, **values):
        name = line.values.get("name") or ""
        return Problem(line.number, code, values, customer, key, name)

    if not customer:
        return problem("no_customer", key=key)
    try:
        read_text(customer, "customer")
    except RowError as error:
        return problem(error.code, **error.values)
    if key and len(twins.says) > 1:
        others = [number for number in twins.numbers if number != line.number]
        return problem("contradiction", key=key, others=others)
    if key and twins.numbers[0] != line.number:
        return problem("double", key=key, first=twins.numbers[0])
    return None
