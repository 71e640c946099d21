"""The sheet of a workbook of bills that says what changed since the bills before."""

from datetime import timedelta

DATE, MONEY, NUMBER, TEXT = "date", "money", "number", "text"


def change_columns(env):
    """Return the columns: head, kind of cells, width."""
    return [
        (env._("Bill"), TEXT, 18),
        (env._("Customer"), TEXT, 34),
        (env._("Plan"), TEXT, 22),
        (env._("Site"), TEXT, 28),
        (env._("Period Start"), DATE, None),
        (env._("Period End"), DATE, None),
        (env._("Compared Start"), DATE, None),
        (env._("Compared End"), DATE, None),
        (env._("Change"), TEXT, 16),
        (env._("What"), TEXT, 28),
        (env._("Details"), TEXT, 44),
        (env._("Quantity Before"), NUMBER, None),
        (env._("Quantity Now"), NUMBER, None),
        (env._("Difference"), MONEY, None),
        (env._("Currency"), TEXT, 9),
    ]


def change_rows(env, moves):
    """Yield the rows: the sum of each cycle, its prices, then all its computers.

    :param moves: ``account.move``
    """
    Change = env["msp.bill.change"]
    for move in moves:
        for change in Change._of_bill(move):
            cycle, previous = change["cycle"], change["previous"]
            head = (
                move.name,
                move.commercial_partner_id.name,
                cycle.plan_id.name,
                cycle.partner_id.name,
                cycle.date_start,
                _last_day(cycle.date_end),
                previous.date_start,
                _last_day(previous.date_end),
            )
            amount = change["amount"] if previous else None
            for row in (
                (env._("Sum"), None, Change._headline(change), None, None, amount),
                *_price_rows(env, change),
                *_computer_rows(env, change),
            ):
                yield (*head, *row, cycle.currency_id.name)


def _price_rows(env, change):
    for price in change["prices"]:
        yield (
            env._("Price"),
            price["name"],
            price["text"],
            price["before"],
            price["now"],
            price["amount"],
        )


def _computer_rows(env, change):
    labels = {
        "came": env._("Computer came"),
        "went": env._("Computer went"),
        "moved": env._("Moved"),
        "type": env._("Other type"),
        "days": env._("Other days"),
    }
    for kind, rows in change["computers"].items():
        for row in rows:
            yield (
                labels[kind],
                row.name,
                change["texts"][row.computer_id],
                None,
                None,
                None,
            )


def _last_day(day):
    return day - timedelta(days=1) if day else None
