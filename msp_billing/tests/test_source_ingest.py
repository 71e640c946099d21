from odoo.tests import tagged

from .inventory_common import SourceCase, day, moment


@tagged("post_install", "-at_install")
class TestIngest(SourceCase):
    def test_new_computers_count_from_the_day(self):
        row = self.row(
            "1", "server", serial="S1", last_contact="2026-04-01T09:30:00.5+02:00"
        )
        self.assertAnswer(self.ingest("1 Apr", row, "2"), added=2)
        computer = self.find("1")
        self.assertHistory(computer, (self.acme, self.server, "1 Apr", None))
        self.assertEqual(computer.name, "PC 1")
        self.assertEqual(computer.serial, "S1")
        self.assertEqual(computer.last_contact, moment("2026-04-01 07:30"))
        self.assertEqual(computer.reported_at, moment("2026-04-01 10:00"))
        self.assertEqual(computer.company_id, self.company)
        self.assertEqual(self.map_acme.last_taken_at, moment("2026-04-01 10:00"))
        self.assertEqual(self.map_acme.last_complete_at, moment("2026-04-01 10:00"))

    def test_the_day_is_the_companys(self):
        for zone, since in (
            ("Pacific/Auckland", "2 Apr"),
            ("America/New_York", "1 Apr"),
        ):
            self.company.msp_timezone = zone
            snapshot = self.snapshot("1 Apr", f"pc {zone}", complete=False)
            self.source.ingest({**snapshot, "taken_at": "2026-04-01T23:30:00Z"})
            self.assertEqual(self.find(f"pc {zone}").date_from, day(since))

    def test_the_same_again_changes_nothing(self):
        self.ingest("1 Apr", "1", "2")
        computers = self.find("1") | self.find("2")
        before = computers.period_ids.read()
        self.assertAnswer(self.ingest("1 Apr", "1", "2"), unchanged=2)
        self.assertEqual(computers.period_ids.read(), before)
        last = self.source.sync_ids.sorted("id")[-1]
        self.assertEqual(last.state, "unchanged")
        self.assertIn("applied before", last.message)

    def test_the_same_again_does_not_undo_a_person(self):
        self.ingest("1 Apr", "1")
        computer = self.find("1")
        computer.date_to = day("2 Apr")
        self.assertAnswer(self.ingest("1 Apr", "1"), unchanged=1)
        self.assertEqual(computer.date_to, day("2 Apr"))

    def test_a_newer_one_without_change(self):
        self.ingest("1 Apr", "1")
        self.assertAnswer(self.ingest("2 Apr", "1"), unchanged=1)
        self.assertHistory(self.find("1"), (self.acme, self.workstation, "1 Apr", None))
        self.assertEqual(self.map_acme.last_complete_at, moment("2026-04-02 10:00"))
        self.assertEqual(self.find("1").reported_at, moment("2026-04-02 10:00"))
        newest = self.source.sync_ids.sorted("id")[-1]
        self.assertEqual((newest.state, newest.day), ("unchanged", day("2 Apr")))

    def test_missing_from_a_complete_one_ends(self):
        self.ingest("1 Apr", "1", "2")
        self.assertAnswer(self.ingest("21 Apr", "1"), removed=1, unchanged=1)
        self.assertHistory(
            self.find("2"), (self.acme, self.workstation, "1 Apr", "21 Apr")
        )
        self.assertAnswer(self.ingest("22 Apr", "1"), unchanged=1)
        self.assertHistory(
            self.find("2"), (self.acme, self.workstation, "1 Apr", "21 Apr")
        )

    def test_missing_on_the_day_it_was_reported_ends_the_day_after(self):
        self.ingest("1 Apr", "1", "2")
        self.ingest("5 Apr", "1", "2")
        later = {**self.snapshot("5 Apr", "1"), "taken_at": "2026-04-05T18:00:00+02:00"}
        self.assertAnswer(self.source.ingest(later), removed=1, unchanged=1)
        self.assertEqual(self.find("2").date_to, day("6 Apr"))
        again = {**later, "taken_at": "2026-04-05T19:00:00+02:00"}
        self.assertAnswer(self.source.ingest(again), unchanged=1)
        self.assertAnswer(self.ingest("6 Apr", "1"), unchanged=1)
        self.assertEqual(self.find("2").date_to, day("6 Apr"))

    def test_missing_and_back_on_one_day_goes_on(self):
        self.ingest("1 Apr", "1", "2")
        for hour, rows in ((13, ["1"]), (14, ["1", "2"])):
            snapshot = self.snapshot("1 Apr", *rows)
            self.source.ingest(
                {**snapshot, "taken_at": f"2026-04-01T{hour}:00:00+02:00"}
            )
        self.ingest("9 Apr", "3", complete=False)
        self.assertHistory(self.find("2"), (self.acme, self.workstation, "1 Apr", None))

    def test_missing_on_the_day_of_a_move_ends_the_day_after(self):
        self.ingest("1 Apr", "1", "2")
        self.find("2").action_move(self.site, self.server, day("5 Apr"))
        self.assertAnswer(self.ingest("5 Apr", "1"), removed=1, unchanged=1)
        self.assertEqual(self.find("2").date_to, day("6 Apr"))
        later = {**self.snapshot("5 Apr", "1"), "taken_at": "2026-04-05T18:00:00+02:00"}
        self.assertAnswer(self.source.ingest(later), unchanged=1)

    def test_missing_from_a_partial_one_stays(self):
        self.ingest("1 Apr", "1", "2")
        self.assertAnswer(self.ingest("2 Apr", "3", complete=False), added=1)
        self.assertFalse((self.find("1") | self.find("2")).filtered("date_to"))
        self.assertEqual(self.map_acme.last_complete_at, moment("2026-04-01 10:00"))
        self.assertEqual(self.map_acme.last_taken_at, moment("2026-04-02 10:00"))

    def test_pages_of_one_moment(self):
        self.assertAnswer(self.ingest("1 Apr", "1", complete=False), added=1)
        self.assertAnswer(self.ingest("1 Apr", "2", complete=False), added=1)
        self.assertAnswer(self.ingest("1 Apr", "1", complete=False), unchanged=1)

    def test_back_after_a_gap_opens_a_period(self):
        self.ingest("1 Apr", "1", "2")
        self.ingest("10 Apr", "1")
        self.assertAnswer(self.ingest("20 Apr", "1", "2"), added=1, unchanged=1)
        self.assertHistory(
            self.find("2"),
            (self.acme, self.workstation, "1 Apr", "10 Apr"),
            (self.acme, self.workstation, "20 Apr", None),
        )
        self.assertFalse(self.find("2").date_to)

    def test_back_from_the_archive(self):
        self.ingest("1 Apr", "1", "2")
        self.ingest("10 Apr", "1")
        computer = self.find("2")
        computer.active = False
        self.ingest("20 Apr", "1", "2")
        self.assertTrue(computer.active)
        self.assertFalse(computer.date_to)

    def test_type_change_counts_for_the_whole_day(self):
        self.ingest("1 Apr", "1")
        self.assertAnswer(self.ingest("11 Apr", self.row("1", "server")), changed=1)
        self.assertHistory(
            self.find("1"),
            (self.acme, self.workstation, "1 Apr", "11 Apr"),
            (self.acme, self.server, "11 Apr", None),
        )
        later = self.snapshot("11 Apr", self.row("1", "mobile"))
        self.source.ingest({**later, "taken_at": "2026-04-11T20:00:00+02:00"})
        mobile = self.env.ref("msp_billing.msp_computer_type_mobile")
        self.assertHistory(
            self.find("1"),
            (self.acme, self.workstation, "1 Apr", "11 Apr"),
            (self.acme, mobile, "11 Apr", None),
        )

    def test_types_by_name_and_in_any_case(self):
        rows = [self.row("1", "Network Device"), self.row("2", " SERVER ")]
        self.assertAnswer(self.ingest("1 Apr", *rows), added=2)
        self.assertEqual(self.find("1").type_id.code, "network")
        self.assertEqual(self.find("2").type_id, self.server)

    def test_renamed(self):
        self.ingest("1 Apr", self.row("1", serial="S1"))
        self.assertAnswer(self.ingest("2 Apr", self.row("1", name="New")), changed=1)
        self.assertEqual(self.find("1").name, "New")
        self.assertEqual(self.find("1").serial, "S1")
        self.assertAnswer(
            self.ingest("3 Apr", {"key": "1", "type": "workstation"}), unchanged=1
        )
        self.assertEqual(self.find("1").name, "New")

    def test_keys_are_numbers_or_texts(self):
        self.ingest("1 Apr", self.row(17))
        self.assertAnswer(self.ingest("2 Apr", self.row(" 17 ")), changed=1)
        self.assertEqual(self.find("17").name, "PC  17")

    def test_a_planned_end_stays_until_it_is_there(self):
        self.ingest("1 Apr", "1")
        computer = self.find("1")
        computer.date_to = day("1 Jun")
        self.assertAnswer(self.ingest("2 Apr", "1"), unchanged=1)
        self.assertEqual(computer.date_to, day("1 Jun"))
        self.assertAnswer(self.ingest("3 Apr", "2"), added=1, removed=1)
        self.assertEqual(computer.date_to, day("3 Apr"))

    def test_a_planned_begin_is_brought_forward(self):
        computer = self.computer(
            since="1 Jun", source_id=self.source.id, external_key="1"
        )
        self.assertAnswer(self.ingest("1 Apr", "1"), added=1)
        self.assertHistory(computer, (self.acme, self.workstation, "1 Apr", None))

    def test_a_planned_move_for_tomorrow_is_no_news(self):
        self.ingest("1 Apr", "1")
        computer = self.find("1")
        computer.action_move(self.site, self.server, day("3 Apr"))
        self.assertAnswer(self.ingest("2 Apr", "1"), unchanged=1)
        self.assertHistory(
            computer,
            (self.acme, self.workstation, "1 Apr", "3 Apr"),
            (self.site, self.server, "3 Apr", None),
        )


@tagged("post_install", "-at_install")
class TestIngestMoves(SourceCase):
    def test_moved_to_another_customer(self):
        self.ingest("1 Apr", "1", "2")
        self.assertAnswer(self.ingest("11 Apr", "2", customer="B"), changed=1)
        expected = (
            (self.acme, self.workstation, "1 Apr", "11 Apr"),
            (self.beta, self.workstation, "11 Apr", None),
        )
        self.assertHistory(self.find("2"), *expected)
        self.assertEqual(self.find("2").partner_id, self.beta)
        self.assertAnswer(self.ingest("12 Apr", "1"), unchanged=1)
        self.assertHistory(self.find("2"), *expected)

    def test_ended_at_one_and_later_found_at_the_other(self):
        self.ingest("1 Apr", "1", "2")
        self.ingest("10 Apr", "1")
        self.assertAnswer(self.ingest("15 Apr", "2", customer="B"), added=1)
        self.assertHistory(
            self.find("2"),
            (self.acme, self.workstation, "1 Apr", "10 Apr"),
            (self.beta, self.workstation, "15 Apr", None),
        )

    def test_an_older_report_of_the_loser_does_not_move_it_back(self):
        self.ingest("1 Apr", "1", "2")
        self.ingest("11 Apr", "2", customer="B")
        answer = self.ingest("10 Apr", "1", "2")
        self.assertEqual([row["index"] for row in answer["rejected"]], [1])
        self.assertIn("computers[1]", answer["rejected"][0]["reason"])
        self.assertIn("another customer later", answer["rejected"][0]["reason"])
        self.assertEqual(answer["unchanged"], 1)
        self.assertEqual(self.find("2").partner_id, self.beta)

    def test_two_customers_of_the_source_are_one_customer(self):
        self.map_beta.partner_id = self.acme
        self.ingest("1 Apr", "1")
        self.ingest("1 Apr", "2", customer="B")
        self.assertAnswer(self.ingest("2 Apr", "1"), unchanged=1)
        self.assertFalse(self.find("2").date_to)

    def test_a_person_puts_it_into_a_site(self):
        self.ingest("1 Apr", "1")
        self.find("1").action_move(self.site, self.workstation, day("5 Apr"))
        self.assertAnswer(self.ingest("6 Apr", "1"), unchanged=1)
        self.assertEqual(self.find("1").partner_id, self.site)
        self.assertAnswer(self.ingest("7 Apr", self.row("1", "server")), changed=1)
        self.assertEqual(self.find("1").partner_id, self.site)
        self.ingest("8 Apr", "2")
        self.assertEqual(self.find("1").date_to, day("8 Apr"))

    def test_a_move_from_a_site_of_its_own_to_its_parent(self):
        """The site is an organisation of the source: what it reported may leave it."""
        self.map_beta.partner_id = self.site
        self.ingest("1 Apr", "1", customer="B")
        self.assertAnswer(self.ingest("6 Apr", "1"), changed=1)
        self.assertHistory(
            self.find("1"),
            (self.site, self.workstation, "1 Apr", "6 Apr"),
            (self.acme, self.workstation, "6 Apr", None),
        )

    def test_the_source_moves_back_what_a_person_gave_to_a_stranger(self):
        self.ingest("1 Apr", "1")
        self.find("1").action_move(self.beta, self.workstation, day("5 Apr"))
        self.assertAnswer(self.ingest("6 Apr", "1"), changed=1)
        self.assertEqual(self.find("1").partner_id, self.acme)

    def test_mapped_to_another_customer(self):
        self.ingest("1 Apr", "1")
        self.map_acme.partner_id = self.beta
        self.assertAnswer(self.ingest("6 Apr", "1"), changed=1)
        self.assertHistory(
            self.find("1"),
            (self.acme, self.workstation, "1 Apr", "6 Apr"),
            (self.beta, self.workstation, "6 Apr", None),
        )

    def test_other_sources_and_computers_by_hand_are_left_alone(self):
        by_hand = self.computer("By hand")
        other = self.source.copy({"name": "Other", "code": "other"})
        same_key = self.computer("Other", source_id=other.id, external_key="1")
        self.ingest("2 Apr", "1")
        self.assertAnswer(self.ingest("3 Apr", "2"), added=1, removed=1)
        self.assertFalse((by_hand | same_key).filtered("date_to"))

    def test_a_computer_by_hand_with_its_key_is_taken_over(self):
        computer = self.computer(
            "By hand", since="1 Feb", source_id=self.source.id, external_key="1"
        )
        self.assertAnswer(self.ingest("2 Apr", "1"), changed=1)
        self.assertHistory(computer, (self.acme, self.workstation, "1 Feb", None))
        self.assertEqual(computer.source_customer_id, self.map_acme)
