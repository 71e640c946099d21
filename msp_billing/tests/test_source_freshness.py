from datetime import timedelta
from random import Random
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.fields import Datetime
from odoo.tests import tagged

from ..tools.snapshot_diff import Plan
from .inventory_common import SourceCase, day, moment

KEYS = 10


@tagged("post_install", "-at_install")
class TestFreshness(SourceCase):
    """Unchanged computers are as fresh as their customer, as if each were written."""

    # === RANDOM DELIVERIES === #
    def a_snapshot(self, random, taken_at):
        keys = random.sample(range(KEYS), random.randrange(KEYS))
        rows = [self.a_row(random, key) for key in keys]
        if random.random() < 0.1:
            rows += rows[:1]
        return {
            "customer": random.choice("AAABB"),
            "taken_at": f"{Datetime.to_string(taken_at).replace(' ', 'T')}Z",
            "complete": random.random() < 0.7,
            "confirmed_empty": random.random() < 0.5,
            "computers": rows,
        }

    def a_row(self, random, key):
        row = self.row(f"pc {key}")
        if random.random() < 0.15:
            row["type"] = random.choice(("server", "toaster"))
        if random.random() < 0.1:
            row["name"] = f"Renamed {random.randrange(3)}"
        return row

    def deliver(self, source, snapshot):
        try:
            with self.env.cr.savepoint():
                answer = source.ingest(snapshot)
        except UserError as error:
            return str(error).replace("Twin", "RMM")
        for row in answer["rejected"]:
            row["reason"] = row["reason"].replace("Twin", "RMM")
        return answer

    def by_hand(self, random, sources):
        """End, move, archive or take back the end of the same computer of all."""
        key, what = f"pc {random.randrange(KEYS)}", random.randrange(5)
        for source in sources:
            computer = self.computers(source).filtered(
                lambda one: one.external_key == key
            )
            since = computer.date_from
            if not computer or what == 0:
                continue
            if what == 1 and not computer.date_to:
                computer.date_to = since + timedelta(days=3)
            elif what == 2 and computer.active:
                computer.date_to = False
            elif what == 3 and not computer.date_to:
                computer.action_move(self.site, self.server, since + timedelta(days=1))
            elif what == 4 and computer.date_to:
                computer.active = False

    def computers(self, source):
        return (
            self.env["msp.computer"]
            .with_context(active_test=False)
            .search([("source_id", "=", source.id)], order="external_key")
        )

    def state(self, source):
        """Return all that is known of the computers, without ids."""
        self.env.invalidate_all()
        return {
            computer.external_key: (
                [computer.name, computer.active, computer.reported_at],
                computer.source_customer_id.external_key,
                [
                    (each.partner_id, each.type_id, each.date_from, each.date_to)
                    for each in computer.period_ids.sorted("date_from")
                ],
            )
            for computer in self.computers(source)
        }

    def expect(self, expected, snapshot, computers, taken_at):
        """Note the moment on what an applied snapshot named at its customer."""
        named = {row["key"] for row in snapshot["computers"]}
        for computer in computers:
            customer = computer.source_customer_id.external_key
            if computer.external_key in named and customer == snapshot["customer"]:
                expected[computer.external_key] = taken_at

    def twin(self):
        twin = self.source.copy({"name": "Twin", "code": "twin"})
        twin.customer_map_ids.unlink()
        for one in self.map_acme | self.map_beta:
            one.copy({"source_id": twin.id})
        return twin

    def test_random_deliveries(self):
        """As if each computer said when it was reported, and as a list of them says."""
        twin = self.twin()
        random, expected, fresh = Random(7), {}, 0
        own = patch.object(Plan, "settles", False)
        taken_at = moment("2026-03-01 09:00")
        for number in range(150):
            taken_at += timedelta(hours=random.choice((0, 1, 5, 11)))
            past = timedelta(hours=random.choice((0, 0, 0, 9)))
            snapshot = self.a_snapshot(random, taken_at - past)
            if random.random() < 0.3:
                self.by_hand(random, (self.source, twin))
            answer = self.deliver(self.source, snapshot)
            with own:
                self.assertEqual(self.deliver(twin, snapshot), answer, number)
            found = self.state(self.source)
            self.assertEqual(found, self.state(twin), number)
            if isinstance(answer, dict):
                computers = self.computers(self.source)
                self.expect(expected, snapshot, computers, taken_at - past)
            self.assertEqual({key: found[key][0][2] for key in found}, expected, number)
            fresh += len(self.computers(self.source).filtered("is_fresh"))
        self.assertGreater(fresh, 150)
        self.assertFalse(self.computers(twin).filtered("is_fresh"))

    # === CASES === #
    def writes(self):
        self.env.cr.execute(
            "SELECT external_key, xmin::text, ctid::text FROM msp_computer "
            "WHERE source_id = %s ORDER BY 1",
            [self.source.id],
        )
        return self.env.cr.fetchall()

    def test_unchanged_computers_are_not_written(self):
        self.ingest("1 Apr", "1", "2")
        before = self.writes()
        self.assertAnswer(self.ingest("2 Apr", "1", "2"), unchanged=2)
        self.assertEqual(self.writes(), before)
        self.assertEqual(self.find("1").reported_at, moment("2026-04-02 10:00"))

    def test_only_changed_computers_are_written(self):
        self.ingest("1 Apr", "1", "2")
        before = self.writes()
        self.ingest("2 Apr", self.row("1", name="New"), "2")
        after = self.writes()
        self.assertNotEqual(after[0], before[0])
        self.assertEqual(after[1], before[1])
        self.assertEqual(self.find("1").name, "New")

    def test_a_new_last_contact_is_written(self):
        for number in (1, 2):
            at = f"2026-04-0{number}T09:00:00Z"
            self.ingest(f"{number} Apr", self.row("1", last_contact=at))
        self.ingest("3 Apr", "1")
        self.assertEqual(self.find("1").last_contact, moment("2026-04-02 09:00"))
        self.assertEqual(self.find("1").reported_at, moment("2026-04-03 10:00"))

    def test_a_partial_snapshot_is_newer_than_the_complete_one(self):
        self.ingest("1 Apr", "1", "2")
        self.ingest("2 Apr", "1", complete=False)
        self.assertEqual(self.find("1").reported_at, moment("2026-04-02 10:00"))
        self.assertEqual(self.find("2").reported_at, moment("2026-04-01 10:00"))

    def test_a_missing_computer_keeps_its_moment(self):
        self.ingest("1 Apr", "1", "2")
        self.ingest("2 Apr", "1")
        gone = self.find("2")
        self.assertEqual(gone.reported_at, moment("2026-04-01 10:00"))
        self.assertEqual(gone.date_to, day("2 Apr"))
        self.ingest("3 Apr", "1")
        self.env.invalidate_all()
        self.assertEqual(gone.reported_at, moment("2026-04-01 10:00"))

    def test_one_delivery_moves_one_and_keeps_another(self):
        """What it names elsewhere keeps its moment, until it is reported there."""
        self.ingest("1 Apr", "1", "2", "3")
        snapshots = [
            self.snapshot("2 Apr", "1"),
            self.snapshot("2 Apr", "2", self.row("3", "toaster"), customer="B"),
        ]
        for order in (snapshots, snapshots[::-1]):
            with (
                self.subTest(first=order[0]["customer"]),
                self.env.cr.savepoint() as it,
            ):
                frames = [self.source._read(each) for each in order]
                plans = self.source._plan_all(frames, frozenset("123"))
                self.source._apply_all(plans)
                old, new = moment("2026-04-01 10:00"), moment("2026-04-02 10:00")
                found = [self.find(key) for key in "123"]
                self.assertEqual([one.reported_at for one in found], [new, new, old])
                maps = [one.source_customer_id for one in found]
                self.assertEqual(maps, [self.map_acme, self.map_beta, self.map_acme])
                self.assertFalse(found[2].date_to)
                it.rollback()

    def test_an_archived_computer_comes_back(self):
        """It ends later by hand, is archived, and is still fresh."""
        self.ingest("1 Apr", "1", "2")
        computer = self.find("1")
        computer.date_to = day("3 May")
        computer.active = False
        self.ingest("2 Apr", "1", "2")
        self.env.invalidate_all()
        self.assertTrue(computer.active)

    def test_search_and_order_by_what_is_derived(self):
        self.ingest("1 Apr", "1", "2")
        self.ingest("2 Apr", "2", complete=False)
        self.ingest("3 Apr", "3", customer="B")
        self.ingest("5 Apr", "3", customer="B")
        Computer, own = self.env["msp.computer"], [("source_id", "=", self.source.id)]
        found = Computer.search(own, order="reported_at desc")
        self.assertEqual(found.mapped("external_key"), ["3", "2", "1"])
        late = [*own, ("reported_at", ">=", "2026-04-05 00:00:00")]
        self.assertEqual(Computer.search(late), self.find("3"))
        groups = Computer._read_group(own, ["reported_at:day"], ["__count"])
        days = [[when.day, count] for when, count in groups]
        self.assertEqual(days, [[1, 1], [2, 1], [5, 1]])

    def test_whoever_writes_the_moment_is_heard(self):
        self.ingest("1 Apr", "1", "2")
        one, two = self.find("1"), self.find("2")
        one.reported_at = "2026-03-01 00:00:00"
        two.source_customer_id = self.map_beta
        self.ingest("2 Apr", "3", customer="B")
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual(one.reported_at, moment("2026-03-01 00:00"))
        self.assertEqual(two.reported_at, moment("2026-04-01 10:00"))

    def test_whom_a_computer_is_taken_from_is_changed_too(self):
        """So that a report of his at the same moment fails to serialize."""
        self.ingest("1 Apr", "1")
        query = "SELECT ctid::text FROM msp_source_customer WHERE id = %s"
        self.env.cr.execute(query, [self.map_acme.id])
        before = self.env.cr.fetchone()
        self.ingest("2 Apr", "1", customer="B")
        self.env.cr.execute(query, [self.map_acme.id])
        self.assertNotEqual(self.env.cr.fetchone(), before)
