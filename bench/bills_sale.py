"""A month of bills: this add-on, OCA's subscription_oca, plain Odoo, with Sales."""

from . import bills, peers
from .duel import Duel

CUSTOMERS, COMPUTERS = (200, 1000), 10


def prepare() -> tuple[str, str]:
    """Fetch the peer; return its module and its folder."""
    return "subscription_oca", peers.fetch()


def run(env, options) -> list[Duel]:
    """Bill month after month in turns."""
    return bills.compare(env, options, "subscription_oca", peers.Subscription)
