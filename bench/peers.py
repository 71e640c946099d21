"""The other ways to bill a month: OCA's add-ons and plain Odoo.

They are told the quantities; they count nothing. Nothing of them is copied here: the
wheels are fetched as their users fetch them.
"""

from dev import paths, venv

from . import msp

WHEELS = (
    "odoo-addon-contract==19.0.1.2.1.2",
    "odoo-addon-subscription-oca==19.0.1.1.4.2",
)
BATCH = 100


def fetch() -> str:
    """Unpack the wheels once, without what they require; return their folder."""
    folder = paths.CACHE / "peers"
    if not all(
        (folder / "odoo" / "addons" / name).exists()
        for name in ("contract", "subscription_oca")
    ):
        venv.uv("OCA's add-ons", "pip", "install", "--python", paths.PYTHON,
                "--no-deps", "--target", folder, *WHEELS)  # fmt: skip
    return str(folder / "odoo" / "addons")


class Sold:
    """What each customer is billed: two lines with one tax."""

    def __init__(self, product, tax, computers: int):
        self.product, self.tax = product, tax
        workstations, servers = msp.quantities(computers)
        self.lines = (
            ("Workstations", workstations, msp.WORKSTATION),
            ("Servers", servers, msp.SERVER),
        )

    def values(self, **more) -> list[tuple]:
        """Return the commands that create the lines."""
        return [
            (
                0,
                0,
                {
                    "product_id": self.product.id,
                    "name": name,
                    "quantity": quantity,
                    "price_unit": price,
                    **more,
                },
            )
            for name, quantity, price in self.lines
        ]


class Plain:
    """Odoo's own way: create and post, a hundred at a time."""

    def __init__(self, env, partners: list[int], sold: Sold):
        self.env, self.partners, self.sold = env, partners, sold

    def bill(self, turn: int) -> None:
        """Bill a month."""
        day = msp.month(turn)
        tax = [(6, 0, self.sold.tax.ids)]
        for first in range(0, len(self.partners), BATCH):
            moves = self.env["account.move"].create(
                [
                    {
                        "move_type": "out_invoice",
                        "partner_id": partner,
                        "invoice_date": day,
                        "invoice_line_ids": self.sold.values(tax_ids=tax),
                    }
                    for partner in self.partners[first : first + BATCH]
                ]
            )
            moves.action_post()
            self.env.cr.commit()
            self.env.invalidate_all()


def post_drafts(env) -> None:
    """Post what a peer left as drafts, a hundred at a time."""
    drafts = env["account.move"].search([("state", "=", "draft")], order="id")
    for first in range(0, len(drafts), BATCH):
        drafts[first : first + BATCH].action_post()
        env.cr.commit()
        env.invalidate_all()


class Contract:
    """OCA contract: its scheduled action makes drafts, which are then posted."""

    def __init__(self, env, partners: list[int], sold: Sold):
        self.env = env
        journal = env["account.journal"].search([("type", "=", "sale")], limit=1)
        line = {
            "recurring_rule_type": "monthly",
            "recurring_interval": 1,
            "recurring_invoicing_type": "post-paid",
            "date_start": msp.START,
            "uom_id": sold.product.uom_id.id,
        }
        env["contract.contract"].create(
            [
                {
                    "name": f"Contract {partner}",
                    "partner_id": partner,
                    "contract_type": "sale",
                    "journal_id": journal.id,
                    "line_recurrence": True,
                    "contract_line_ids": sold.values(**line),
                }
                for partner in partners
            ]
        )
        env.flush_all()
        env.invalidate_all()

    def bill(self, turn: int) -> None:
        """Bill a month."""
        self.env["contract.contract"]._cron_recurring_create(msp.month(turn))
        self.env.cr.commit()
        post_drafts(self.env)


class Subscription:
    """OCA subscription_oca: its scheduled action makes drafts, which are posted."""

    def __init__(self, env, partners: list[int], sold: Sold):
        self.env = env
        # It passes no account when the product names none, which Odoo refuses.
        account = env["account.account"].search(
            [("account_type", "=", "income")], limit=1
        )
        sold.product.property_account_income_id = account
        template = env["sale.subscription.template"].create(
            {"name": "Monthly", "recurring_rule_type": "months"}
        )
        stage = env["sale.subscription.stage"].search(
            [("type", "=", "in_progress")], limit=1
        )
        lines = sold.values(tax_ids=[(6, 0, sold.tax.ids)])
        for *_command, values in lines:
            values["product_uom_qty"] = values.pop("quantity")
        env["sale.subscription"].create(
            [
                {
                    "partner_id": partner,
                    "template_id": template.id,
                    "pricelist_id": self._pricelist(env).id,
                    "stage_id": stage.id,
                    "in_progress": True,
                    "date_start": msp.START,
                    "recurring_next_date": msp.month(0),
                    "sale_subscription_line_ids": lines,
                }
                for partner in partners
            ]
        )
        env.flush_all()
        env.invalidate_all()

    @staticmethod
    def _pricelist(env):
        Pricelist = env["product.pricelist"]
        return Pricelist.search([], limit=1) or Pricelist.create({"name": "Public"})

    def bill(self, _turn: int) -> None:
        """Bill the next month of every subscription."""
        self.env["sale.subscription"].cron_subscription_management()
        self.env.cr.commit()
        post_drafts(self.env)
