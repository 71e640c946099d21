"""Whole bills of random histories: the engine and the oracle agree to the cent."""

import oracle
import pytest
from conftest import HISTORIES
from histories import MODELS, histories
from hypothesis import given, settings
from msp_engine.cycle import Calendar
from msp_engine.price import Price, Tier
from msp_engine.rating import Terms, minimum_charge, rate
from msp_engine.span import Span
from msp_engine.usage import measure, project


def engine_price(price):
    return Price(
        price_model=price.price_model,
        usage_basis=price.usage_basis,
        unit_price=price.unit_price,
        tiers=tuple(Tier(*tier) for tier in price.tiers),
        package_size=price.package_size,
        included=price.included,
        minimum=price.minimum,
        maximum=price.maximum,
        price_period=price.price_period,
    )


def engine_count(history, price, span):
    presences = (
        (computer.key, Span(computer.date_from, computer.date_to))
        for computer in history.computers
        if not price.types or computer.type in price.types
    )
    known = project(presences, history.last_known)
    usage = measure(span, known, history.contracted)
    return usage.quantity(price.usage_basis)


def engine_bill(history):
    """Yield the lines and the minimum charge of each cycle."""
    calendar = Calendar(
        history.date_start,
        history.billing_cycle,
        history.anchor_day,
        history.anchor_month,
        history.date_end,
    )
    for cycle in calendar.cycles():
        terms = Terms(
            cycle.months,
            cycle.factor if history.proration else 1,
            history.discount,
            history.quantity_digits,
            history.currency_step,
        )
        lines = [
            rate(engine_price(price), engine_count(history, price, cycle.span), terms)
            for price in history.prices
        ]
        amounts = [line.amount for of_price in lines for line in of_price]
        yield lines, minimum_charge(history.minimum_amount, terms, amounts)


def oracle_bill(history):
    for days, part in oracle.cycles(history):
        lines = [
            list(oracle.charges(history, price, days, part)) for price in history.prices
        ]
        amounts = [amount for of_price in lines for _, _, amount in of_price]
        yield lines, oracle.minimum(history, part, amounts)


def readable(bill):
    return [
        (
            [
                [(line.quantity, line.unit_price, line.amount) for line in of_price]
                for of_price in lines
            ],
            lacking.amount if lacking else 0,
        )
        for lines, lacking in bill
    ]


@pytest.mark.parametrize("price_model", MODELS)
def test_bills_are_those_of_the_oracle(price_model):
    @settings(max_examples=HISTORIES)
    @given(history=histories(price_model))
    def check(history):
        assert readable(engine_bill(history)) == list(oracle_bill(history))

    check()
