"""The time of a bill in a young database, and in one that holds many bills."""

from . import crew, msp
from .duel import Duel, Round
from .history import copy_back
from .place import environment

CUSTOMERS, COMPUTERS = (1000,), 10


def run(env, options) -> list[Duel]:
    """Bill months in both databases in turns; the first month makes the history."""
    count = options.customers
    months = max(1, options.bills // count)
    with environment("growth_old") as old:
        for one in (env, old):
            _bill_first(one, options)
        copy_back(old, months - 1)
        old.cr.execute("ANALYZE")
        old.cr.commit()
        bills = {one: _bills(one) for one in (env, old)}
        duel = Duel(f"The month after {count:,} and after {bills[old]:,} bills", count)
        ways = {
            f"{bills[one]:,} bills before": (
                lambda turn, one=one: _bill(one, turn + 1, options)
            )
            for one in (env, old)
        }
        duel.run(options.rounds, ways)
    return [duel]


def _bill_first(env, options):
    msp.company(env)
    partners = msp.customers(env, options.customers)
    msp.subscriptions(env, partners, options.computers)
    env.cr.commit()
    env.cr.execute("ANALYZE")
    env.cr.commit()
    _bill(env, 0, options)


def _bill(env, number: int, options) -> Round:
    """Bill a month by a fresh process; return what it took."""
    run = msp.start(env, number)
    with crew.working(env.cr.dbname, 1) as worker:
        took = worker.bill()
    env.cr.commit()
    env.invalidate_all()
    msp.check(run.move_ids, options.customers, msp.amount(options.computers))
    return took


def _bills(env) -> int:
    return env["account.move"].search_count([("msp_run_id", "!=", False)])
