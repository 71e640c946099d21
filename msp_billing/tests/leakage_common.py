from freezegun import freeze_time

from .access_common import AccessCommon
from .refusal import RefusalMixin


class LeakageCommon(RefusalMixin, AccessCommon):
    """On 1 July 2026: a customer with a plan, and a source."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.startClassPatcher(freeze_time("2026-07-01 12:00:00"))
        cls.customer = cls._customer()
        cls.plan = cls._plan(
            "Care",
            prices=[
                {
                    "name": "PC",
                    "unit_price": 10,
                    "computer_type_ids": cls.workstation.ids,
                },
                {
                    "name": "Server",
                    "unit_price": 40,
                    "computer_type_ids": cls.server.ids,
                },
            ],
        )
        cls.subscription = cls._subscribe(cls.plan, cls.customer)
        cls.source = cls.env["msp.source"].create(
            {"name": "RMM", "code": "rmm", "company_id": cls.company.id}
        )

    def _leaks(self, kind, company=None):
        self.env.flush_all()
        self.env.invalidate_all()
        company = company or self.company
        return self.env["msp.leakage"].search(
            [("kind", "=", kind), ("company_id", "=", company.id)], order="name, id"
        )

    def _rows(self, kind, *names):
        return [tuple(leak[name] for name in names) for leak in self._leaks(kind)]

    def _reported(self, partner, number, key, **vals):
        """Make computers that the source reported an hour ago."""
        computers = self._computers(partner, number, source_id=self.source.id, **vals)
        for index, computer in enumerate(computers):
            computer.write(
                {
                    "external_key": f"{key}{index}",
                    "reported_at": "2026-07-01 11:00:00",
                }
            )
        return computers
