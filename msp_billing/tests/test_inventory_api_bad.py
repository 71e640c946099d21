import re

from odoo.tests import tagged

from . import bad_requests
from .bad_requests import GOOD, GOOD_ROW
from .http_common import InventoryHttpCase

INTERNALS = re.compile(r"Traceback|File \"|<html|<!DOCTYPE|psycopg|odoo\.|/usr/|debug")


@tagged("post_install", "-at_install")
class TestBadRequests(InventoryHttpCase):
    """Whatever comes in: never a 500, nothing half done, a text that helps."""

    def setUp(self):
        super().setUp()
        # There is something that could go wrong.
        self.assertEqual(self.post(self.snapshot("1", "2")).status, 200)

    def check(self, case):
        """Send a case; return what it left in the tables."""
        headers = {k.replace("-", "_"): value for k, value in case.headers.items()}
        answer = self.post(case.body, method=case.method, **headers)
        self.assertEqual(answer.status, case.status, answer.text[:500])
        self.assertEqual(
            answer.headers["Content-Type"], "application/json; charset=utf-8"
        )
        self.assertNotIn("Set-Cookie", answer.headers)
        self.assertNotRegex(answer.text, INTERNALS)
        self.assertRegex(answer.message, case.says)
        self.assertLess(len(answer.message), 700)
        return self.inventory()

    def check_refused(self, cases):
        before = self.inventory()
        for case in cases:
            with self.subTest(case.name):
                self.assertEqual(self.check(case), before)

    def test_there_are_many_cases(self):
        cases = bad_requests.REFUSED + bad_requests.ROWS
        names = [case.name for case in cases]
        self.assertGreaterEqual(len(cases), 170)
        self.assertEqual(len(names), len(set(names)))

    def test_methods(self):
        self.check_refused(bad_requests.METHODS)
        answer = self.post(GOOD, method="PUT")
        self.assertEqual(answer.headers["Allow"], "POST")
        self.assertEqual(self.post(GOOD, method="HEAD").status, 405)

    def test_keys(self):
        self.check_refused(bad_requests.KEYS)
        answer = self.post(GOOD, Authorization=None)
        self.assertEqual(
            answer.headers["WWW-Authenticate"], 'Bearer realm="MSP Billing"'
        )

    def test_content_types(self):
        self.check_refused(bad_requests.TYPES)

    def test_lengths(self):
        self.check_refused(bad_requests.LENGTHS)

    def test_idempotency_keys(self):
        self.check_refused(bad_requests.IDEMPOTENCY)

    def test_bytes(self):
        self.check_refused(bad_requests.BYTES)

    def test_frames(self):
        self.check_refused(bad_requests.FRAMES)

    def test_too_many(self):
        self.check_refused(bad_requests.TOO_MANY)

    def test_rows(self):
        changing = ("msp_source_customer", "msp_source_request", "msp_source_sync")
        before = self.inventory()
        for case in bad_requests.ROWS:
            with self.subTest(case.name):
                after = self.check(case)
                for table in set(before) - set(changing):
                    self.assertEqual(after[table], before[table], table)

    def test_bad_rows_among_good_ones(self):
        rows = [case.body["computers"][0] for case in bad_requests.ROWS]
        small = [row for row in rows if len(str(row)) < 1000]
        good = [{"key": f"new {n}", "type": "server"} for n in range(len(small))]
        mixed = [row for pair in zip(small, good, strict=True) for row in pair]
        answer = self.post({**GOOD, "complete": True, "computers": mixed})
        self.assertEqual(answer.status, 200)
        self.assertEqual(answer.json["added"], len(good))
        self.assertEqual(
            [row["index"] for row in answer.json["rejected"]],
            list(range(0, 2 * len(small), 2)),
        )
        # 1 and 2 of the first snapshot are gone.
        self.assertEqual(answer.json["removed"], 2)

    def test_the_good_request_is_good(self):
        answer = self.post(GOOD)
        self.assertEqual((answer.status, answer.json["added"]), (200, 1))


@tagged("post_install", "-at_install")
class TestOddRequests(InventoryHttpCase):
    """What looks odd and is right, or is the same as something else."""

    def keys(self, *keys, **row):
        rows = [{"key": key, "type": "server", **row} for key in keys]
        answer = self.post(self.snapshot(computers=rows))
        self.assertEqual(answer.status, 200, answer.text)
        return answer

    def test_composed_and_decomposed_are_the_same(self):
        answer = self.keys("caf\u00e9", "cafe\u0301")
        self.assertRegex(answer.message, r"café is in the list twice.*computers\[0\]")
        self.assertEqual(self.computers(), ["caf\u00e9"])
        self.assertEqual(self.keys("cafe\u0301").json["unchanged"], 1)

    def test_a_decomposed_customer_is_the_mapped_one(self):
        self.map_acme.external_key = "Cafe\u0301"
        answer = self.post(self.snapshot("1", customer="Caf\u00e9\u200b "))
        self.assertEqual((answer.status, answer.json["added"]), (200, 1))

    def test_large_and_small_letters_differ_in_keys(self):
        self.assertEqual(self.keys("pc-1", "PC-1").json["added"], 2)

    def test_blanks_and_unseen_characters_around_do_not_count(self):
        answer = self.keys(" 1", "1\u00a0", "\ufeff1", "1\u200b")
        self.assertEqual(answer.json["added"], 1)
        self.assertEqual(len(answer.json["rejected"]), 3)

    def test_whole_numbers_are_text(self):
        answer = self.keys(1, "1", 0, -0, 10**29, 2**63, serial=17)
        self.assertEqual(answer.json["added"], 4)
        self.assertEqual(
            sorted(self.computers()), sorted(["1", "0", str(10**29), str(2**63)])
        )

    def test_scripts_of_the_world(self):
        names = ("Büro", "会议室", "غرفة", "חדר", "नमस्ते", "👩\u200d💻", "ﬁ", "İstanbul")
        self.assertEqual(self.keys(*names).json["added"], len(names))

    def test_types_by_code_and_name_in_any_case(self):
        rows = [
            {"key": kind, "type": kind} for kind in ("SERVER", " Server ", "server")
        ]
        self.assertEqual(self.post(self.snapshot(computers=rows)).json["added"], 3)

    def test_never_seen(self):
        """Tools write the first moment of their clock for "never"."""
        for number, value in enumerate(
            ("0001-01-01T00:00:00Z", "1970-01-01T00:00:00Z", None, "", False)
        ):
            self.keys(f"never {number}", last_contact=value)
        found = self.env["msp.computer"].search([("source_id", "=", self.source.id)])
        self.assertEqual(len(found), 5)
        self.assertFalse(any(found.mapped("last_contact")))

    def test_a_clock_that_is_a_little_ahead(self):
        answer = self.keys("1", last_contact="2024-04-02T20:00:00Z")
        self.assertFalse(answer.json["rejected"])

    def test_unknown_fields_are_left_alone(self):
        self.assertEqual(self.keys("1", os="Linux", tags=[]).json["added"], 1)

    def test_a_byte_order_mark(self):
        body = (
            b"\xef\xbb\xbf"
            + str(GOOD).replace("'", '"').replace("False", "false").encode()
        )
        self.assertEqual(self.post(body).status, 200)

    def test_nested_as_deep_as_may_be(self):
        row = {**GOOD_ROW, "more": {"a": {"b": {"c": [1]}}}}
        answer = self.post({**GOOD, "computers": [row]})
        self.assertEqual((answer.status, answer.json["added"]), (200, 1))

    def test_the_scheme_in_any_case(self):
        answer = self.post(GOOD, Authorization=f"bEARER {self.key}")
        self.assertEqual(answer.status, 200)

    def test_charset_is_named(self):
        answer = self.post(GOOD, Content_Type='application/json; charset="UTF-8"')
        self.assertEqual(answer.status, 200)

    def test_what_is_known_by_another_name(self):
        """An empty list ends nothing unless it is confirmed."""
        self.keys("1")
        answer = self.post(self.snapshot())
        self.assertEqual(answer.status, 422)
        self.assertRegex(answer.message, "confirmed_empty")
        self.assertEqual(self.computers(), ["1"])
        answer = self.post(self.snapshot(confirmed_empty=True))
        self.assertEqual((answer.status, answer.json["removed"]), (200, 1))

    def test_older_than_the_newest(self):
        self.keys("1")
        answer = self.post(self.snapshot("2", taken_at="2024-04-01T12:00:00Z"))
        self.assertEqual(answer.status, 422)
        self.assertRegex(answer.message, "before the newest one")
