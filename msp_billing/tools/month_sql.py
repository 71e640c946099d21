"""Months as numbers in SQL: a whole number is quicker to step through than dates."""

from odoo.tools import SQL

# A month's number: those since 1970, whose January is 1.
EPOCH = 1970


def number_of(day: str) -> str:
    """Return the SQL of the number of the month that a day lies in.

    :param day: an expression of the type ``date``
    """
    return (
        f"(EXTRACT(YEAR FROM {day})::int * 12 + EXTRACT(MONTH FROM {day})::int "
        f"- {EPOCH} * 12)"
    )


def month_of(number: str) -> str:
    """Return the SQL of the first day of the month with a number, from 1 on."""
    return f"make_date({EPOCH} + ({number} - 1) / 12, ({number} - 1) %% 12 + 1, 1)"


def months_between(first: str, last: str) -> str:
    """Return the SQL of a table of the month's numbers from one to another.

    PostgreSQL takes a series for a thousand rows, and compiles what reads so many of
    them (JIT) for longer than it then takes. An array it takes for ten.
    """
    return f"unnest(ARRAY(SELECT generate_series({first}, {last})))"


def month_number(day) -> int:
    """Return the number of the month that a day lies in.

    :param datetime.date day: any day of the month
    """
    return (day.year - EPOCH) * 12 + day.month


def of_companies(companies):
    """Return parameters that tell of companies and the time there.

    :param companies: a recordset
    :return: ``companies``, their ids; ``own``, the rows of a table: the id, today and
        the number of today's month
    :rtype: dict
    """
    rows = []
    for company in companies.sudo():
        today = company._msp_today()
        rows.append(SQL("(%s, %s::date, %s)", company.id, today, month_number(today)))
    return {"companies": list(companies.ids), "own": SQL(", ").join(rows)}
