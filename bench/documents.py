"""The PDFs of a month of bills, made by the scheduled action."""

import contextlib
import io
import itertools
import statistics
import time
from unittest.mock import patch

from . import msp
from .clock import machine

CUSTOMERS, COMPUTERS = (1000,), 50
AIM = 150
#: The bill of this number, from 0, asks for a document that fails.
INVALID = 2


class Documents:
    """What each bill took: documents made by ``account.move.send``, stored, committed.

    The first one loads the engine and its fonts, and does not count.
    """

    def __init__(self, bills: int, computers: int) -> None:
        self.bills, self.computers = bills, computers
        self.wall: list[float] = []
        self.cpu: list[float] = []
        self.failed = self.sizes = 0

    def table(self) -> str:
        """Return what was measured as a Markdown table."""
        rows = [
            ("in the median", statistics.median),
            (
                "nine of ten at most",
                lambda values: statistics.quantiles(values, n=10)[8],
            ),
            ("the slowest", max),
        ]
        lines = [
            f"### {self.bills:,} bills, {self.computers} computers in the annex",
            "",
            "| a bill | ms | CPU ms | ratio to the aim |",
            "|---|---:|---:|---:|",
            *(
                f"| {name} | {1000 * of(self.wall):.0f} | {1000 * of(self.cpu):.0f} | "
                f"{1000 * of(self.wall) / AIM:.2f} |"
                for name, of in rows
            ),
            "",
            f"Aim: {AIM} ms in the median.",
            f"Invalid bills, in nobody's way: {self.failed}.",
            f"{self.sizes / self.bills / 1024:.0f} KiB each; {machine()}.",
        ]
        return "\n".join(lines)


def run(env, options) -> list[Documents]:
    """Bill a month, then let the scheduled action make the documents."""
    msp.company(env)
    partners = msp.customers(env, options.customers)
    msp.subscriptions(env, partners, options.computers)
    msp.start(env, 0)
    env["msp.bill.run"]._cron_bill()
    env.cr.commit()
    env.cr.execute("ANALYZE")
    deliveries = env["msp.delivery"].search([("state", "=", "queued")], order="id")
    if len(deliveries) != options.customers:
        raise AssertionError(f"{len(deliveries)} of {options.customers} bills")
    found = Documents(options.customers, options.computers)
    with measured(env, found, deliveries[INVALID].id):
        # A slice of the action ends after its time: it is called until nothing waits.
        for _slice in range(100):
            env["msp.delivery"]._cron_render()
            env.cr.commit()
            waiting = [*env["msp.delivery"]._render_domain()]
            if not env["msp.delivery"].search_count(waiting, limit=1):
                break
    check(env, found, deliveries)
    return [found]


def measured(env, found: Documents, invalid: int):
    """Take the time from one commit to the next, and let one bill be invalid."""
    Delivery, Cron = env.registry["msp.delivery"], env.registry["ir.cron"]
    begin, generate = Delivery._begin, Delivery._generate_documents
    progress = Cron._commit_progress
    started: list[float] = []

    def _begin(self, *args):
        started[:] = [time.perf_counter(), time.process_time()]
        return begin(self, *args)

    def _generate_documents(self):
        if self.id == invalid:
            raise ValueError("an invalid document of the benchmark")
        generate(self)

    def _commit_progress(self, processed=0, **options):
        answer = progress(self, processed, **options)
        if processed and started:
            found.wall.append(time.perf_counter() - started[0])
            found.cpu.append(time.process_time() - started[1])
            started.clear()
        return answer

    stack = contextlib.ExitStack()
    stack.enter_context(patch.object(Delivery, "_begin", _begin))
    stack.enter_context(
        patch.object(Delivery, "_generate_documents", _generate_documents)
    )
    stack.enter_context(patch.object(Cron, "_commit_progress", _commit_progress))
    return stack


def check(env, found: Documents, deliveries) -> None:
    """All but the invalid one must have a PDF with all its pages.

    :raises AssertionError: when one is missing, or more than one failed
    """
    env.invalidate_all()
    made = deliveries.filtered("date_rendered")
    failed = deliveries - made
    found.failed, found.sizes = len(failed), sum(made.mapped("pdf_size"))
    if failed.ids != deliveries[INVALID].ids or "invalid" not in (failed.reason or ""):
        raise AssertionError(f"{len(failed)} of {len(deliveries)} have no PDF")
    names = f"PC-{found.computers - 1:03}"
    for delivery in itertools.islice(made, 3):
        content = delivery.move_id.invoice_pdf_report_id.raw
        if not content.startswith(b"%PDF") or len(content) != delivery.pdf_size:
            raise AssertionError(f"{delivery.display_name}: no PDF")
        if names not in _text(content):
            raise AssertionError(f"{delivery.display_name}: {names} is not named")
    found.wall, found.cpu = found.wall[1:], found.cpu[1:]


def _text(content: bytes) -> str:
    from pypdf import PdfReader

    pages = PdfReader(io.BytesIO(content)).pages
    return " ".join(page.extract_text() for page in pages)
