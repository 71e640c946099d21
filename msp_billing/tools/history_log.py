"""Note in the log of computers what changes in their history."""

from contextlib import contextmanager

from markupsafe import Markup


@contextmanager
def logged_history(computers):
    """Note on each computer which periods the block takes away and adds."""
    if computers.env.context.get("tracking_disable"):
        yield
        return
    before = {computer: _lines(computer) for computer in computers}
    yield
    for computer in computers.exists():
        # The first period is told by the creation of the computer.
        if before[computer]:
            _log(computer, before[computer], _lines(computer))


def _lines(computer):
    return [period._history_line() for period in computer._ordered_periods()]


def _log(computer, before, after):
    env = computer.env
    gone = [line for line in before if line not in after]
    new = [line for line in after if line not in before]
    lines = [env._("Before: %(period)s", period=line) for line in gone]
    lines += [env._("Now: %(period)s", period=line) for line in new]
    if lines:
        items = Markup().join(Markup("<li>%s</li>") % line for line in lines)
        body = Markup("<p>%s</p><ul>%s</ul>") % (env._("History changed"), items)
        computer._message_log(body=body)
