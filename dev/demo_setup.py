"""What the MSP enters before it bills: itself, its customers, plans, subscriptions."""

import base64
from itertools import groupby
from typing import Any

from odoo.fields import Command

from .demo_sample import Sample

TERMS = ("plan", "start", "end", "cycle", "anchor_day", "due_days", "discount")


def _address(env: Any, row: dict[str, str]) -> dict[str, Any]:
    country = env.ref(f"base.{row['country'].lower()}")
    state = env["res.country.state"].search(
        [("country_id", "=", country.id), ("code", "=", row["state"])]
    )
    named = {name: row[name] for name in ("street", "city", "zip", "phone", "email")}
    return {**named, "state_id": state.id, "country_id": country.id}


def company(env: Any, sample: Sample, url: str) -> None:
    """Enter the MSP: address, logo, bank account, chart of accounts."""
    own, row = env.company, sample.company()
    own.write(
        {
            **_address(env, row),
            **{name: row[name] for name in ("name", "street2", "website", "vat")},
            "company_registry": row["registry"],
            "primary_color": row["color"],
            "email_secondary_color": row["color"],
            "logo": base64.b64encode(sample.logo()),
            "paperformat_id": env.ref("base.paperformat_us").id,
            "msp_timezone": "UTC",
            # The lines of a bill add up to its total.
            "tax_calculation_rounding_method": "round_per_line",
        }
    )
    if not own.chart_template:
        env["account.chart.template"].try_loading("generic_coa", own)
    own.msp_product_id.taxes_id = env["account.tax"].search(
        [("type_tax_use", "=", "sale"), ("amount", "=", float(row["sales_tax"]))],
        limit=1,
    )
    bank = env["res.bank"].create({"name": row["bank"], "bic": row["bank_bic"]})
    account = env["res.partner.bank"].create(
        {
            "acc_number": row["bank_account"],
            "bank_id": bank.id,
            "partner_id": own.partner_id.id,
            "allow_out_payment": True,
        }
    )
    bank_journal(env).bank_account_id = account
    env.user.write({"name": row["contact"], "email": row["contact_email"]})
    env["ir.config_parameter"].set_param("web.base.url", url)


def bank_journal(env: Any) -> Any:
    """Return the journal of the bank account."""
    return env["account.journal"].search([("type", "=", "bank")], limit=1)


def customers(env: Any, sample: Sample) -> dict[str, Any]:
    """Enter the customers and their sites; return them by their number."""
    made: dict[str, Any] = {}
    for row in sample.table("customers"):
        parent = made.get(row["parent"])
        made[row["ref"]] = env["res.partner"].create(
            {
                **_address(env, row),
                "name": row["name"],
                "ref": row["ref"],
                "vat": row["tax_id"],
                "is_company": not parent,
                "parent_id": parent.id if parent else False,
                "type": "other" if parent else "contact",
            }
        )
    return made


def plans(env: Any, sample: Sample) -> dict[str, Any]:
    """Enter the service plans and their prices; return them by their code."""
    made = {}
    for row in sample.table("plans"):
        made[row["code"]] = env["msp.service.plan"].create(
            {
                "name": row["name"],
                "code": row["code"],
                "description": row["description"],
                "cost_per_computer": float(row["cost_per_computer"] or 0),
            }
        )
    for row in sample.table("prices"):
        kind = env["msp.computer.type"].search([("code", "=", row["type"])])
        env["msp.service.plan.price"].create(
            {
                "plan_id": made[row["plan"]].id,
                "name": row["name"],
                "computer_type_ids": [Command.set(kind.ids)],
                "usage_basis": row["counted"] or "end",
                "price_model": row["model"],
                "unit_price": float(row["unit_price"]),
            }
        )
    return made


def source(env: Any, sample: Sample, customers_by_ref: dict[str, Any]) -> Any:
    """Enter the RMM: the columns of its export, its organizations."""
    organizations = [
        {
            "external_key": row["organization"],
            "name": row["organization"],
            "partner_id": customers_by_ref[row["ref"]].id,
        }
        for row in sample.table("customers")
    ]
    return env["msp.source"].create(
        {
            "name": "RMM",
            "stale_days": 7,
            "column_customer": "Organization",
            "column_key": "Device ID",
            "column_name": "Device Name",
            "column_type": "Device Type",
            "column_serial": "Serial Number",
            "column_last_contact": "Last Seen",
            "customer_map_ids": [Command.create(vals) for vals in organizations],
        }
    )


def subscriptions(
    env: Any,
    sample: Sample,
    customers_by_ref: dict[str, Any],
    plans_by_code: dict[str, Any],
) -> None:
    """Associate each plan with its customers, those with the same terms together."""

    def terms(row: dict[str, str]) -> list[str]:
        return [row[name] for name in TERMS]

    for _terms, group in groupby(
        sorted(sample.table("subscriptions"), key=terms), terms
    ):
        rows = list(group)
        plan = plans_by_code[rows[0]["plan"]]
        chosen = env["res.partner"].union(
            *(customers_by_ref[row["customer"]] for row in rows)
        )
        _associate(env, plan, chosen, rows)
        if rows[0]["end"]:
            env["msp.subscription.dissociate"].create(
                {
                    "plan_id": plan.id,
                    "partner_ids": [Command.set(chosen.ids)],
                    "date": rows[0]["end"],
                }
            ).action_dissociate()


def _associate(env: Any, plan: Any, chosen: Any, rows: list[dict[str, str]]) -> None:
    row = rows[0]
    wizard = env["msp.subscription.associate"].create(
        {
            "plan_id": plan.id,
            "partner_ids": [Command.set(chosen.ids)],
            "date_start": row["start"],
            "billing_cycle": row["cycle"],
            "anchor_day": int(row["anchor_day"]),
            "due_days": int(row["due_days"]),
            "discount": float(row["discount"]),
        }
    )
    emails = {row["customer"]: row["bill_email"] for row in rows}
    for line in wizard.line_ids:
        line.bill_email = emails[line.partner_id.ref]
    wizard.action_associate()
