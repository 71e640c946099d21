"""A small MSP for the proofs: what people and agents do to it, in their own words."""

from datetime import datetime, time, timedelta

from psycopg2 import IntegrityError

from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command

NOON = time(12)


def tiers(*pairs):
    """Give the commands for tiers: (from, price) each."""
    return [Command.create({"from_quantity": n, "unit_price": p}) for n, p in pairs]


#: Every way to count with every way to price, in small numbers.
PRICES = [
    {"name": "End", "usage_basis": "end", "unit_price": 5},
    {"name": "Average", "usage_basis": "average", "unit_price": 7.77},
    {
        "name": "Volume",
        "usage_basis": "peak",
        "price_model": "volume",
        "tier_ids": tiers((0, 5), (3, 4), (5, 3.5)),
    },
    {
        "name": "Graduated",
        "usage_basis": "average",
        "price_model": "graduated",
        "tier_ids": tiers((0, 6), (2, 3.33), (4, 0)),
    },
    {
        "name": "Package",
        "usage_basis": "unique",
        "price_model": "package",
        "package_size": 3,
        "unit_price": 10,
    },
    {"name": "Flat", "price_model": "flat", "unit_price": 99.99},
    {"name": "Agreed", "usage_basis": "contracted", "unit_price": 4.5},
    {
        "name": "Bounded",
        "usage_basis": "unique",
        "unit_price": 3,
        "included_quantity": 1,
        "minimum_quantity": 2,
        "maximum_quantity": 4,
    },
    {
        "name": "Graduated end",
        "usage_basis": "end",
        "price_model": "graduated",
        "tier_ids": tiers((0, 8), (1, 0), (3, 2)),
    },
    {
        "name": "Volume average",
        "usage_basis": "average",
        "price_model": "volume",
        "included_quantity": 1,
        "tier_ids": tiers((0, 10), (2, 5), (4, 0)),
    },
]
WEEKLY = [
    {**price, "price_period": "cycle", "name": f"{price['name']} a week"}
    for price in PRICES
]


class Refused(Exception):
    """The add-on refused what a person tried: nothing has changed."""


class World:
    """Two customers, one of them with sites, plans, a source, and the clock.

    All acts raise `Refused` where the add-on says no, with everything as it was.
    """

    def __init__(self, case, clock):
        self.case, self.clock = case, clock
        self.env, self.company = case.env, case.company
        # Else Odoo's total may differ by a cent from the sum of its lines.
        self.company.tax_calculation_rounding_method = "round_per_line"
        acme, beta = case._customer("Acme Ltd"), case._customer("Beta Ltd")
        north = case._customer("North Site", parent_id=acme.id)
        dock = case._customer("Dock of North", parent_id=north.id)
        self.partners = [acme, beta, north, dock]
        self.types = [case.workstation, case.server]
        self.source = self.env["msp.source"].create(
            {
                "name": "RMM",
                "code": "rmm",
                "company_id": self.company.id,
                # It reports rarely here: what it says is what is billed.
                "stale_days": 366,
            }
        )
        self.env["msp.source.customer"].create(
            [
                {
                    "source_id": self.source.id,
                    "external_key": str(number),
                    "partner_id": partner.id,
                }
                for number, partner in enumerate(self.partners)
            ]
        )
        self.plans = []

    # === TIME === #
    @property
    def today(self):
        """Give the company's day."""
        return self.company._msp_today()

    def day(self, offset):
        """Give the day so many days from today."""
        return self.today + timedelta(offset)

    def pass_days(self, number):
        """Let days go by."""
        self.move_to(datetime.combine(self.day(number), NOON))

    def move_to(self, moment):
        """Set the clock, also the one that tells when a record was written.

        The transaction of a test has one time only, that of the machine: the audit
        would see changes in the wrong order.
        """
        self.clock.move_to(moment)
        self.env.cr._now = moment

    # === RECORDS === #
    def add_plan(self, name, prices, minimum=0):
        """Sell a plan with some prices: the types a price covers by their numbers."""
        rows = [
            {**price, "computer_type_ids": [Command.set(self._type_ids(numbers))]}
            for price, numbers in prices
        ]
        self.plans.append(self.case._plan(name, prices=rows, minimum_amount=minimum))

    def _type_ids(self, numbers):
        return [self.types[number].id for number in numbers]

    @property
    def subscriptions(self):
        """Give all subscriptions."""
        return self.env["msp.subscription"].search(
            [("company_id", "=", self.company.id)], order="id"
        )

    @property
    def computers(self):
        """Give all computers."""
        return self.env["msp.computer"].search(
            [("company_id", "=", self.company.id)], order="id"
        )

    @property
    def bills(self):
        """Give the posted invoices that are not credited yet."""
        moves = self.env["account.move"].search(
            [
                ("company_id", "=", self.company.id),
                ("msp_run_id", "!=", False),
                ("move_type", "=", "out_invoice"),
            ],
            order="id",
        )
        return moves.filtered(lambda move: not move.reversal_move_ids)

    def cycles(self, *domain):
        """Give billing cycles."""
        company = ("company_id", "=", self.company.id)
        return self.env["msp.billing.cycle"].search([company, *domain], order="id")

    # === ACTS === #
    def act(self, method, *arguments, **values):
        """Do something a person does; what is refused leaves no trace."""
        try:
            with self.env.cr.savepoint():
                result = method(*arguments, **values)
                self.env.flush_all()
                return result
        except (UserError, ValidationError, IntegrityError) as error:
            self.env.invalidate_all()
            raise Refused(str(error)) from error

    def report(self, partner, keys, complete):
        """Let the source report the computers of a customer, today at noon."""
        snapshot = {
            "customer": str(partner),
            "taken_at": f"{self.today}T12:00:00+00:00",
            "complete": complete,
            "computers": [
                {
                    "key": f"{partner}-{key}",
                    "name": f"PC {partner}-{key}",
                    "type": ("workstation", "server")[key % 2],
                }
                for key in sorted(keys)
            ],
        }
        return self.act(self.source.ingest, snapshot)

    def read_count(self, partner, kind, offset, quantity):
        """Enter a count for a day, or change it."""
        Reading = self.env["msp.count.reading"]
        key = {
            "company_id": self.company.id,
            "partner_id": self.partners[partner].id,
            "type_id": self.types[kind].id,
            "date": self.day(offset),
        }
        found = Reading.search([(name, "=", value) for name, value in key.items()])
        if found:
            self.act(found.write, {"quantity": quantity})
        else:
            self.act(Reading.create, {**key, "quantity": quantity})

    def replace_price(self, price, offset, changes):
        """Let a new price replace one from a day on; its types stay."""
        values = {
            "plan_id": price.plan_id.id,
            "date_from": self.day(offset),
            "date_to": False,
            "replaces_id": price.id,
            **changes,
        }
        return self.act(price.copy, values)

    def pay(self, bill, share):
        """Register a payment of a share of what is open."""
        wizard = (
            self.env["account.payment.register"]
            .with_context(active_model="account.move", active_ids=bill.ids)
            .create({"amount": round(bill.amount_residual * share, 2)})
        )
        wizard._create_payments()

    def reverse(self, bill):
        """Let an accountant make and post Odoo's plain credit note."""
        wizard = self.env["account.move.reversal"].create(
            {"move_ids": [Command.set(bill.ids)], "journal_id": bill.journal_id.id}
        )
        wizard.reverse_moves()
        wizard.new_move_ids.filtered(lambda move: move.state == "draft").action_post()

    # === RUNS === #
    def run(self, date=None, *, preview=False):
        """Bill what is due; return the run, and what its preview showed."""
        run = self.case._new_run(date or self.today)
        shown = {}
        if preview:
            run.action_preview()
            shown = self.shown(run)
        run.action_start()
        self.case._work()
        return run, shown

    def shown(self, run):
        """Give what the preview of a run says that it would bill."""
        return self.fingerprints(run.cycle_ids.filtered(lambda c: c.state == "due"))

    def start_waiting(self, *, approval):
        """Start a run of today: it waits for approval, or is paused before its work."""
        run = self.case._new_run(self.today)
        self.company.msp_approval = approval
        run.action_start()
        self.company.msp_approval = False
        if not approval:
            run.action_pause()
        return run

    def go_on(self, run):
        """Approve or resume a run; it works."""
        if run.state == "waiting":
            run.action_approve()
        else:
            run.action_resume()
        self.case._work()

    def run_by_cron(self):
        """Let the scheduled actions open and work on the run of today."""
        Run = self.env["msp.bill.run"]
        mine = [("company_id", "=", self.company.id)]
        before = Run.search(mine)
        with self.case.enter_registry_test_mode():
            self.env.ref("msp_billing.ir_cron_open_runs").sudo().method_direct_trigger()
        self.case._work()
        return Run.search(mine) - before

    @staticmethod
    def fingerprints(cycles):
        """Give what decides the bills of cycles."""
        return {
            (c.subscription_id.id, c.kind, c.date_start, c.date_end): c.fingerprint
            for c in cycles
        }
