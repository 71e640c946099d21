"""One, two and four workers share a run; what the first of them needs in memory."""

from . import crew, msp
from .duel import Duel, Round

CUSTOMERS, COMPUTERS = (200, 1000, 5000), 10
CREWS = (1, 2, 4)


def run(env, options) -> list[Duel]:
    """Bill a month with each crew in turns."""
    msp.company(env)
    partners = msp.customers(env, options.customers)
    msp.subscriptions(env, partners, options.computers)
    env.cr.commit()
    env.cr.execute("ANALYZE")
    env.cr.commit()
    months = iter(range(1000))
    memory: dict[str, float] = {}

    def bill(number: int) -> Round:
        run = msp.start(env, next(months))
        with crew.working(env.cr.dbname, number) as workers:
            took = workers.bill()
            memory.setdefault(_name(number), workers.peak())
        _check(env, run, len(partners), options)
        return took

    bill(1)
    memory.clear()
    duel = Duel(f"{options.customers:,} customers, several workers", len(partners))
    duel.run(
        options.rounds,
        {_name(number): (lambda _turn, n=number: bill(n)) for number in CREWS},
    )
    for name, peak in memory.items():
        duel.notes.append(f"Memory of a worker at most, {name}: {peak:.0f} MiB")
    return [duel]


def _name(number: int) -> str:
    return f"{number} worker" + "s" * (number > 1)


def _check(env, run, number: int, options) -> None:
    env.cr.commit()
    env.invalidate_all()
    if run.state != "done":
        raise AssertionError(f"{run.name} is {run.state}: {run.stop_reason}")
    msp.check(run.move_ids, number, msp.amount(options.computers))
