from datetime import date

from freezegun import freeze_time

from odoo import fields
from odoo.tests import TransactionCase


def day(text):
    """Return a day of 2026 from "1 Apr"."""
    number, month = text.split()
    months = [
        "Jan",
        "Feb",
        "Mar",
        "Apr",
        "May",
        "Jun",
        "Jul",
        "Aug",
        "Sep",
        "Oct",
        "Nov",
        "Dec",
    ]
    return date(2026, months.index(month) + 1, int(number))


def moment(text):
    """Return what Odoo reads for a moment in UTC."""
    return fields.Datetime.to_datetime(f"{text}:00")


class InventoryCase(TransactionCase):
    """Customers, sites and computers, in the company's time zone."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env.company
        cls.company.msp_timezone = "Europe/Berlin"
        Partner = cls.env["res.partner"]
        cls.acme = Partner.create({"name": "Acme", "is_company": True})
        cls.site = Partner.create({"name": "Acme North", "parent_id": cls.acme.id})
        cls.beta = Partner.create({"name": "Beta", "is_company": True})
        cls.workstation = cls.env.ref("msp_billing.msp_computer_type_workstation")
        cls.server = cls.env.ref("msp_billing.msp_computer_type_server")

    @classmethod
    def computer(cls, name="PC-1", since="1 Apr", until=None, **values):
        return cls.env["msp.computer"].create(
            {
                "name": name,
                "partner_id": cls.acme.id,
                "type_id": cls.workstation.id,
                "date_from": day(since),
                "date_to": until and day(until),
                **values,
            }
        )

    def assertHistory(self, computer, *expected):
        """Compare the periods with (partner, type, since, until)."""
        self.env.invalidate_all()
        periods = computer.period_ids.sorted("date_from")
        found = [
            (period.partner_id, period.type_id, period.date_from, period.date_to)
            for period in periods
        ]
        wanted = [
            (partner, kind, day(since), day(until) if until else False)
            for partner, kind, since, until in expected
        ]
        self.assertEqual(found, wanted)


class SourceCase(InventoryCase):
    """A source that knows Acme as "A" and Beta as "B"."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.startClassPatcher(freeze_time("2026-07-01 12:00:00"))
        cls.source = cls.env["msp.source"].create({"name": "RMM", "code": "rmm"})
        cls.map_acme, cls.map_beta = cls.env["msp.source.customer"].create(
            [
                {"source_id": cls.source.id, "external_key": key, "partner_id": who.id}
                for key, who in (("A", cls.acme), ("B", cls.beta))
            ]
        )

    def row(self, key, kind="workstation", **values):
        return {"key": key, "name": f"PC {key}", "type": kind, **values}

    def snapshot(self, since, *rows, customer="A", complete=True, **values):
        """Make a snapshot taken at noon in Berlin; a text row is a key."""
        return {
            "customer": customer,
            "taken_at": f"{day(since)}T12:00:00+02:00",
            "complete": complete,
            "computers": [
                self.row(row) if isinstance(row, str) else row for row in rows
            ],
            **values,
        }

    def ingest(self, *arguments, **values):
        return self.source.ingest(self.snapshot(*arguments, **values))

    def find(self, key):
        return self.env["msp.computer"].search(
            [("source_id", "=", self.source.id), ("external_key", "=", key)]
        )

    def assertAnswer(self, answer, added=0, removed=0, changed=0, unchanged=0):
        self.assertEqual(
            answer,
            {
                "added": added,
                "removed": removed,
                "changed": changed,
                "unchanged": unchanged,
                "rejected": [],
            },
        )
