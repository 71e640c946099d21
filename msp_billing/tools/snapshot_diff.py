"""Compare a snapshot with the known computers: what is to be changed. No Odoo here."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import NamedTuple

from .snapshot import Rejection, Snapshot


class Known(NamedTuple):
    """A computer of the source as it stands on the snapshot's day."""

    id: int
    key: str
    name: str
    serial: str
    customer: int | None  # the source's customer that reported it last
    reported_at: datetime | None
    partner: int  # whose it is on the day, or was last
    kind: int
    date_from: date | None  # of the period that covers the day; None: none does
    date_to: date | None  # and its end
    final: bool  # no period follows it
    fresh: bool | None  # reported with the customer's newest complete snapshot
    active: bool
    last_contact: datetime | None

    @property
    def managed(self):
        return self.date_from is not None


@dataclass(frozen=True)
class Scene:
    """Where and when the snapshot was taken."""

    customer: int  # the source's customer
    partner: int  # who that is
    partners: frozenset  # and the sites below
    taken_at: datetime
    day: date
    settles: bool  # what it names is as fresh as the customer's newest complete report


@dataclass
class Changes:
    """What a snapshot changes."""

    new: list = field(default_factory=list)  # reported computers
    place: dict = field(default_factory=dict)  # id: (partner, kind)
    end: dict = field(default_factory=dict)  # id: the first day without it
    seen: list = field(default_factory=list)  # (known, reported)
    told: list = field(default_factory=list)  # those whose row has to tell it
    named: list = field(default_factory=list)  # known, in a rejected row
    rejected: list = field(default_factory=list)
    news: dict = field(default_factory=dict)  # index of a row: what it changes
    gone: list = field(default_factory=list)  # known, whose end is in ``end``
    kept: list = field(default_factory=list)  # known, missing here, named elsewhere
    missing: list = field(default_factory=list)  # ids that are not fresh any more
    contacts: list = field(default_factory=list)  # (id, last contact), else as before
    before: int = 0  # computers that the customer had
    added: int = 0
    changed: int = 0

    @property
    def unchanged(self):
        return len(self.new) + len(self.seen) - self.added - self.changed

    @property
    def new_rows(self):
        """Key, name, type, serial and last contact of new computers."""
        return [
            (new.key, new.name or new.key, new.kind, new.serial, new.last_contact)
            for new in self.new
        ]

    @property
    def seen_rows(self):
        """Id, name, serial, last contact of those told; whether the row is good.

        Name and serial are None where they stay.
        """
        rows = [
            (
                known.id,
                reported.name if reported.name != known.name else None,
                reported.serial if reported.serial != known.serial else None,
                reported.last_contact,
                True,
            )
            for known, reported in self.told
        ]
        rows = [
            (ref, name or None, serial or None, contact, good)
            for ref, name, serial, contact, good in rows
        ]
        return rows + [(known.id, None, None, None, False) for known in self.named]


@dataclass
class Plan:
    """What a snapshot is about to change, or the delivery that did so before."""

    snapshot: Snapshot
    customer: object  # msp.source.customer
    scene: Scene | None = None
    changes: Changes | None = None
    first: object = None  # msp.source.sync that applied exactly this snapshot
    keys: frozenset = frozenset()  # of all computers that it is about

    @property
    def frame(self):
        """The source's customer, the customer, the moment, its day, whether all.

        And whether computers are as fresh as the customer's newest complete report.
        """
        scene = self.scene
        where, when = (scene.customer, scene.partner), (scene.taken_at, scene.day)
        return *where, *when, self.snapshot.may_end, scene.settles

    @property
    def settles(self):
        """Whether computers that it names are as fresh as the customer after it."""
        return self.snapshot.may_end


def compare(snapshot, known, scene, day_of, elsewhere=frozenset()):
    """Return what a snapshot changes.

    :param known: the computers whose key is reported, and those that this customer of
        the source reported last
    :param day_of: gives the day of a moment in the company's time zone
    """
    changes = Changes(rejected=list(snapshot.rejected))
    by_key = {computer.key: computer for computer in known}
    for reported in snapshot.computers:
        computer = by_key.get(reported.key)
        if computer is not None and _is_as_before(computer, reported, scene):
            _note_unchanged(changes, computer, reported, scene)
        else:
            _compare_one(changes, computer, reported, scene)
    for row in snapshot.rejected:
        computer = by_key.get(row.key)
        if not computer or computer.customer != scene.customer:
            continue
        if not (computer.fresh and scene.settles):
            changes.named.append(computer)
    _compare_missing(changes, snapshot, known, scene, day_of, elsewhere)
    changes.rejected.sort(key=lambda row: row.index)
    return changes


def _compare_missing(changes, snapshot, known, scene, day_of, elsewhere):
    """End what the customer had and a complete snapshot does not name."""
    reported_keys = snapshot.reported_keys
    for computer in known:
        own = computer.managed and computer.customer == scene.customer
        changes.before += own
        if not snapshot.may_end or computer.key in reported_keys:
            continue
        if computer.fresh:
            changes.missing.append(computer.id)
        if computer.key not in elsewhere:
            _end(changes, computer, scene, day_of)
        elif own:
            changes.kept.append(computer)


def _compare_one(changes, computer, reported, scene):
    if computer is None:
        changes.new.append(reported)
        changes.news[reported.index] = "added"
        changes.added += 1
    elif _is_old_news(computer, scene):
        values = {"key": computer.key, "moment": computer.reported_at}
        changes.rejected.append(
            Rejection(reported.index, "reported_later", values, computer.key)
        )
    else:
        _compare_known(changes, computer, reported, scene)


def _is_old_news(computer, scene):
    """Whether another customer of the source reported the computer after this."""
    return (
        computer.customer not in (None, scene.customer)
        and computer.reported_at is not None
        and computer.reported_at > scene.taken_at
    )


def _compare_known(changes, computer, reported, scene):
    """Note what one known computer's row changes.

    A person may have put the computer into a site below the customer: it stays there,
    unless another organisation of the source reported it before.
    """
    stays = computer.customer in (None, scene.customer)
    stays = stays and computer.partner in scene.partners
    partner = computer.partner if stays else scene.partner
    tomorrow = scene.day + timedelta(days=1)
    back = not computer.managed or (computer.final and computer.date_to == tomorrow)
    moved, retyped = partner != computer.partner, reported.kind != computer.kind
    renamed = (reported.name or computer.name, reported.serial or computer.serial) != (
        computer.name,
        computer.serial,
    )
    changes.seen.append((computer, reported))
    changes.told.append((computer, reported))
    if back or moved or retyped:
        changes.place[computer.id] = (partner, reported.kind)
    news = {"back": back, "moved": moved, "retyped": retyped, "renamed": renamed}
    first = next((what for what, so in news.items() if so), "unchanged")
    changes.news[reported.index] = first
    changes.added += first == "back"
    changes.changed += first in ("moved", "retyped", "renamed")


def _note_unchanged(changes, computer, reported, scene):
    changes.seen.append((computer, reported))
    changes.news[reported.index] = "unchanged"
    if not (computer.fresh and scene.settles and computer.active):
        changes.told.append((computer, reported))
    elif reported.last_contact not in (None, computer.last_contact):
        changes.contacts.append((computer.id, reported.last_contact))


def _is_as_before(computer, reported, scene):
    """Whether a row plainly changes nothing: nearly every row of every day."""
    return (
        computer.customer == scene.customer
        and computer.date_from is not None
        and computer.date_to is None
        and computer.kind == reported.kind
        and computer.name == reported.name
        and computer.serial == reported.serial
        and computer.partner in scene.partners
    )


def _end(changes, computer, scene, day_of):
    """End a computer that a complete snapshot of its customer does not name.

    Never before the day after it was last reported: on that day it was there.
    """
    if not computer.managed:
        return
    last = max(scene.day, computer.date_from + timedelta(days=1))
    if computer.reported_at:
        last = max(last, day_of(computer.reported_at) + timedelta(days=1))
    if computer.date_to is None or last < computer.date_to:
        changes.end[computer.id] = last
        changes.gone.append(computer)
