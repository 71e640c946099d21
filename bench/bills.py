"""A month of bills: this add-on, OCA's contract, plain Odoo."""

from . import msp, peers
from .duel import Duel

CUSTOMERS, COMPUTERS = (200, 1000, 5000), 10


def prepare() -> tuple[str, str]:
    """Fetch the peer; return its module and its folder."""
    return "contract", peers.fetch()


def run(env, options) -> list[Duel]:
    """Bill month after month in turns."""
    return compare(env, options, "OCA contract", peers.Contract)


def compare(env, options, name: str, peer: type) -> list[Duel]:
    """Let the add-on, a peer and plain Odoo bill the same customers.

    The first month warms up and does not count. Afterwards all bills are looked at.
    """
    tax = msp.company(env)
    partners = msp.customers(env, options.customers)
    msp.subscriptions(env, partners, options.computers)
    sold = peers.Sold(env.company.msp_product_id, tax, options.computers)
    ways = {
        "MSP Billing": Ours(env),
        name: peer(env, partners, sold),
        "plain Odoo": peers.Plain(env, partners, sold),
    }
    env.cr.commit()
    env.cr.execute("ANALYZE")
    Duel("warm", options.customers).run(1, {key: way.bill for key, way in ways.items()})
    duel = Duel(
        f"{options.customers:,} customers with {options.computers} computers",
        options.customers,
    )
    later = {
        key: (lambda turn, way=way: way.bill(turn + 1)) for key, way in ways.items()
    }
    duel.run(options.rounds, later)
    moves = env["account.move"].search([("move_type", "=", "out_invoice")])
    bills = len(ways) * (options.rounds + 1) * options.customers
    msp.check(moves, bills, msp.amount(options.computers))
    return [duel]


class Ours:
    """The scheduled action of this add-on: counts, rates, keeps evidence, posts."""

    def __init__(self, env):
        self.env = env

    def bill(self, turn: int) -> None:
        """Bill a month."""
        msp.start(self.env, turn)
        self.env["msp.bill.run"]._cron_bill()
        self.env.cr.commit()
        self.env.invalidate_all()
