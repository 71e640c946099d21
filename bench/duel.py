"""Compare ways to bill, in turns; the ratio of a round is what counts."""

import gc
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple


class Round(NamedTuple):
    """What one way took in one round, in seconds."""

    wall: float
    cpu: float


@dataclass
class Duel:
    """Ways to do the same, timed in turns; the first one is what others are to.

    The machine's speed moves from minute to minute, so each round has its own ratios,
    and the median of them is told. A way's ratio above 1 says: slower than the first.
    """

    title: str
    items: int
    rounds: dict[str, list[Round]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def run(self, number: int, ways: dict[str, Callable[[int], Round | None]]) -> None:
        """Run all ways in turns; a way is told the round, from 0, and may time itself.

        Every second round goes backwards, so that no way always follows the same one.
        """
        for turn in range(number):
            for name in sorted(ways, reverse=bool(turn % 2)):
                gc.collect()
                wall, cpu = time.perf_counter(), time.process_time()
                told = ways[name](turn)
                wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
                took = told or Round(wall, cpu)
                self.rounds.setdefault(name, []).append(took)
        self.rounds = {name: self.rounds[name] for name in ways}

    def ratios(self, name: str) -> list[float]:
        """Return, for each round, how much longer it took than the first way."""
        first = next(iter(self.rounds.values()))
        pairs = zip(self.rounds[name], first, strict=True)
        return [one.wall / other.wall for one, other in pairs]

    def table(self) -> str:
        """Return the medians as a Markdown table."""
        lines = [
            f"### {self.title}",
            "",
            f"| {self.items:,} bills | ms each | CPU ms | a second | ratio | ratios |",
            "|---|---:|---:|---:|---:|---|",
        ]
        for name, rounds in self.rounds.items():
            wall = statistics.median(took.wall for took in rounds)
            cpu = statistics.median(took.cpu for took in rounds)
            ratios = sorted(self.ratios(name))
            lines.append(
                f"| {name} | {1000 * wall / self.items:.1f} | "
                f"{1000 * cpu / self.items:.1f} | {self.items / wall:.1f} | "
                f"{statistics.median(ratios):.2f} | "
                f"{', '.join(f'{ratio:.2f}' for ratio in ratios)} |"
            )
        return "\n".join([*lines, *("\n" + note for note in self.notes)])
