"""Take times, and say how far they can be trusted."""

import gc
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Watch:
    """Adds up the seconds of its ``with`` blocks."""

    seconds: float = 0.0
    _began: float = 0.0

    def __enter__(self) -> None:
        self._began = time.perf_counter()

    def __exit__(self, *_error: object) -> None:
        self.seconds += time.perf_counter() - self._began


@dataclass
class Race:
    """Methods that do the same, timed in turns; the first one is what others are to.

    The best round of each counts: what is slower was disturbed.
    """

    title: str
    items: int
    unit: str
    rounds: dict[str, list[float]] = field(default_factory=dict)

    def run(self, number: int, methods: dict[str, Callable[[], float | None]]) -> None:
        """Run all methods in turns; one may return the seconds that count."""
        for _round in range(number):
            for name, method in methods.items():
                gc.collect()
                watch = Watch()
                with watch:
                    told = method()
                seconds = watch.seconds if told is None else told
                self.rounds.setdefault(name, []).append(seconds)

    def best(self, name: str) -> float:
        """Return the seconds of the best round."""
        return min(self.rounds[name])

    def table(self) -> str:
        """Return the times as a Markdown table."""
        base = self.best(next(iter(self.rounds)))
        lines = [
            f"### {self.title}",
            "",
            f"| {self.items:,} {self.unit} | seconds | per second | ratio | spread |",
            "|---|---:|---:|---:|---:|",
        ]
        for name, rounds in self.rounds.items():
            best = min(rounds)
            spread = f"{100 * (max(rounds) / best - 1):.0f} %" if rounds[1:] else "-"
            lines.append(
                f"| {name} | {best:.2f} | {self.items / best:,.0f} | "
                f"{best / base:.2f} | {spread} |"
            )
        return "\n".join(lines)


def machine() -> str:
    """Say on what was measured, and how busy it is."""
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    return f"{os.cpu_count()} cores, load (1, 5, 15 minutes): {load}"
