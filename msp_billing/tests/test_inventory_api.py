import json

from odoo.tests import tagged
from odoo.tools import mute_logger

from .http_common import InventoryHttpCase


@tagged("post_install", "-at_install")
class TestReport(InventoryHttpCase):
    """What a source reports by HTTP."""

    def test_a_snapshot_is_taken_in(self):
        answer = self.post(self.snapshot("1", "2"))
        self.assertEqual(answer.status, 200)
        self.assertEqual(
            answer.json,
            {"added": 2, "removed": 0, "changed": 0, "unchanged": 0, "rejected": []},
        )
        self.assertEqual(
            answer.headers["Content-Type"], "application/json; charset=utf-8"
        )
        self.assertEqual(answer.headers["Cache-Control"], "no-store")
        self.assertNotIn("Set-Cookie", answer.headers)
        self.assertNotIn("Idempotent-Replay", answer.headers)
        self.assertEqual(sorted(self.computers()), ["1", "2"])
        sync = self.source.sync_ids
        self.assertEqual((sync.state, sync.added), ("applied", 2))
        self.assertEqual(sync.user_id, self.source.agent_user_id)

    def test_rejected_rows_are_named_and_the_others_taken_in(self):
        snapshot = self.snapshot("1")
        snapshot["computers"].append({"key": "2", "type": "toaster"})
        answer = self.post(snapshot)
        self.assertEqual((answer.status, answer.json["added"]), (200, 1))
        [row] = answer.json["rejected"]
        self.assertEqual(row["index"], 1)
        self.assertRegex(row["reason"], r"^computers\[1\]: .*toaster.*workstation")
        self.assertEqual(self.computers(), ["1"])

    def test_a_refused_snapshot_is_in_the_log_of_the_source(self):
        answer = self.post(self.snapshot("1", customer="Z"))
        self.assertEqual(answer.status, 422)
        self.assertRegex(answer.message, "RMM: customer Z is not mapped")
        sync = self.source.sync_ids
        self.assertEqual((sync.state, sync.message), ("refused", answer.message))
        self.assertEqual(sync.user_id, self.source.agent_user_id)
        # And the customer waits for being mapped.
        self.assertEqual(
            self.source.customer_map_ids.mapped("external_key"), ["A", "Z"]
        )
        self.assertFalse(self.env["msp.source.request"].search([]))

    def test_an_unreadable_request_is_in_the_log_of_the_source(self):
        answer = self.post(b"{")
        self.assertEqual(answer.status, 400)
        sync = self.source.sync_ids
        self.assertEqual((sync.state, sync.message), ("refused", answer.message))

    def test_who_has_no_key_leaves_nothing_in_the_log(self):
        self.assertEqual(self.post(b"{", Authorization=None).status, 401)
        self.assertFalse(self.source.sync_ids)

    def test_company_and_customer_are_told_by_the_source(self):
        other = self.env["res.company"].create({"name": "Other"})
        snapshot = self.snapshot("1", company_id=other.id, source="x", source_id=99)
        snapshot["computers"][0]["partner_id"] = self.beta.id
        self.assertEqual(self.post(snapshot).status, 200)
        computer = self.env["msp.computer"].search([("external_key", "=", "1")])
        self.assertEqual(computer.company_id, self.company)
        self.assertEqual(computer.partner_id, self.acme)

    def test_a_source_of_another_company(self):
        other = self.env["res.company"].create(
            {"name": "Other", "msp_timezone": "Pacific/Auckland"}
        )
        source = self.env["msp.source"].create(
            {"name": "Far", "code": "far", "company_id": other.id}
        )
        self.env["msp.source.customer"].create(
            {
                "source_id": source.id,
                "external_key": "A",
                "partner_id": self.beta.id,
            }
        )
        bearer = f"Bearer {self.new_key(source)}"
        snapshot = self.snapshot("1", taken_at="2024-04-02T13:00:00Z")
        answer = self.post(snapshot, Authorization=bearer)
        self.assertEqual(answer.status, 200)
        computer = self.env["msp.computer"].search([("external_key", "=", "1")])
        self.assertEqual(computer.company_id, other)
        self.assertEqual(computer.partner_id, self.beta)
        # Already the third in Auckland.
        self.assertEqual(str(computer.date_from), "2024-04-03")

    def test_the_query_string_and_a_session_have_no_say(self):
        self.authenticate("admin", "admin")
        cookie = {"Cookie": f"session_id={self.session.sid}"}
        answer = self.post(
            self.snapshot("1"), path="/msp/v1/inventory?data=1&db=none", **cookie
        )
        # The cookie replaces that of the test, which Odoo then refuses.
        self.assertNotEqual(answer.status, 500)
        answer = self.post(self.snapshot("1"), path="/msp/v1/inventory?data=1&x=2")
        self.assertEqual(answer.status, 200)

    def test_an_unexpected_error_tells_no_internals(self):
        def fail(*_arguments):
            raise ValueError("secret of the house")

        self.patch(self.registry["msp.source"], "ingest", fail)
        with mute_logger("odoo.http"):
            answer = self.post(self.snapshot("1"))
        self.assertEqual(answer.status, 500)
        self.assertNotIn("secret", answer.text)
        self.assertNotIn("Traceback", answer.text)
        self.assertRegex(answer.message, "send the same again later")
        self.assertEqual(list(answer.json["error"]), ["status", "message"])

    def test_as_many_as_fit(self):
        def rows(number):
            return [{"key": str(n), "type": "server"} for n in range(number)]

        answer = self.post(self.snapshot(computers=rows(10_001)))
        self.assertEqual(answer.status, 413)
        self.assertRegex(answer.message, "10001 computers, at most 10000")
        answer = self.post(self.snapshot(computers=rows(10_000)))
        self.assertEqual((answer.status, answer.json["added"]), (200, 10_000))


@tagged("post_install", "-at_install")
class TestIdempotency(InventoryHttpCase):
    """The same request again gets the same answer, and changes nothing."""

    def test_the_same_again(self):
        first = self.post(self.snapshot("1"), Idempotency_Key="k")
        before = self.inventory()
        again = self.post(self.snapshot("1"), Idempotency_Key="k")
        self.assertEqual((again.status, again.body), (200, first.body))
        self.assertEqual(again.headers["Idempotent-Replay"], "true")
        self.assertEqual(self.inventory(), before)
        self.assertEqual(len(self.source.sync_ids), 1)

    def test_rejected_rows_come_again_too(self):
        snapshot = self.snapshot("1")
        snapshot["computers"].append({"key": "é", "type": "toaster"})
        first = self.post(snapshot, Idempotency_Key="k")
        again = self.post(snapshot, Idempotency_Key="k")
        self.assertEqual(again.body, first.body)
        self.assertEqual(len(again.json["rejected"]), 1)

    def test_another_body(self):
        self.post(self.snapshot("1"), Idempotency_Key="k")
        before = self.inventory()
        answer = self.post(self.snapshot("1", "2"), Idempotency_Key="k")
        self.assertEqual(answer.status, 409)
        self.assertRegex(answer.message, "Idempotency-Key k was used for another body")
        self.assertEqual(self.inventory(), before)

    def test_a_refused_report_may_be_mended_under_its_key(self):
        bad = self.snapshot("1", complete="yes")
        self.assertEqual(self.post(bad, Idempotency_Key="k").status, 422)
        good = self.post(self.snapshot("1"), Idempotency_Key="k")
        self.assertEqual((good.status, good.json["added"]), (200, 1))
        self.assertNotIn("Idempotent-Replay", good.headers)

    def test_another_source_has_keys_of_its_own(self):
        source = self.env["msp.source"].create({"name": "Second", "code": "second"})
        self.env["msp.source.customer"].create(
            {
                "source_id": source.id,
                "external_key": "A",
                "partner_id": self.beta.id,
            }
        )
        bearer = f"Bearer {self.new_key(source)}"
        self.post(self.snapshot("1"), Idempotency_Key="k")
        answer = self.post(
            self.snapshot("9"), Idempotency_Key="k", Authorization=bearer
        )
        self.assertEqual((answer.status, answer.json["added"]), (200, 1))
        self.assertNotIn("Idempotent-Replay", answer.headers)

    def test_the_same_snapshot_under_another_key_changes_nothing(self):
        self.post(self.snapshot("1"))
        answer = self.post(self.snapshot("1"))
        self.assertEqual((answer.json["added"], answer.json["unchanged"]), (0, 1))

    def test_old_requests_are_forgotten(self):
        self.post(self.snapshot("1"), Idempotency_Key="old")
        self.post(self.snapshot("1", "2"), Idempotency_Key="new")
        Request = self.env["msp.source.request"]
        old = Request.search([("idempotency_key", "=", "old")])
        self.env.cr.execute(
            "UPDATE msp_source_request SET create_date = create_date - interval "
            "'31 days' WHERE id = %s",
            [old.id],
        )
        self.env.invalidate_all()
        self.assertEqual(Request._gc_requests(), (1, False))
        self.assertEqual(Request.search([]).mapped("idempotency_key"), ["new"])
        answer = self.post(self.snapshot("1", "2"), Idempotency_Key="old")
        self.assertNotIn("Idempotent-Replay", answer.headers)
        self.assertEqual(answer.json["unchanged"], 2)

    def test_what_is_kept(self):
        answer = self.post(self.snapshot("1"), Idempotency_Key="k")
        request = self.env["msp.source.request"].search([])
        self.assertEqual(request.source_id, self.source)
        self.assertEqual(request.company_id, self.company)
        self.assertEqual(request.status, 200)
        self.assertEqual(json.loads(request.answer), answer.json)
        self.assertNotIn(self.key, str(request.read()))
