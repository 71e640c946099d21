"""The sample MSP: CSV files in ``sample/``, moved by whole months to the present.

The days of the sample end on the 28th, so that every month has them.
"""

import csv
import datetime
import io
import pathlib
import re
from collections.abc import Iterator

FOLDER = pathlib.Path(__file__).with_name("sample")
DATE = re.compile(r"\b(\d{4})-(\d\d)-(\d\d)\b")


def months(day: datetime.date) -> int:
    """Return the months from the year 0 to a day."""
    return day.year * 12 + day.month - 1


class Sample:
    """The sample as if its last month had just been closed."""

    def __init__(self, today: datetime.date) -> None:
        self.run_date = today.replace(day=1)
        last = max(path.stem for path in (FOLDER / "rmm").glob("*.csv"))
        self.shift = months(self.run_date) - months(datetime.date.fromisoformat(last))
        # The sample's last month becomes the month before the run.
        self.shift -= 1

    def moved(self, text: str) -> str:
        """Return a text with all its dates moved."""
        return DATE.sub(self._move, text)

    def _move(self, found: re.Match[str]) -> str:
        year, month, day = map(int, found.groups())
        year, month = divmod(year * 12 + month - 1 + self.shift, 12)
        return f"{year:04}-{month + 1:02}-{day:02}"

    def table(self, name: str) -> list[dict[str, str]]:
        """Return the rows of one of the sample's files."""
        text = (FOLDER / f"{name}.csv").read_text()
        return list(csv.DictReader(io.StringIO(self.moved(text))))

    def exports(self) -> Iterator[tuple[datetime.date, bytes]]:
        """Yield the exports of the RMM, oldest first, with their days."""
        for path in sorted((FOLDER / "rmm").glob("*.csv")):
            day = datetime.date.fromisoformat(self.moved(path.stem))
            yield day, self.moved(path.read_text()).encode()

    def company(self) -> dict[str, str]:
        """Return what the MSP says about itself."""
        return {row["field"]: row["value"] for row in self.table("company")}

    def logo(self) -> bytes:
        """Return the MSP's logo."""
        return (FOLDER / "logo.png").read_bytes()
