"""The table of the demo: who was billed what, and what has become of it."""

import csv
import pathlib
from typing import Any

from . import ui

HEAD = ("Customer", "Plan", "Computers", "Amount", "Due", "State")
WIDTHS = (27, 16, 9, 11, 10, 16)
NUMBERS = ("Computers", "Amount")
PAYMENTS = {"paid": "paid", "in_payment": "paid", "partial": "part paid"}


def show(env: Any, folder: pathlib.Path) -> None:
    """Print the table and the places of the files; keep the table as a file too."""
    run = env["msp.bill.run"].search([("automatic", "=", False)], order="id", limit=1)
    rows = [_row(subscription, run) for subscription in _subscriptions(env)]
    month = run.date.replace(day=1).fromordinal(run.date.toordinal() - 1)
    ui.say(f"\n{run.company_id.name}: bill run of {run.date}, {month:%B %Y}\n")
    for line in (HEAD, _rule(), *rows, _rule(), *_totals(rows, run.move_ids)):
        ui.say(_format(line))
    with (folder / "demo-table.csv").open("w", newline="") as target:
        csv.writer(target, lineterminator="\n").writerows([HEAD, *rows])
    _say_places(folder)


def _subscriptions(env: Any) -> Any:
    return (
        env["msp.subscription"]
        .search([])
        .sorted(
            lambda subscription: (
                subscription.bill_to_id.name,
                subscription.plan_id.name,
                subscription.date_start,
            )
        )
    )


def _row(subscription: Any, run: Any) -> tuple[str, ...]:
    names = (subscription.partner_id.name, subscription.plan_id.name)
    cycles = subscription.cycle_ids.filtered(lambda cycle: cycle.run_id == run)
    if not cycles:
        return (*names, "", "", f"{subscription.next_bill_date}", "next bill")
    counted = any(
        price.price_model != "flat" for price in subscription.plan_id.price_ids
    )
    computers = sum(cycles.mapped("computer_count")) if counted else 0
    amount = sum(cycles.mapped("amount"))
    move = cycles.move_id[:1]
    return (
        *names,
        f"{computers}" if counted else "",
        f"{amount:,.2f}",
        f"{move.invoice_date_due or ''}",
        _state(cycles, move),
    )


def _state(cycles: Any, move: Any) -> str:
    """Return what has become of a cycle: its bill's mail, then its payment."""
    if not move:
        return cycles[:1].state
    words = (move.msp_delivery_state, PAYMENTS.get(move.payment_state))
    return ", ".join(filter(None, words))


def _totals(rows: list[tuple[str, ...]], moves: Any) -> list[tuple[str, ...]]:
    customers = len({row[0] for row in rows})
    computers = sum(int(row[2] or 0) for row in rows)

    def line(
        label: str, amount: float, first: str = "", count: str = ""
    ) -> tuple[str, ...]:
        return (first, label, count, f"{amount:,.2f}", "", "")

    return [
        line(
            "Total",
            sum(moves.mapped("amount_untaxed")),
            f"{customers} customers",
            f"{computers}",
        ),
        line("Sales tax", sum(moves.mapped("amount_tax"))),
        line("Billed", sum(moves.mapped("amount_total"))),
        line("Open", sum(moves.mapped("amount_residual"))),
    ]


def _rule() -> tuple[str, ...]:
    return tuple("-" * width for width in WIDTHS)


def _format(row: tuple[str, ...]) -> str:
    cells = [
        text.rjust(width) if name in NUMBERS else text.ljust(width)
        for text, width, name in zip(row, WIDTHS, HEAD, strict=True)
    ]
    return "  ".join(cells).rstrip()


def _say_places(folder: pathlib.Path) -> None:
    mails = len(list((folder / "mail").glob("*.eml")))
    ui.say(f"\n  Mails ({mails})        {folder / 'mail'}")
    ui.say(f"  All bills as PDF  {folder / 'consolidated.pdf'}")
    ui.say(f"  All bills as XLSX {folder / 'consolidated.xlsx'}")
