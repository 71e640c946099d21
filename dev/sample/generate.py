"""Make the exports of the sample's RMM anew: ``python3 -m dev.sample.generate``.

They are kept in the repository; this tells how they came about. Each file is what the
RMM knew on that day: all computers of all organizations.
"""

import csv
import pathlib
import random
from collections.abc import Iterator
from dataclasses import dataclass, field

FOLDER = pathlib.Path(__file__).with_name("rmm")
MONTHS = ("2026-08", "2026-09", "2026-10")
DAYS = [f"{month}-{day:02}" for month in MONTHS for day in (1, 8, 15, 22, 28)]
HEADER = (
    "Organization",
    "Device ID",
    "Device Name",
    "Device Type",
    "Operating System",
    "Serial Number",
    "Last Seen",
)
# Organization in the RMM: short name, workstations, servers, mobiles, first export.
ORGANIZATIONS = {
    "Harbor & Finch": ("HFL", 46, 4, 14, 0),
    "Bright Smile Dental": ("BSD", 14, 2, 0, 0),
    "Bright Smile Dental - Riverside": ("BSR", 12, 1, 0, 0),
    "Bright Smile Dental - Oak Park": ("BSO", 9, 1, 0, 0),
    "Meridian Logistics": ("MER", 44, 6, 24, 0),
    "Meridian Logistics - Newark": ("MEN", 14, 1, 10, 0),
    "Meridian Logistics - Dayton": ("MED", 11, 1, 8, 0),
    "Redwood Vet": ("RVC", 13, 1, 3, 0),
    "Cedar Creek Brewing": ("CCB", 16, 2, 6, 0),
    "Alder & Stone": ("ASA", 26, 3, 5, 0),
    "Lakeside Bank": ("LCB", 72, 12, 14, 0),
    "Pinnacle Property": ("PPP", 24, 2, 15, 0),
    "Summit Orthopedics": ("SUM", 58, 6, 14, 0),
    "Tidewater Marine": ("TMS", 22, 3, 5, 0),
    "Juniper Accounting": ("JAS", 17, 1, 0, 0),
    "Foxglove Media": ("FOX", 18, 2, 9, 11),
}
SYSTEMS = {
    "Workstation": ("Windows 11 Pro",) * 7 + ("Windows 10 Pro", "macOS 15.6"),
    "Server": ("Windows Server 2022", "Windows Server 2019", "Ubuntu 24.04 LTS"),
    "Mobile": ("iOS 18.6", "Android 15"),
}
SHORT = {"Workstation": ("LT", "LT", "WS"), "Server": ("SRV",), "Mobile": ("PH", "TB")}
SIGNS = "0123456789BCDFGHJKLMNPQRSTVWXZ"


@dataclass
class Device:
    """A computer; ``seen`` are the numbers of the exports that it stands in."""

    organization: str
    kind: str
    name: str
    key: str
    system: str
    serial: str
    seen: set[int]
    moves: dict[int, str] = field(default_factory=dict)

    def place(self, number: int) -> str:
        """Return the organization that it belongs to in an export."""
        past = [when for when in self.moves if when <= number]
        return self.moves[max(past)] if past else self.organization


class Fleet:
    """All computers, and what happens to them from export to export."""

    def __init__(self) -> None:
        self.random = random.Random(20261101)
        self.devices: list[Device] = []
        for name, (_, *counts, first) in ORGANIZATIONS.items():
            for kind, count in zip(SYSTEMS, counts, strict=True):
                for _ in range(count):
                    self.join(name, kind, first)

    def join(self, organization: str, kind: str, first: int) -> Device:
        """Add a computer from an export on."""
        prefix = ORGANIZATIONS[organization][0]
        short = self.random.choice(SHORT[kind])
        number = sum(d.name.startswith(f"{prefix}-{short}-") for d in self.devices) + 1
        device = Device(
            organization,
            kind,
            name=f"{prefix}-{short}-{number:03}",
            key=f"D-{104200 + 7 * len(self.devices)}",
            system=self.random.choice(SYSTEMS[kind]),
            serial="".join(self.random.choices(SIGNS, k=8)),
            seen=set(range(first, len(DAYS))),
        )
        self.devices.append(device)
        return device

    def pick(self, organization: str, number: int) -> Device:
        """Return a workstation that has always been there and always will be."""
        whole = set(range(len(DAYS)))
        return self.random.choice(
            [
                device
                for device in self.devices
                if (device.organization, device.kind) == (organization, "Workstation")
                and device.seen == whole
                and not device.moves
                and number in device.seen
            ]
        )

    def change(self, number: int) -> None:
        """Let some computers leave and some join with an export."""
        there = [d for d in self.devices if {number - 1, number} <= d.seen]
        leavers = [d for d in there if d.kind != "Server" and not d.moves]
        for device in self.random.sample(leavers, self.random.randint(2, 5)):
            device.seen -= set(range(number, len(DAYS)))
        for _ in range(self.random.randint(3, 6)):
            model = self.random.choice(there)
            if model.organization != "Juniper Accounting":
                self.join(model.organization, model.kind, number)

    def live(self) -> None:
        """Play three months."""
        for number in range(1, len(DAYS)):
            self.change(number)
        # Sold with an office, to another customer.
        self.pick("Pinnacle Property", 12).moves[12] = "Harbor & Finch"
        self.pick("Meridian Logistics", 11).moves[11] = "Meridian Logistics - Newark"
        # In repair: away for some weeks, then back.
        self.pick("Summit Orthopedics", 7).seen -= set(range(7, 12))
        self.pick("Alder & Stone", 11).seen -= {11, 12}

    def rows(self, number: int) -> Iterator[tuple[str, ...]]:
        """Yield the rows of an export."""
        there = [device for device in self.devices if number in device.seen]
        for device in sorted(there, key=lambda d: (d.place(number), d.name)):
            yield (
                device.place(number),
                device.key,
                device.name,
                device.kind,
                device.system,
                device.serial,
                self.last_seen(DAYS[number]),
            )

    def last_seen(self, day: str) -> str:
        """Return the time of a last contact: this morning, or days ago."""
        month, _, last = day.rpartition("-")
        ago = self.random.choice((0,) * 18 + (1, 3))
        hour, minute = self.random.randrange(6), self.random.randrange(60)
        return f"{month}-{max(1, int(last) - ago):02} {hour:02}:{minute:02}"


def main() -> None:
    """Write an export for each day."""
    fleet = Fleet()
    fleet.live()
    FOLDER.mkdir(exist_ok=True)
    for number, day in enumerate(DAYS):
        with (FOLDER / f"{day}.csv").open("w", newline="") as target:
            writer = csv.writer(target, lineterminator="\n")
            writer.writerow(HEADER)
            writer.writerows(fleet.rows(number))


if __name__ == "__main__":
    main()
