from collections import defaultdict
from functools import lru_cache

from odoo import api, models
from odoo.tools import SQL

from ..engine.span import Span
from ..engine.usage import Usage, measure_readings
from ..tools.count_sql import COUNT_ON
from ..tools.measure_sql import COVERED, MEASURE, SCOPE

# So many cycles are counted by one statement: their rows fit into the memory that
# PostgreSQL gives to a sort by default.
BATCH_SIZE = 1000


class MspUsage(models.AbstractModel):
    """Counting, set-wise: a statement counts all prices of a batch of cycles."""

    _name = "msp.usage"
    _description = "Usage"

    # === BUSINESS METHODS === #
    @api.model
    def _measure(self, cycles, prices, spans=None):
        """Count the computers of cycles.

        :param cycles: ``msp.billing.cycle``
        :param dict spans: cycle -> the days to count; without it, its own days
        :param dict prices: cycle -> the ``msp.service.plan.price`` that rate it
        :return: (cycle id, price id) -> engine ``Usage``, for every cycle and price
        :rtype: dict
        """
        self.env.flush_all()
        spans = spans or self._spans(cycles)
        usages = {}
        for source, some in cycles.grouped(_count_source).items():
            if source == "inventory":
                for start in range(0, len(some), BATCH_SIZE):
                    batch = some[start : start + BATCH_SIZE]
                    usages.update(self._measure_inventory(batch, prices, spans))
            elif source == "reading":
                usages.update(self._measure_readings(some, prices, spans))
            else:
                usages.update(
                    ((cycle.id, price_id), _nothing(spans[cycle].days))
                    for cycle in some
                    for price_id in prices[cycle].ids
                )
        return usages

    @api.model
    def _count_on(self, subscriptions, day):
        """Return how many computers each subscription counts on a day.

        Every type counts, whether a price covers it or not, and the sites that count
        with the subscription on that day, as in ``_scope``.

        :rtype: dict[int, int]
        """
        if not subscriptions.ids:
            return {}
        self.env.flush_all()
        return dict(
            self.env.execute_query(
                SQL(COUNT_ON, subscriptions=list(subscriptions.ids), day=day)
            )
        )

    @api.model
    def _spans(self, cycles):
        return {cycle: Span(cycle.date_start, cycle.date_end) for cycle in cycles}

    # === COUNTING === #
    @api.model
    def _measure_inventory(self, cycles, prices, spans):
        asked = self._asked(cycles, prices)
        covers = {}
        for own in asked.values():
            for _price, cover, _bases in own:
                covers.setdefault(cover, len(covers))
        parameters = self._measure_parameters(cycles, spans, asked, covers)
        self.env.cr.execute(MEASURE, parameters)
        counts = _counts(self.env.cr.fetchall())
        usages = {}
        for cycle in cycles:
            days, found = spans[cycle].days, {}
            for price_id, cover, bases in asked[cycle.id]:
                if cover not in found:
                    row = counts.get((cycle.id, covers[cover]))
                    found[cover] = _usage(days, row, bases)
                usages[cycle.id, price_id] = found[cover]
        return usages

    @api.model
    def _asked(self, cycles, prices):
        """Return what the prices of cycles ask for.

        :return: cycle id -> (price id, cover, bases) of each price; the cover is the
            set of the types that pay the price, the bases are those of all prices of
            the cycle with this cover
        :rtype: dict[int, list[tuple[int, tuple[int], set[str]]]]
        """
        asked, known = {}, {}
        for cycle in cycles:
            own = prices[cycle]
            if own._ids not in known:
                bases = defaultdict(set)
                covers = {price: tuple(price._covered_types().ids) for price in own}
                for price, cover in covers.items():
                    bases[cover].add(price.usage_basis)
                known[own._ids] = [
                    (price.id, cover, bases[cover]) for price, cover in covers.items()
                ]
            asked[cycle.id] = known[own._ids]
        return asked

    @api.model
    def _measure_parameters(self, cycles, spans, asked, covers):
        """Return the parameters of MEASURE.

        :param dict covers: the numbers of the covers
        """
        covered, uniques = [], {}
        for cycle in cycles:
            end, own = spans[cycle].end, {}
            for _price, cover, bases in asked[cycle.id]:
                if bases != {"contracted"}:
                    own[cover] = bases
            covered += [
                (cycle.id, covers[cover], kind, end, "peak" in bases, "unique" in bases)
                for cover, bases in own.items()
                for kind in cover
            ]
            uniques[cycle.id] = any("unique" in bases for bases in own.values())
        about = {
            cycle.id: (spans[cycle].start, cycle.company_id.id) for cycle in cycles
        }
        scope = []
        for key, partner, first, last in self._cycle_days(cycles, spans)[0]:
            start, company = about[key]
            scope.append((key, partner, company, first, last, start, uniques[key]))
        return {**_columns(SCOPE, scope), **_columns(COVERED, covered)}

    @api.model
    def _seen_parameters(self, cycles, prices, spans):
        """Return the parameters of SEEN: scope, what it leaves out, covered types."""
        scope, taken = self._cycle_days(cycles, spans)
        types = {
            price: price._covered_types().ids
            for price in self.env["msp.service.plan.price"].union(
                *(prices[cycle] for cycle in cycles)
            )
        }
        covered = [
            (cycle.id, price.id, type_id)
            for cycle in cycles
            for price in prices[cycle]
            if price.usage_basis != "contracted"
            for type_id in types[price]
        ]
        agreed = [
            (cycle.id, type_id)
            for cycle in cycles
            for price in prices[cycle]
            if price.usage_basis == "contracted"
            for type_id in types[price]
        ]
        return {
            "x_cycle": [row[0] for row in taken],
            "x_partner": [row[1] for row in taken],
            "x_from": [row[2] for row in taken],
            "x_to": [row[3] for row in taken],
            "a_cycle": [row[0] for row in agreed],
            "a_type": [row[1] for row in agreed],
            "s_cycle": [row[0] for row in scope],
            "s_partner": [row[1] for row in scope],
            "s_from": [row[2] for row in scope],
            "s_to": [row[3] for row in scope],
            "c_cycle": [row[0] for row in covered],
            "c_price": [row[1] for row in covered],
            "c_type": [row[2] for row in covered],
        }

    @api.model
    def _measure_readings(self, cycles, prices, spans):
        """Count from readings: a step function of each contact and type, added."""
        sites = defaultdict(list)
        for cycle_id, partner_id, start, end in self._cycle_days(cycles, spans)[0]:
            sites[cycle_id].append((partner_id, Span(start, end)))
        by_contact = defaultdict(list)
        for reading in self.env["msp.count.reading"].search(
            [
                (
                    "partner_id",
                    "in",
                    list({site[0] for rows in sites.values() for site in rows}),
                ),
                ("company_id", "in", cycles.company_id.ids),
            ],
            order="date",
        ):
            key = reading.company_id.id, reading.partner_id.id, reading.type_id.id
            by_contact[key].append((reading.date, reading.quantity))
        return {
            (cycle.id, price.id): measure_readings(
                spans[cycle],
                self._readings_of(sites[cycle.id], price, by_contact),
            )
            for cycle in cycles
            for price in prices[cycle]
        }

    @api.model
    def _readings_of(self, sites, price, by_contact):
        """Return the step functions that a price counts, cut to a site's days."""
        readings = {}
        for type_id in price._covered_types().ids:
            for partner_id, span in sites:
                key = price.company_id.id, partner_id, type_id
                steps = by_contact.get(key, ())
                before = [count for day, count in steps if day <= span.start]
                cut = [(span.start, before[-1])] if before else []
                cut += [
                    (day, count) for day, count in steps if span.start < day < span.end
                ]
                if cut:
                    readings[partner_id, type_id, span.start] = [*cut, (span.end, 0)]
        return readings


def _count_source(cycle):
    return cycle.subscription_id.count_source


@lru_cache(maxsize=512)
def _nothing(days):
    """Return the usage of so many days without a computer."""
    return Usage(days, computer_days=0, end=0, peak=0, peak_day=None, unique=0)


def _counts(rows):
    """Return the rows of MEASURE by cycle and cover: total, peak, stays too many."""
    counts = {}
    for cycle_id, cover, days, number, stays, day in rows:
        found = counts.setdefault((cycle_id, cover), [None, (None, None), 0])
        if days is not None:
            found[0] = days, number, stays
        elif day is not None:
            found[1] = number, day
        else:
            found[2] = stays
    return counts


def _usage(days, row, bases):
    """Return the usage of a cycle from its counts; see ``_counts``."""
    if row is None:
        return _nothing(days)
    (computer_days, at_end, stays), (peak, peak_day), too_many = row
    unique = stays - too_many if "unique" in bases else None
    return Usage(days, computer_days, at_end, peak, peak_day, unique)


def _columns(names, rows):
    """Return rows as columns by their names."""
    columns = zip(*rows, strict=True) if rows else [()] * len(names)
    return {name: list(column) for name, column in zip(names, columns, strict=True)}
