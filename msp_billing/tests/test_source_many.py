from datetime import timedelta
from random import Random

from odoo.exceptions import UserError
from odoo.tests import tagged

from .inventory_common import SourceCase, day

KINDS = ("workstation", "server", "mobile", "toaster")


@tagged("post_install", "-at_install")
class TestIngestMany(SourceCase):
    """Many snapshots at once do what each alone does, one after another."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        Map = cls.env["msp.source.customer"]
        cls.partners = cls.acme | cls.site | cls.beta
        cls.sources = cls.source, cls.source.copy({"name": "Twin", "code": "twin"})
        Map.search([("source_id", "=", cls.source.id)]).unlink()
        for source in cls.sources:
            Map.create(
                [
                    {
                        "source_id": source.id,
                        "external_key": key,
                        "partner_id": partner and partner.id,
                    }
                    for key, partner in zip(
                        "ABCD", (cls.acme, cls.site, cls.beta, None), strict=True
                    )
                ]
            )

    # === RANDOM DELIVERIES === #
    def a_row(self, random):
        key = f"pc {random.randrange(14)}"
        row = self.row(
            key, random.choice(KINDS if random.random() < 0.2 else KINDS[:1])
        )
        if random.random() < 0.2:
            row["name"] = f"Renamed {random.randrange(3)}"
        if random.random() < 0.3:
            row["serial"] = f"S{random.randrange(3)}"
        if random.random() < 0.4:
            row["last_contact"] = random.choice(("2026-03-30T10:00:00Z", "yesterday"))
        return row

    def a_snapshot(self, random):
        moment = day("1 Apr") + timedelta(days=random.randrange(12))
        computers = [self.a_row(random) for _row in range(random.randrange(7))]
        return {
            "customer": random.choice("AAABBBCCCDE"),
            "taken_at": f"{moment}T{random.randrange(10, 20)}:00:00+02:00",
            "complete": random.random() < 0.7,
            "confirmed_empty": random.random() < 0.5,
            "computers": computers if random.random() < 0.95 else None,
        }

    # === WHAT CAME OUT === #
    def one_by_one(self, source, snapshots):
        answers = []
        for snapshot in snapshots:
            try:
                with self.env.cr.savepoint():
                    answers.append(source.ingest(snapshot))
            except UserError as error:
                answers.append({"refused": str(error).replace("RMM", "Twin")})
        return answers

    def state(self, source):
        """Return all that a source knows, without ids and the moment of writing."""
        self.env.invalidate_all()
        computers = (
            self.env["msp.computer"]
            .with_context(active_test=False)
            .search([("source_id", "=", source.id)], order="external_key")
        )
        names = ("external_key", "name", "serial", "last_contact", "reported_at")
        return [
            [
                *(computer[name] for name in names),
                computer.source_customer_id.external_key,
                [computer.partner_id, computer.type_id, computer.active],
                [computer.date_from, computer.date_to],
                [
                    (each.partner_id, each.type_id, each.date_from, each.date_to)
                    for each in computer.period_ids.sorted("date_from")
                ],
            ]
            for computer in computers
        ], [
            (each.external_key, each.last_taken_at, each.last_complete_at)
            for each in source.customer_map_ids.sorted("external_key")
            if each.partner_id
        ]

    def logs(self, source):
        names = ("customer_key", "taken_at", "day", "complete", "state", "added")
        names += ("removed", "changed", "unchanged", "rejected", "rejected_details")
        return sorted(
            str([sync[name] for name in names] + [bool(sync.snapshot_key)])
            for sync in source.sync_ids
            if sync.state != "refused"
        )

    def test_random_deliveries(self):
        """Moves, gaps, renames, rejected rows, refusals, the same twice in a batch."""
        single, twin = self.sources
        for seed in range(6):
            random = Random(seed)
            for _delivery in range(4):
                snapshots = [self.a_snapshot(random) for _number in range(9)]
                snapshots.append(snapshots[0])
                with self.subTest(seed=seed):
                    self.assertEqual(
                        twin.ingest_many(snapshots),
                        self.one_by_one(single, snapshots),
                    )
                    self.assertEqual(self.state(twin), self.state(single))
                    self.assertEqual(self.logs(twin), self.logs(single))

    # === CASES === #
    def test_a_bad_one_does_not_stop_the_others(self):
        answers = self.source.ingest_many(
            [
                self.snapshot("1 Apr", "1"),
                self.snapshot("1 Apr", "2", customer="E"),
                None,
                self.snapshot("1 Apr", "3", self.row("4", "toaster"), customer="C"),
            ]
        )
        self.assertEqual(answers[0]["added"], 1)
        self.assertIn("customer E is not mapped", answers[1]["refused"])
        self.assertIn("is an object", answers[2]["refused"])
        self.assertEqual((answers[3]["added"], len(answers[3]["rejected"])), (1, 1))
        self.assertIn("computers[1]", answers[3]["rejected"][0]["reason"])
        refused = self.source.sync_ids.filtered(lambda sync: sync.state == "refused")
        self.assertEqual(len(refused), 2)
        keys = self.source.customer_map_ids.mapped("external_key")
        self.assertIn("E", keys, "a key that is not mapped is remembered")

    def test_a_computer_that_moves_within_the_batch(self):
        self.source.ingest_many([self.snapshot("1 Apr", "1", "2")])
        answers = self.source.ingest_many(
            [
                self.snapshot("11 Apr", "1"),
                self.snapshot("11 Apr", "2", customer="C"),
            ]
        )
        self.assertEqual([answer["removed"] for answer in answers], [1, 0])
        self.assertEqual([answer["added"] for answer in answers], [0, 1])
        self.assertHistory(
            self.find("2"),
            (self.acme, self.workstation, "1 Apr", "11 Apr"),
            (self.beta, self.workstation, "11 Apr", None),
        )

    def test_statements_do_not_grow_with_the_customers(self):
        def statements(number, since):
            partners = self.env["res.partner"].create(
                [{"name": f"Customer {index}"} for index in range(number)]
            )
            self.env["msp.source.customer"].create(
                [
                    {
                        "source_id": self.source.id,
                        "external_key": f"{number}-{index}",
                        "partner_id": partner.id,
                    }
                    for index, partner in enumerate(partners)
                ]
            )
            snapshots = [
                self.snapshot(since, f"{number}-{index}", customer=f"{number}-{index}")
                for index in range(number)
            ]
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.source.ingest_many(snapshots)
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        statements(2, "1 Apr")  # fills what is cached
        self.assertEqual(statements(3, "1 Apr"), statements(30, "1 Apr"))
