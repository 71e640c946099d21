"""The story of the demo: an MSP takes in three months of exports and bills the last.

Played in Odoo's shell by ``demo.py``. It goes the way of the people and of the
scheduled actions: their dialogs, their buttons, their commits.
"""

import base64
import contextlib
import datetime
import pathlib
import re
import time
from collections.abc import Iterator
from typing import Any

from . import demo_setup, demo_table, ui
from .demo_sample import Sample

TRIES = 30
# What a browser loads for the login page and for the first page after it.
PAGES = (
    ("web.assets_frontend", "css"),
    ("web.assets_frontend_minimal", "js"),
    ("web.assets_frontend_lazy", "js"),
    ("web.assets_web", "css"),
    ("web.assets_web", "js"),
)


class Broken(Exception):
    """The story did not end as it should."""


@contextlib.contextmanager
def step(env: Any, label: str) -> Iterator[list[str]]:
    """Commit what the block does, and tell it; the block may add to the label."""
    began, more = time.monotonic(), []
    yield more
    env.cr.commit()
    text = ", ".join([label, *more])
    ui.say(f"  ✓ {text} ({time.monotonic() - began:.0f} s)")


def play(env: Any, folder: str, url: str) -> None:
    """Play the story and show its table.

    :param folder: where the documents go
    :param url: where the web client will be served
    """
    env = env(user=env.ref("base.user_admin"))
    sample = Sample(datetime.datetime.now(tz=datetime.timezone.utc).date())
    with step(env, "The MSP, 12 customers, 3 plans"):
        demo_setup.company(env, sample, url)
        customers = demo_setup.customers(env, sample)
        plans = demo_setup.plans(env, sample)
        source = demo_setup.source(env, sample, customers)
    with step(env, "Exports of the RMM") as more:
        more += import_exports(env, sample, source)
    with step(env, "Plans associated with customers"):
        demo_setup.subscriptions(env, sample, customers, plans)
    run = bill(env, sample.run_date)
    deliver(env, run, pathlib.Path(folder))
    with step(env, "Some payments"):
        pay(env, sample, run)
    for kind in ("pdf", "xlsx"):
        with step(env, f"Consolidated bill of all customers, {kind.upper()}"):
            download(env, run, kind, pathlib.Path(folder))
    with step(env, "Pages of the web client"):
        make_pages(env)
    show(env, folder)


def show(env: Any, folder: str) -> None:
    """Show the table of the story and where its files are."""
    demo_table.show(env, pathlib.Path(folder))


def import_exports(env: Any, sample: Sample, source: Any) -> list[str]:
    """Import the export of each day, step by step, as people do."""
    days = []
    for day, content in sample.exports():
        wizard = env["msp.source.import"].create(
            {
                "source_id": source.id,
                "file": base64.b64encode(content),
                "filename": f"{day}.csv",
                "taken_at": datetime.datetime.combine(day, datetime.time(6)),
            }
        )
        wizard.action_read()
        wizard.action_preview()
        if wizard.state != "preview" or wizard.rejected:
            raise Broken(f"{day}.csv: {wizard.problem or wizard.rejected}")
        wizard.action_import()
        env.cr.commit()
        days.append(day)
    return [f"{len(days)} days from {days[0]} to {days[-1]}"]


def work_off(env: Any, stage: str, waiting: Any) -> None:
    """Let a scheduled action work until nothing waits for it any more."""
    cron = env.ref(f"msp_billing.ir_cron_{stage}")
    for _ in range(TRIES):
        cron.method_direct_trigger()
        # Only the next transaction sees what the action has done.
        env.cr.commit()
        env.invalidate_all()
        if not waiting():
            return
    raise Broken(f"{cron.name} does not come to an end")


def bill(env: Any, day: datetime.date) -> Any:
    """Preview the bills of a day, make them, and compare."""
    run = env["msp.bill.run"].create({"date": day})
    with step(env, f"Preview of the bill run of {day}") as more:
        run.action_preview()
        expected = run.amount_untaxed
        more.append(f"{run.cycle_count} cycles, {run.currency_id.format(expected)}")
    with step(env, "Bill run") as more:
        run.action_start()
        env.cr.commit()
        work_off(env, "bill", lambda: run.state == "running")
        billed = run.currency_id.format(run.amount_untaxed)
        more.append(f"{run.billed_count} cycles on {run.bill_count} bills, {billed}")
    problems = [issue.message for issue in run.issue_ids]
    if run.state != "done" or problems or run.amount_untaxed != expected:
        raise Broken(f"The bill run is {run.state}: {run.stop_reason or problems}")
    return run


def deliver(env: Any, run: Any, folder: pathlib.Path) -> None:
    """Make the PDF of each bill and mail it."""
    mails = folder / "mail"

    def queued(has_documents: str) -> int:
        domain = [("state", "=", "queued"), ("date_rendered", has_documents, False)]
        return env["msp.delivery"].search_count([*domain, ("next_try", "=", False)])

    with step(env, f"{run.bill_count} bills as PDF"):
        work_off(env, "render", lambda: queued("="))
    with step(env, "Mails") as more:
        work_off(env, "deliver", lambda: queued("!="))
        more.append(f"{len(list(mails.glob('*.eml')))} in the catcher")
    stuck = run.move_ids.msp_delivery_ids.filtered(lambda d: d.state != "sent")
    for delivery in stuck:
        raise Broken(f"{delivery.display_name}: {delivery.state}, {delivery.reason}")


def pay(env: Any, sample: Sample, run: Any) -> None:
    """Register what some customers have paid."""
    Register = env["account.payment.register"]
    bills = {move.commercial_partner_id.ref: move for move in run.move_ids}
    for row in sample.table("payments"):
        move = bills[row["customer"]]
        day = run.date + datetime.timedelta(days=int(row["days_after"]))
        amount = move.currency_id.round(move.amount_residual * float(row["share"]))
        dialog = Register.with_context(active_model="account.move", active_ids=move.ids)
        dialog.create(
            {
                "journal_id": demo_setup.bank_journal(env).id,
                "payment_date": min(day, run.company_id._msp_today()),
                "amount": amount,
            }
        ).action_create_payments()


def download(env: Any, run: Any, kind: str, folder: pathlib.Path) -> None:
    """Download the consolidated bill of all customers."""
    wizard = env["msp.consolidated.bill"].create(
        {"date_from": run.date, "date_to": run.date, "format": kind}
    )
    found = re.search(r"/web/content/(\d+)", wizard.action_download()["url"])
    attachment = env["ir.attachment"].browse(int(found[1]) if found else 0)
    (folder / f"consolidated.{kind}").write_bytes(attachment.raw)


def make_pages(env: Any) -> None:
    """Make what the web client loads first, so that nobody waits for it later."""
    for bundle, kind in PAGES:
        options = {"css": kind == "css", "js": kind == "js"}
        getattr(env["ir.qweb"]._get_asset_bundle(bundle, **options), kind)()
