"""The documents of the manual: three months of an MSP and two of its customers.

Played in Odoo's shell by ``samples.py``. Every date is given: the documents are the
same on every day on which they are made, but for what stands open today.
"""

import base64
import pathlib
import re
from typing import Any

from odoo.fields import Command

LOGO = pathlib.Path(__file__).with_name("sample") / "logo.png"
RUNS = ("2026-08-01", "2026-09-01", "2026-10-01")
COMPANY = {
    "name": "Larkspur IT Services GmbH",
    "street": "Lindenallee 12",
    "zip": "10117",
    "city": "Berlin",
    "phone": "+49 30 5550142",
    "email": "billing@larkspur-it.example.com",
    "website": "https://www.larkspur-it.example.com",
    "primary_color": "#1F5C7A",
    "email_secondary_color": "#1F5C7A",
    "msp_timezone": "UTC",
    "qr_code": True,
}
#: Names in English and in German, as a provider enters them.
NAMES = {
    "Full Care": "Rundum-Betreuung",
    "Workstation": "Arbeitsplatz",
    "Server": "Server",
    "Backup Storage": "Datensicherung",
    "Mobile Care": "Mobilgeräte",
    "Mobile Device": "Mobilgerät",
    "VAT 19 %": "USt. 19 %",
    "The servers were replaced by the vendor.": (
        "Die Server hat der Hersteller ersetzt."
    ),
}


def play(env: Any, folder: str, lang: str) -> None:
    """Bill three months and write the documents of the third into a folder.

    :param lang: the customers' language, and that of the user who works
    """
    target = pathlib.Path(folder)
    env = env(context={**env.context, "lang": lang})
    company(env, lang)
    bright, harbor = customers(env, lang)
    full, mobile = plans(env, lang)
    computers(env, bright, harbor)
    subscribe(env, full, bright)
    subscribe(env, mobile, bright)
    subscribe(env, full, harbor)
    pay(env, bill(env, RUNS[0]), "2026-08-12")
    second = bill(env, RUNS[1])
    pay(env, second.filtered(lambda move: move.partner_id == bright), "2026-09-14")
    change(env, bright)
    newest = {move.partner_id: move for move in bill(env, RUNS[2])}
    document(env, newest[bright], target / f"bill-{lang}.pdf")
    remind(env, newest[bright], target / f"reminder-{lang}.html")
    newest[harbor].action_msp_void(
        False, spoken("The servers were replaced by the vendor.", lang)
    )
    note = newest[harbor].reversal_move_ids
    document(env, note, target / f"credit-note-{lang}.pdf")
    consolidated(env, bright + harbor, target / f"consolidated-{lang}.pdf")


def company(env: Any, lang: str) -> None:
    """Enter the MSP: address, logo, IBAN, VAT of 19 %."""
    own, euro = env.company, env.ref("base.EUR")
    euro.active = True
    own.write(
        {
            **COMPANY,
            "country_id": env.ref("base.de").id,
            "logo": base64.b64encode(LOGO.read_bytes()),
            "paperformat_id": env.ref("base.paperformat_euro").id,
        }
    )
    env["account.chart.template"].try_loading("generic_coa", own)
    # The chart brings the dollar.
    own.currency_id = euro
    group = env["account.tax.group"].create({"name": "VAT 19 %"})
    translate(group, lang)
    own.msp_product_id.taxes_id = env["account.tax"].create(
        {
            "name": "19 %",
            "amount": 19,
            "type_tax_use": "sale",
            "tax_group_id": group.id,
        }
    )
    bank = env["res.bank"].create({"name": "Commerzbank", "bic": "COBADEFFXXX"})
    journal = env["account.journal"].search([("type", "=", "bank")], limit=1)
    journal.bank_account_id = env["res.partner.bank"].create(
        {
            "acc_number": "DE89 3704 0044 0532 0130 00",
            "bank_id": bank.id,
            "partner_id": own.partner_id.id,
            "allow_out_payment": True,
        }
    )
    env.user.name = "Dana Whitfield"


def customers(env: Any, lang: str) -> list[Any]:
    """Enter a customer with two sites and one without."""
    Partner = env["res.partner"].with_context(lang=lang)
    shared = {"lang": lang, "country_id": env.ref("base.de").id, "zip": "10961"}
    bright = Partner.create(
        {
            **shared,
            "name": "Bright Smile Dental Group",
            "ref": "C-1002",
            "is_company": True,
            "street": "Bergmannstraße 50",
            "city": "Berlin",
            "email": "office@brightsmile.example.com",
            "vat": "DE136695976",
        }
    )
    for name in ("Riverside Practice", "Oak Park Practice"):
        Partner.create({"name": name, "parent_id": bright.id, "type": "other"})
    harbor = Partner.create(
        {
            **shared,
            "name": "Harbor & Finch LLP",
            "ref": "C-1001",
            "is_company": True,
            "street": "Hafenstraße 12",
            "city": "Berlin",
            "email": "accounts@harborfinch.example.com",
        }
    )
    return [bright, harbor]


def plans(env: Any, lang: str) -> list[Any]:
    """Enter two plans, their names in the customers' language too."""
    kinds = {kind.code: kind for kind in env["msp.computer.type"].search([])}

    def price(name: str, amount: float, code: str = "", **more: Any) -> Any:
        kind = kinds[code].ids if code else []
        return Command.create(
            {
                "name": name,
                "unit_price": amount,
                "computer_type_ids": [Command.set(kind)],
                **more,
            }
        )

    made = env["msp.service.plan"].create(
        [
            {
                "name": "Full Care",
                "price_ids": [
                    price("Workstation", 24.5, "workstation", usage_basis="average"),
                    price("Server", 79.0, "server", included_quantity=1),
                    price("Backup Storage", 35.0, price_model="flat"),
                ],
            },
            {
                "name": "Mobile Care",
                "price_ids": [price("Mobile Device", 6.0, "mobile")],
            },
        ]
    )
    translate(made, lang)
    translate(made.price_ids, lang)
    return list(made)


def translate(records: Any, lang: str) -> None:
    """Enter the names of records in the customers' language too."""
    for record in records.with_context(lang="en_US"):
        record.with_context(lang=lang).name = spoken(record.name, lang)


def spoken(text: str, lang: str) -> str:
    """Return a text of the provider's in English or German."""
    return NAMES[text] if lang == "de_DE" else text


def computers(env: Any, bright: Any, harbor: Any) -> None:
    """Enter what is managed from July on."""
    types = {kind.code: kind.id for kind in env["msp.computer.type"].search([])}
    riverside, oak = bright.child_ids.sorted("name", reverse=True)
    groups = (
        (bright, "BSD-WS", 11, "workstation"),
        (bright, "BSD-SRV", 3, "server"),
        (riverside, "BSR-WS", 8, "workstation"),
        (oak, "BSO-WS", 7, "workstation"),
        (oak, "BSO-PH", 5, "mobile"),
        (harbor, "HAF-WS", 6, "workstation"),
        (harbor, "HAF-SRV", 2, "server"),
    )
    env["msp.computer"].create(
        [
            {
                "name": f"{name}-{number:03}",
                "partner_id": partner.id,
                "type_id": types[code],
                "date_from": "2026-07-01",
            }
            for partner, name, count, code in groups
            for number in range(1, count + 1)
        ]
    )


def subscribe(env: Any, plan: Any, partner: Any) -> None:
    """Associate a plan with a customer."""
    env["msp.subscription"].create(
        {
            "plan_id": plan.id,
            "partner_id": partner.id,
            "date_start": "2026-07-01",
            "billing_cycle": "monthly",
            "due_days": 14,
            "bill_email": partner.email,
        }
    )


def bill(env: Any, day: str) -> Any:
    """Bill what is due on a day."""
    run = env["msp.bill.run"].create({"date": day})
    run.action_start()
    env.cr.commit()
    env["msp.bill.run"]._cron_bill()
    env.cr.commit()
    env.invalidate_all()
    if run.state != "done" or not run.move_ids:
        raise RuntimeError(f"The run of {day} is {run.state}: {run.stop_reason}")
    return run.move_ids


def pay(env: Any, moves: Any, day: str) -> None:
    """Register the payment of bills."""
    for move in moves:
        env["account.payment.register"].with_context(
            active_model="account.move", active_ids=move.ids
        ).create({"payment_date": day}).action_create_payments()


def change(env: Any, bright: Any) -> None:
    """Let computers come and go in September, and one be entered late for August."""
    riverside, oak = bright.child_ids.sorted("name", reverse=True)
    kind = env["msp.computer.type"].search([("code", "=", "workstation")])
    shared = {"type_id": kind.id}
    env["msp.computer"].create(
        [
            {
                **shared,
                "name": "BSR-WS-009",
                "partner_id": riverside.id,
                "date_from": "2026-09-11",
            },
            {
                **shared,
                "name": "BSO-WS-008",
                "partner_id": oak.id,
                "date_from": "2026-08-15",
            },
        ]
    )
    gone = env["msp.computer"].search([("name", "=", "BSD-WS-011")])
    gone.period_ids.date_to = "2026-09-21"
    env.flush_all()


def document(env: Any, move: Any, path: pathlib.Path) -> None:
    """Print a bill."""
    report = env["ir.actions.report"].with_context(force_report_rendering=True)
    content, _kind = report._render_qweb_pdf("account.account_invoices", move.ids)
    path.write_bytes(content)


def consolidated(env: Any, partners: Any, path: pathlib.Path) -> None:
    """Download all bills of customers."""
    wizard = env["msp.consolidated.bill"].create(
        {
            "partner_ids": [Command.set(partners.ids)],
            "date_from": RUNS[0],
            "date_to": RUNS[-1],
        }
    )
    found = re.search(r"/web/content/(\d+)", wizard.action_download()["url"])
    path.write_bytes(env["ir.attachment"].browse(int(found[1])).raw)


def remind(env: Any, move: Any, path: pathlib.Path) -> None:
    """Write the mail of the first reminder as a page."""
    step = env.ref("msp_billing.reminder_step_first")
    delivery = env["msp.delivery"].create(
        {
            "step": step.id,
            **env["msp.delivery"]._prepare_delivery(move, "reminder", step),
        }
    )
    html = str(delivery._mail_html(delivery._mail_values()))
    logo = base64.b64encode(LOGO.read_bytes()).decode()
    path.write_text(re.sub(r"cid:[^\"']+", f"data:image/png;base64,{logo}", html))
