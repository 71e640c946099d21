"""How many queries the screens of a manager take, and how long the slowest of them."""

import contextlib
import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass, field

import psycopg2
from dateutil.relativedelta import relativedelta

from dev import paths

from . import crew, crowd, msp, pages
from .history import copy_back
from .watching import Query, asked

CUSTOMERS, COMPUTERS = (10_000,), 10
# So many customers are billed; the others are copies of them.
BILLED = 50
MONTHS = 12
# What a list of 80 rows or a page should take.
QUERIES, SLOWEST = 10, 0.5
COUNTED = (" (list)", " (page)")
CLIENT = paths.ROOT / "msp_billing" / "tests" / "web_client.py"
MANAGER = "msp_billing.group_msp_billing_manager"


@dataclass
class Table:
    """What the screens took."""

    title: str
    rows: list[tuple[str, int, list[Query]]] = field(default_factory=list)

    def table(self) -> str:
        """Return it as Markdown; the slowest query of what missed its aim below."""
        lines = [
            f"### {self.title}",
            "",
            "| Screen | records | queries | slowest ms | all ms | |",
            "|---|---:|---:|---:|---:|---|",
        ]
        missed = []
        for name, number, queries in self.rows:
            slowest = max(queries, key=lambda query: query.seconds)
            total = sum(query.seconds for query in queries)
            verdict = _verdict(name, queries, slowest)
            lines.append(
                f"| {name} | {number} | {len(queries)} | {1000 * slowest.seconds:.0f} "
                f"| {1000 * total:.0f} | {verdict} |"
            )
            if slowest.seconds > SLOWEST:
                text = " ".join(slowest.text.split())[:300]
                missed.append(f"- {name}: {text}")
        return "\n".join([*lines, "", *missed])


def _verdict(name: str, queries: list[Query], slowest: Query) -> str:
    found = []
    if name.endswith(COUNTED) and len(queries) >= QUERIES:
        found.append("**queries**")
    if slowest.seconds > SLOWEST:
        found.append("**slow**")
    return ", ".join(found)


def run(env, options) -> list[Table]:
    """Make the customers and their year, and open every screen."""
    make(env, options.customers, options.computers)
    title = f"{options.customers:,} customers, {MONTHS} months of bills"
    table = Table(title)
    for name, number, queries in measure(env):
        table.rows.append((name, number, queries))
    return [table]


def make(env, number: int, computers: int) -> None:
    """Bill some customers, make the others and the past of all copies of them."""
    # Screens look at today: the last month billed is the one before it.
    msp.START = env.company._msp_today().replace(day=1) - relativedelta(months=1)
    msp.company(env)
    billed = min(BILLED, number)
    partners = msp.customers(env, billed)
    msp.subscriptions(env, partners, computers)
    env.cr.commit()
    first = msp.start(env, 0)
    with crew.working(env.cr.dbname, 1) as worker:
        worker.bill()
    env.cr.commit()
    env.invalidate_all()
    msp.check(first.move_ids, billed, msp.amount(computers))
    crowd.multiply(env, partners, number // billed)
    copy_back(env, MONTHS - 1, without=("msp_charge_computer",))
    _age_computers(env)
    _pay_old(env)
    _vacuum(env)
    env.invalidate_all()


def _age_computers(env) -> None:
    """Let the computers be managed since the first month that is billed."""
    first = msp.START - relativedelta(months=MONTHS - 1)
    env.cr.execute("UPDATE msp_computer_period SET date_from = %s", [first])
    env.cr.execute("UPDATE msp_computer SET date_from = %s", [first])
    env.cr.commit()


def _pay_old(env) -> None:
    """Let all bills be paid but those of the last two months."""
    env.cr.execute(
        "UPDATE account_move SET payment_state = 'paid', amount_residual = 0 "
        "WHERE invoice_date < (SELECT MAX(invoice_date) FROM account_move) - 40"
    )
    env.cr.execute(
        "UPDATE account_move_line l SET amount_residual = 0, "
        "amount_residual_currency = 0, reconciled = TRUE FROM account_move m "
        "WHERE m.id = l.move_id AND m.payment_state = 'paid'"
    )
    env.cr.commit()


def _vacuum(env) -> None:
    """Let PostgreSQL do at once what it does by itself soon after so many copies."""
    env.cr.commit()
    with contextlib.closing(psycopg2.connect(dbname=env.cr.dbname)) as connection:
        connection.autocommit = True
        connection.cursor().execute("VACUUM ANALYZE")


def measure(env) -> Iterator[tuple[str, int, list[Query]]]:
    """Open each screen of the app's menu as a manager does; yield what it took."""
    user = env["res.users"].create(
        {
            "name": "Manager",
            "login": "bench-manager",
            "company_id": env.company.id,
            "company_ids": [(6, 0, env.company.ids)],
            "group_ids": [(4, env.ref(MANAGER).id)],
        }
    )
    env["msp.forecast"]._of(env.company)
    env.flush_all()
    # As the web client asks.
    own = env(user=user, context={"lang": "en_US"})
    client = _client_class()(own)
    Dashboard = own["msp.dashboard"]
    yield "Dashboard (page)", 1, asked(own, Dashboard.get_data)[1]
    yield (
        "Dashboard, 36 months (page)",
        1,
        asked(own, lambda: Dashboard.get_data(36))[1],
    )
    yield "Dashboard, leakage", 1, asked(own, Dashboard.get_leakage)[1]
    root = env.ref("msp_billing.msp_billing_menu_root")
    for title, action in client.menus(root):
        if action.get("res_model"):
            name = title.split(" > ", 2)[-1]
            yield from _open(own, client, name, action)
    partner = env["msp.subscription"].search([], order="id", limit=1).partner_id
    yield from pages.measure(env, partner.id)


def _open(env, client, name: str, action):
    """Yield what the list, the pivot and the graph of an action took."""
    context = client._evaluate(action.get("context") or {})
    domain = client._evaluate(action.get("domain") or [])
    Model = env[action["res_model"]].with_context(**context)
    modes = action["view_mode"].split(",")
    views = [view for view in action.get("views") or () if view[1] in modes]
    for view_id, kind in views or [(False, mode) for mode in modes]:
        if kind == "list":
            answer, queries = asked(env, client.list_reader(name, action))
            yield f"{name} (list)", len(answer["records"]), queries
        elif kind in ("pivot", "graph"):
            groups, sums = _report_of(Model, view_id, kind)
            answer, queries = asked(
                env,
                lambda groups=groups, sums=sums: Model.formatted_read_group(
                    domain, groups, sums
                ),
            )
            yield f"{name} ({kind})", len(answer), queries


def _report_of(Model, view_id, kind: str) -> tuple[list[str], list[str]]:
    """Return what a pivot or a graph groups by, and what it adds up."""
    from lxml import etree

    views = Model.get_views([(view_id, kind)])["views"]
    groups, sums = [], ["__count"]
    for node in etree.fromstring(views[kind]["arch"]).iter("field"):
        name, interval = node.get("name"), node.get("interval")
        if node.get("type") == "measure":
            sums.append(f"{name}:sum")
        else:
            groups.append(f"{name}:{interval}" if interval else name)
    return groups, sums


def _client_class():
    """Return the tests' web client, without importing the tests."""
    spec = importlib.util.spec_from_file_location("msp_web_client", CLIENT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.WebClient
