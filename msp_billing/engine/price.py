"""What a plan asks for its computers (docs/how-a-bill-is-calculated: Price)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from .errors import EngineError
from .money import ZERO
from .usage import BASES

MODELS: tuple[str, ...] = ("per_unit", "volume", "graduated", "package", "flat")
TIERED: tuple[str, ...] = ("volume", "graduated")
PERIODS: tuple[str, ...] = ("month", "cycle")


@dataclass(frozen=True, slots=True)
class Tier:
    """A step of a tiered price, in the plan's currency for one computer.

    ``volume``: the price of *all* computers once there are ``from_quantity``.
    ``graduated``: the price of those *above* ``from_quantity``.
    """

    from_quantity: Decimal
    unit_price: Decimal


@dataclass(frozen=True, slots=True)
class Price:
    """One price of a plan, with the overrides of a subscription already in it.

    ``unit_price`` and the prices of ``tiers`` are amounts in the plan's currency for
    one computer, one block of ``package_size`` computers (``package``) or the whole
    cycle (``flat``), for a month or a cycle (``price_period``). ``included``,
    ``minimum`` and ``maximum`` are computers; ``maximum`` None: no limit. What the
    price model does not use is not looked at.

    Raises EngineError for names that do not exist and numbers that nobody can mean.
    """

    price_model: str
    usage_basis: str
    unit_price: Decimal = ZERO
    tiers: tuple[Tier, ...] = ()
    package_size: Decimal | None = None
    included: Decimal = ZERO
    minimum: Decimal = ZERO
    maximum: Decimal | None = None
    price_period: str = "month"

    def __post_init__(self) -> None:
        """Refuse a price that cannot be calculated or told to a customer."""
        _check_name("price model", self.price_model, MODELS)
        _check_name("usage basis", self.usage_basis, BASES)
        _check_name("price period", self.price_period, PERIODS)
        _check_number("unit price", self.unit_price)
        _check_number("included quantity", self.included)
        _check_number("minimum quantity", self.minimum)
        if self.maximum is not None:
            _check_number("maximum quantity", self.maximum)
            if self.minimum > self.maximum:
                raise EngineError(
                    f"The minimum quantity {self.minimum} is above the maximum "
                    f"{self.maximum}: lower the minimum or raise the maximum."
                )
        if self.price_model in TIERED:
            _check_tiers(self.tiers)
        if self.price_model == "package":
            _check_package(self)


def _check_name(what: str, name: str, names: tuple[str, ...]) -> None:
    if name not in names:
        raise EngineError(
            f"The {what} {name!r} is unknown: choose one of {', '.join(names)}."
        )


def _check_number(what: str, value: Decimal) -> None:
    if not value.is_finite() or value < 0:
        raise EngineError(f"The {what} {value} is impossible: enter 0 or more.")


def _check_tiers(tiers: tuple[Tier, ...]) -> None:
    if not tiers or tiers[0].from_quantity != 0:
        raise EngineError(
            "The tiers do not start at 0: add a tier from 0, "
            "so that every computer has a price."
        )
    for tier in tiers:
        _check_number("tier's start", tier.from_quantity)
        _check_number("tier's unit price", tier.unit_price)
    for lower, upper in pairwise(tiers):
        if lower.from_quantity >= upper.from_quantity:
            raise EngineError(
                f"A tier from {upper.from_quantity} follows one from "
                f"{lower.from_quantity}: give each tier a higher start "
                "than the one before it."
            )


def _check_package(price: Price) -> None:
    size = price.package_size
    if size is None or not size.is_finite() or size <= 0:
        raise EngineError(
            f"Blocks of {size} computers cannot be sold: enter a package size above 0."
        )
    if price.usage_basis == "average":
        raise EngineError(
            "Blocks cannot be charged on the average: a part of a computer begins "
            "no block. Choose another usage basis or another price model."
        )
