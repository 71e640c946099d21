from odoo import models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..tools import ingest_sql as sql
from ..tools.snapshot_diff import Known, Plan, Scene, compare
from ..tools.snapshot_rows import read_rows


class MspSource(models.Model):
    """Planning what many customers' snapshots change, in a few statements for all."""

    _inherit = "msp.source"

    # === BUSINESS METHODS === #
    def _plan_all(self, snapshots, elsewhere=frozenset(), lock=True):
        """Plan what one delivery reports at many customers; see ``_plan``.

        Each plan says what the snapshot changes now, as if it came alone.

        :return: for each snapshot its plan, or the text of why it is refused
        """
        customers = self._mapped_all({each.customer for each in snapshots}, lock)
        kinds = self._kinds()
        plans = [self._plan_frame(each, customers, kinds) for each in snapshots]
        good = [plan for plan in plans if not isinstance(plan, str)]
        applied = (
            self.env["msp.source.sync"]
            .sudo()
            ._find_applied(self, [plan.snapshot for plan in good])
        )
        for plan in good:
            plan.first = applied.get(plan.snapshot.fingerprint)
        fresh = [plan for plan in good if not plan.first]
        self._set_scenes(fresh)
        known = self._known_computers(fresh)
        days = _Days(self.company_id)
        for plan, computers in zip(fresh, known, strict=True):
            keys = {computer.key for computer in computers}
            plan.keys = frozenset(keys | plan.snapshot.reported_keys)
            plan.changes = compare(
                plan.snapshot, computers, plan.scene, days.of, elsewhere
            )
        return [self._checked(plan) for plan in plans]

    def _mapped_all(self, keys, lock):
        """Return the mapped customers of the source by their keys.

        :param bool lock: keep them for this transaction alone. Another delivery for
            them waits here, and then fails to serialize and is tried again by Odoo,
            since each delivery changes their rows
        """
        customers = self.env["msp.source.customer"].search(
            [
                ("source_id", "=", self.id),
                ("external_key", "in", list(keys)),
                ("partner_id", "!=", False),
            ]
        )
        if lock and customers:
            self.env.cr.execute(
                SQL(
                    "SELECT id FROM msp_source_customer WHERE id = ANY(%s) "
                    "ORDER BY id FOR NO KEY UPDATE",
                    sorted(customers.ids),
                ),
                log_exceptions=False,
            )
        return {customer.external_key: customer for customer in customers}

    def _plan_frame(self, snapshot, customers, kinds):
        """Return the plan of a snapshot that can be used, with its rows read.

        :param customers: see ``_mapped_all``
        :param kinds: see ``_kinds``
        :return: the plan, or the text of why the snapshot is refused
        """
        customer = customers.get(snapshot.customer)
        try:
            self._check_active()
            if not customer:
                return self._unmapped_text(snapshot.customer)
            self._check_clock(snapshot)
            customer._check_taken_at(snapshot.taken_at)
        except UserError as error:
            return str(error)
        read_rows(snapshot, kinds)
        return Plan(snapshot, customer)

    def _checked(self, plan):
        """Return a plan, or the text of why its snapshot is refused after all."""
        if isinstance(plan, str) or plan.first:
            return plan
        try:
            plan.customer._check_emptied(plan.snapshot, plan.changes)
        except UserError as error:
            return str(error)
        return plan

    def _set_scenes(self, plans):
        """Say where and when the snapshots were taken, sites of the customers too."""
        partners = self.env["res.partner"].union(
            *(plan.customer.partner_id for plan in plans)
        )
        sites = self.env["msp.usage"]._sites(partners) if partners else {}
        days = _Days(self.company_id)
        for plan in plans:
            partner = plan.customer.partner_id.id
            plan.scene = Scene(
                customer=plan.customer.id,
                partner=partner,
                partners=frozenset((partner, *sites.get(partner, ()))),
                taken_at=plan.snapshot.taken_at,
                day=days.of(plan.snapshot.taken_at),
                settles=plan.settles,
            )

    def _known_computers(self, plans):
        """Return for each plan the known computers, as they stand on its day.

        Those whose key is reported, and those that the customer has, or had when it
        was reported last.
        """
        self.env.flush_all()
        found = [None] * len(plans)
        by_day = {}
        for place, plan in enumerate(plans):
            by_day.setdefault(plan.scene.day, []).append(place)
        for day, places in by_day.items():
            some = [plans[place] for place in places]
            for place, computers in zip(places, self._known_on(day, some), strict=True):
                found[place] = computers
        return found

    def _known_on(self, day, plans):
        """Return for each plan of a day the known computers."""
        customers = [plan.scene.customer for plan in plans]
        rows = sql.read_computers(self.env, self, day, customers)
        by_key = {computer.key: computer for computer in map(Known._make, rows)}
        keys = [plan.snapshot.reported_keys for plan in plans]
        missing = set().union(*keys) - by_key.keys()
        if missing:
            rows = sql.read_computers(self.env, self, day, keys=missing)
            by_key.update((row[1], Known._make(row)) for row in rows)
        own = {}
        for computer in by_key.values():
            own.setdefault(computer.customer, []).append(computer)
        found = []
        for plan, reported in zip(plans, keys, strict=True):
            customer = plan.scene.customer
            computers = [
                computer
                for computer in own.get(customer, ())
                if computer.managed or computer.fresh or computer.key in reported
            ]
            others = [by_key[key] for key in reported if key in by_key]
            computers += [other for other in others if other.customer != customer]
            found.append(computers)
        return found


class _Days:
    """The days of moments in a company's time zone, each worked out once."""

    def __init__(self, company):
        self.company, self.known = company, {}

    def of(self, moment):
        """Return the day of a naive UTC moment."""
        if moment not in self.known:
            self.known[moment] = self.company._msp_day(moment)
        return self.known[moment]
