from contextlib import suppress

from odoo.exceptions import UserError
from odoo.tests import tagged

from .inventory_common import SourceCase, day, moment


@tagged("post_install", "-at_install")
class TestIngestRejections(SourceCase):
    def rejected(self, *rows, **values):
        """Ingest rows and return the reasons by index."""
        answer = self.ingest("2 Apr", *rows, **values)
        return {row["index"]: row["reason"] for row in answer["rejected"]}

    def test_bad_rows_say_what_and_how(self):
        cases = [
            (["a", "list"], "is no computer"),
            (None, "is no computer"),
            ({"name": "Nameless", "type": "server"}, "Nameless has no key"),
            (self.row("  "), "has no key"),
            (self.row("k" * 256), "too long.*255"),
            (self.row("long", name="n" * 256), "name.*too long"),
            (self.row("serial", serial="s" * 256), "serial.*too long"),
            (self.row("nul\x00"), "control characters"),
            (self.row("line", name="a\nb"), "control characters"),
            (self.row("surrogate", name="\ud800"), "control characters"),
            (self.row(float("nan")), "nan, which is neither text"),
            (self.row(1.5), "1.5, which is neither text"),
            (self.row(True), "True, which is neither text"),
            (self.row("name", name={"a": 1}), "neither text"),
            (self.row("toaster", "toaster"), "toaster.*not known.*workstation"),
            (self.row("untyped", None), "untyped has no type.*workstation"),
            (self.row("contact", last_contact="yesterday"), "yesterday.*ISO"),
            (self.row("naive", last_contact="2026-04-01 10:00"), "offset"),
            (self.row("contact 2", last_contact=float("nan")), "nan.*ISO"),
            (self.row("contact 3", last_contact="0001-01-01T00:00:00+14:00"), "ISO"),
            (self.row("10" * 50, serial=10**5000), "too long"),
        ]
        reasons = self.rejected("good", *(row for row, _pattern in cases))
        self.assertEqual(len(reasons), len(cases))
        for index, (_row, pattern) in enumerate(cases, start=1):
            self.assertRegex(reasons[index], rf"^computers\[{index}\]: .*{pattern}")
        self.assertTrue(self.find("good"))
        self.assertEqual(
            self.env["msp.computer"].search_count([("source_id", "!=", False)]), 1
        )

    def test_a_double_key_names_the_first_row(self):
        reasons = self.rejected("1", "2", self.row("1", "server"))
        self.assertEqual(list(reasons), [2])
        self.assertIn("computers[0]", reasons[2])
        self.assertEqual(self.find("1").type_id, self.workstation)

    def test_a_rejected_row_does_not_end_its_computer(self):
        self.ingest("1 Apr", "1", "2", "3")
        answer = self.ingest("2 Apr", "1", self.row("2", "toaster"))
        self.assertEqual(answer["removed"], 1)
        self.assertEqual(self.find("3").date_to, day("2 Apr"))
        self.assertFalse(self.find("2").date_to)
        self.assertEqual(self.find("2").reported_at, moment("2026-04-02 10:00"))

    def test_all_rows_rejected_removes_nothing(self):
        self.ingest("1 Apr", "1", "2")
        answer = self.ingest("2 Apr", self.row("1", "toaster"), {"name": "x"})
        self.assertEqual((answer["removed"], len(answer["rejected"])), (0, 2))
        self.assertFalse((self.find("1") | self.find("2")).filtered("date_to"))
        self.assertEqual(self.map_acme.last_complete_at, moment("2026-04-01 10:00"))

    def test_an_archived_type_is_not_known(self):
        self.server.active = False
        self.assertRegex(self.rejected(self.row("1", "server"))[0], "not known")

    def test_the_log_has_the_reasons(self):
        self.rejected("1", self.row("2", "toaster"))
        sync = self.source.sync_ids.sorted("id")[-1]
        self.assertEqual((sync.state, sync.added, sync.rejected), ("applied", 1, 1))
        self.assertIn("toaster", sync.rejected_details)
        self.assertFalse(sync.snapshot_key)

    def test_a_bad_row_makes_it_another_snapshot(self):
        self.ingest("2 Apr", "1")
        self.assertIn("toaster", self.rejected("1", self.row("2", "toaster"))[1])

    def test_mended_and_sent_again(self):
        self.rejected("1", self.row("2", "toaster"))
        self.env["msp.computer.type"].create({"name": "Toaster", "code": "toaster"})
        answer = self.ingest("2 Apr", "1", self.row("2", "toaster"))
        self.assertAnswer(answer, added=1, unchanged=1)


@tagged("post_install", "-at_install")
class TestIngestRefusals(SourceCase):
    def assertRefused(self, pattern, snapshot):
        before = self.source.sync_ids
        with self.assertRaisesRegex(UserError, pattern), self.env.cr.savepoint():
            self.source.ingest(snapshot)
        self.assertEqual(self.source.sync_ids, before)

    def test_bad_frames(self):
        good = self.snapshot("2 Apr", "1")
        cases = [
            ("is an object", None),
            ("is an object", ["A"]),
            ("is an object", "A"),
            ("names no customer", {**good, "customer": ""}),
            ("names no customer", {**good, "customer": None}),
            ("neither text", {**good, "customer": ["A"]}),
            ("control", {**good, "customer": "A\x00"}),
            ("too long", {**good, "customer": "A" * 256}),
            ("Send a list", {**good, "computers": None}),
            ("Send a list", {**good, "computers": {"1": {}}}),
            ("at most 100000", {**good, "computers": [None] * 100_001}),
            ("must be true or false", {**good, "complete": "false"}),
            ("must be true or false", {**good, "complete": 1}),
            ("must be true or false", {**good, "complete": None}),
            ("must be true or false", {**good, "confirmed_empty": "yes"}),
        ]
        for pattern, snapshot in cases:
            self.assertRefused(pattern, snapshot)
        for name in ("customer", "taken_at", "complete", "computers"):
            self.assertRefused(name, {k: v for k, v in good.items() if k != name})
        self.assertFalse(self.find("1"))

    def test_bad_moments(self):
        for value in (
            None,
            17,
            float("nan"),
            "",
            "now",
            "2026-04-02",
            "2026-04-02T12:00:00",  # no offset
            "2026-02-30T12:00:00Z",
            "2026-04-02T25:00:00Z",
            "2026-04-02T12:00:00+99:00",
            "٢٠٢٦-04-02T12:00:00Z",
            "0001-01-01T00:00:00+14:00",
        ):
            snapshot = {**self.snapshot("2 Apr", "1"), "taken_at": value}
            self.assertRefused("ISO date-time", snapshot)
        old = {**self.snapshot("2 Apr", "1"), "taken_at": "1970-01-01T00:00:00Z"}
        self.assertRefused("Set the clock", old)

    def test_moments_that_are_read(self):
        for number, value in enumerate(
            (
                "2026-04-02T10:00:00Z",
                "2026-04-02 12:00:00+02:00",
                "2026-04-02T12:00:00.123456789+0200",
                "2026-04-02T06:00-04:00",
                "2026-04-02t10:00:00z",
            )
        ):
            snapshot = self.snapshot("2 Apr", str(number), complete=False)
            self.source.ingest({**snapshot, "taken_at": value})
            self.assertEqual(
                self.find(str(number)).reported_at, moment("2026-04-02 10:00")
            )

    def test_the_future(self):
        snapshot = self.snapshot("1 Jul", "1")
        self.assertRefused(
            "Set the clock", {**snapshot, "taken_at": "2026-07-01T12:05:01Z"}
        )
        self.source.ingest({**snapshot, "taken_at": "2026-07-01T12:05:00Z"})

    def test_older_than_the_newest(self):
        self.ingest("5 Apr", "1")
        self.assertRefused("newest", self.snapshot("4 Apr", "1"))
        self.assertRefused("newest", self.snapshot("4 Apr", "2", complete=False))
        self.ingest("4 Apr", "9", customer="B")
        self.ingest("6 Apr", "1")
        self.assertRefused("newest", self.snapshot("5 Apr", "1"))

    def test_an_empty_list_is_doubted(self):
        self.assertAnswer(self.ingest("1 Apr"))
        self.ingest("2 Apr", "1", "2")
        self.assertRefused(
            "no computers at all for A, who has 2", self.snapshot("3 Apr")
        )
        self.assertAnswer(self.ingest("3 Apr", complete=False))
        self.assertAnswer(self.ingest("4 Apr", confirmed_empty=True), removed=2)
        self.assertEqual(self.find("1").date_to, day("4 Apr"))
        self.assertAnswer(self.ingest("5 Apr"))

    def test_unknown_and_unmapped_customers(self):
        self.map_beta.partner_id = False
        self.assertRefused(
            "customer C is not mapped", self.snapshot("1 Apr", "1", customer="C")
        )
        self.assertRefused(
            "customer B is not mapped", self.snapshot("1 Apr", "1", customer="B")
        )
        self.assertFalse(self.find("1"))

    def test_an_archived_source(self):
        self.source.active = False
        self.assertRefused("RMM is archived", self.snapshot("1 Apr", "1"))

    def test_keys_of_customers_have_no_spaces_around(self):
        self.map_beta.external_key = " C "
        self.ingest("1 Apr", "1", customer="C ")
        self.assertEqual(self.find("1").partner_id, self.beta)

    def test_a_customer_that_reported_stays(self):
        self.ingest("1 Apr", "1", "2")
        with self.assertRaisesRegex(UserError, "RMM reported 2 computers at A"):
            self.map_acme.unlink()
        self.map_beta.unlink()

    def test_an_unknown_customer_is_remembered(self):
        """The error takes back the transaction; what is noted is noted after it."""
        snapshot = self.snapshot("1 Apr", "1", customer="C")
        for _time in range(2):
            with self.assertRaises(UserError):
                self.source.ingest(snapshot)
            with self.enter_registry_test_mode():
                self.env.cr.postrollback.run()
            self.env.invalidate_all()
            unmapped = self.source.customer_map_ids.filtered(lambda c: not c.partner_id)
            self.assertEqual(unmapped.external_key, "C")
            self.assertEqual(self.source.unmapped_count, 1)
        self.assertEqual(len(self._noted()), 2)
        self.assertEqual(self._noted().mapped("customer_key"), ["C", "C"])
        self.assertIn("not mapped", self._noted()[0].message)

    def test_a_refusal_that_is_caught_is_noted_once(self):
        with suppress(UserError):
            self.source.ingest(self.snapshot("1 Apr", "1", customer="C"))
        self.assertEqual(self._noted().customer_key, "C")
        self.assertEqual(self.source.unmapped_count, 1)

    def _noted(self):
        return self.source.sync_ids.filtered(lambda sync: sync.state == "refused")
