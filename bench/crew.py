"""Several workers that share a run, each a process of its own."""

import contextlib
import json
import subprocess
import time
from collections.abc import Iterator

from dev import odoo_conf, paths, ui

from .duel import Round


class Crew:
    """Workers on one database, ready to bill."""

    def __init__(self, database: str, number: int):
        self.told: list[dict[str, float]] = []
        self.workers = [
            subprocess.Popen(
                [str(paths.PYTHON), "-m", "bench.worker", database],
                cwd=paths.ROOT,
                env=odoo_conf.environment(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            for _worker in range(number)
        ]
        for worker in self.workers:
            self._listen(worker)

    @staticmethod
    def _listen(worker) -> dict[str, float]:
        line = worker.stdout.readline()
        if not line:
            raise ui.Failure("A worker ended", "Its error stands above")
        return json.loads(line)

    def bill(self) -> Round:
        """Let all work until nothing is left.

        :return: the seconds of the slowest, and the processor's of all together
        """
        began = time.perf_counter()
        for worker in self.workers:
            worker.stdin.write("go\n")
            worker.stdin.flush()
        self.told = [self._listen(worker) for worker in self.workers]
        cpu = sum(told["cpu"] for told in self.told)
        return Round(time.perf_counter() - began, cpu)

    def peak(self) -> float:
        """Return the most memory that any of them has had, in MiB."""
        return max(told["peak"] for told in self.told)

    def end(self) -> None:
        """Let them go."""
        for worker in self.workers:
            worker.stdin.close()
            worker.wait(60)


@contextlib.contextmanager
def working(database: str, number: int) -> Iterator[Crew]:
    """Have a crew while the block runs."""
    crew = Crew(database, number)
    try:
        yield crew
    finally:
        crew.end()
