from odoo.exceptions import UserError
from odoo.tests import tagged

from .import_common import GOOD, HEADER, ImportCase
from .inventory_common import day


def rows(customer, *keys, kind="workstation"):
    return "".join(f"{customer},{key},PC {key},{kind},,\n" for key in keys)


@tagged("post_install", "-at_install")
class TestPreview(ImportCase):
    """What the preview shows is what the import does."""

    def assertSame(self, wizard):
        """Compare what was told of each customer with the log of the import."""
        told = {
            line.external_key: [
                line[name] for name in ("added", "changed", "ended", "unchanged")
            ]
            for line in wizard.customer_ids
            if line.level not in ("refused", "skipped")
        }
        done = {
            sync.customer_key: [
                sync[name] for name in ("added", "changed", "removed", "unchanged")
            ]
            for sync in wizard.sync_ids
        }
        self.assertEqual(told, done)

    def test_each_computer(self):
        self.load(HEADER + rows("A", 1, 2, 3, 4, 5) + rows("B", 6, 7))
        self.load(
            HEADER + rows("A", 1, 2, 3, 4) + rows("B", 6, 7), "2026-04-05 10:00:00"
        )
        text = (
            HEADER
            + rows("A", 1, 5, 8)
            + rows("A", 2, kind="server")
            + "A,3,New Name,workstation,,\n"
            + rows("B", 6, 4)
            + rows("B", 9, kind="toaster")
        )
        wizard = self.preview(text, "2026-04-11 10:00:00")
        since = day("11 Apr")
        self.assertEqual(
            self.told(wizard),
            {
                "2": ("retyped", self.acme, since),
                "3": ("renamed", self.acme, False),
                "4": ("moved", self.beta, since),
                "5": ("added", self.acme, since),
                "7": ("ended", self.beta, since),
                "8": ("added", self.acme, since),
                "9": ("rejected", self.beta, False),
            },
        )
        details = {line.computer_key: line.detail for line in wizard.computer_ids}
        self.assertEqual(details["2"], "from Workstation to Server")
        self.assertEqual(details["3"], "PC 3 is now New Name")
        self.assertEqual(details["4"], "from Acme to Beta")
        self.assertEqual(details["5"], "Comes back")
        self.assertIn("toaster", details["9"])
        counts = ("added", "changed", "ended", "unchanged", "rejected")
        self.assertEqual([wizard[name] for name in counts], [2, 3, 1, 2, 1])
        wizard.action_import()
        self.assertSame(wizard)
        self.assertHistory(
            self.find("4"),
            (self.acme, self.workstation, "1 Apr", "11 Apr"),
            (self.beta, self.workstation, "11 Apr", None),
        )
        self.assertEqual(self.find("7").date_to, since)
        self.assertFalse(self.find("9"))
        self.assertEqual(wizard.rejected_ids.mapped("computer_key"), ["9"])

    def test_a_preview_writes_nothing(self):
        self.load(GOOD)
        before = self.digest()
        hooks = (
            self.env.cr.postrollback,
            self.env.cr.postcommit,
            self.env.cr.precommit,
        )
        self.env.flush_all()
        waiting = [len(hook._funcs) for hook in hooks]
        wizard = self.wizard(
            HEADER + rows("A", 1, 9) + rows("C", 5), "2026-04-05 10:00"
        )
        wizard.taken_at = "2026-04-05 10:00:00"
        wizard.action_read()
        wizard.unknown_ids.partner_id = self.site
        wizard.action_preview()
        self.assertEqual((wizard.state, wizard.added, wizard.ended), ("preview", 2, 1))
        self.assertEqual(self.digest(), before)
        self.assertEqual([len(hook._funcs) for hook in hooks], waiting)

    def test_a_move_does_not_depend_on_the_order_of_customers(self):
        for source, target in (("A", "B"), ("B", "A")):
            with (
                self.subTest(f"{source} to {target}"),
                self.env.cr.savepoint() as point,
            ):
                self.load(HEADER + rows(source, 1, 2, 3) + rows(target, 4))
                wizard = self.preview(
                    HEADER + rows(source, 1, 2) + rows(target, 3, 4),
                    "2026-04-11 10:00:00",
                )
                self.assertEqual(self.told(wizard)["3"][0], "moved")
                self.assertEqual((wizard.ended, wizard.changed), (0, 1))
                wizard.action_import()
                self.assertSame(wizard)
                self.assertEqual(len(self.find("3").period_ids), 2)
                self.assertFalse(self.find("3").date_to)
                point.close(rollback=True)

    def test_what_changed_since_the_preview(self):
        self.load(HEADER + rows("A", 1, 2, 3))
        wizard = self.preview(HEADER + rows("A", 1, 2), "2026-04-11 10:00:00")
        self.assertEqual(wizard.ended, 1)
        self.find("2").action_move(self.beta, self.workstation, day("5 Apr"))
        before = self.digest()
        wizard.action_import()
        self.assertEqual(self.digest(), before)
        self.assertEqual(wizard.state, "preview")
        self.assertIn("Nothing was imported", wizard.problem)
        self.assertIn("(A)", wizard.problem)
        self.assertEqual(wizard.changed, 1)
        wizard.action_import()
        self.assertEqual(wizard.state, "done")
        self.assertFalse(wizard.problem)
        self.assertEqual(self.find("2").partner_id, self.acme)

    def test_a_delivery_in_between(self):
        """A new mapping is taken back too when the import does not happen."""
        self.load(HEADER + rows("A", 1, 2))
        wizard = self.wizard(HEADER + rows("A", 1) + rows("C", 3))
        wizard.taken_at = "2026-04-11 10:00:00"
        wizard.action_read()
        wizard.unknown_ids.partner_id = self.beta
        wizard.action_preview()
        self.ingest("12 Apr", "1", "2")
        before = self.digest()
        wizard.action_import()
        self.assertEqual(self.digest(), before)
        self.assertEqual(wizard.state, "preview")
        line = wizard.customer_ids.filtered(lambda line: line.external_key == "A")
        self.assertEqual(line.level, "refused")
        self.assertIn("newest one", line.message)
        wizard.action_import()
        self.assertEqual(self.find("3").partner_id, self.beta)
        self.assertFalse(self.find("2").date_to)
        refused = self.source.sync_ids.filtered(lambda sync: sync.state == "refused")
        self.assertEqual(refused.source_customer_id, self.map_acme)

    def test_values_changed_behind_the_preview(self):
        wizard = self.preview(HEADER + rows("A", 1), "2026-04-11 10:00:00")
        wizard.taken_at = "2026-04-12 10:00:00"
        wizard.action_import()
        self.assertEqual(wizard.state, "preview")
        self.assertFalse(self.find("1"))

    def test_jumps_are_highlighted(self):
        many = range(45)
        self.load(HEADER + rows("A", *many) + rows("B", 100, 101))
        wizard = self.preview(
            HEADER + rows("A", *range(5)) + rows("B", 100), "2026-04-11 10:00:00"
        )
        self.assertEqual(wizard.warning, "A: 40 of 45 computers end.")
        levels = {line.external_key: line.level for line in wizard.customer_ids}
        self.assertEqual(levels, {"A": "warning", "B": False})
        moved = self.preview(
            HEADER + rows("A", *range(5)) + rows("B", 100, 101, *range(5, 45)),
            "2026-04-11 10:00:00",
        )
        self.assertEqual(
            moved.warning.splitlines(),
            [
                "A: 40 of 45 computers end or move away.",
                "B: 40 computers are new; until now there are 2.",
            ],
        )
        last = self.preview(
            HEADER + rows("A", *many) + rows("B", 200), "2026-04-11 10:00:00"
        )
        self.assertEqual(last.warning, "B: 2 of 2 computers end.")

    def test_lists_of_computers(self):
        wizard = self.preview(GOOD)
        action = wizard.with_context(msp_what="added").action_view_computers()
        self.assertEqual(action["context"], {"search_default_added": 1})
        found = self.env["msp.source.import.computer"].search(action["domain"])
        self.assertEqual(found.mapped("computer_key"), ["1", "2", "3"])
        action = wizard.customer_ids[1].action_view_computers()
        found = self.env["msp.source.import.computer"].search(action["domain"])
        self.assertEqual(found.mapped("computer_key"), ["3"])


@tagged("post_install", "-at_install")
class TestImportTheRest(ImportCase):
    """A bad line is named and left out; its computer is left as it is."""

    def test_every_line_says_what_is_wrong(self):
        wizard = self.preview(
            HEADER
            + "A,1,PC 1,workstation,,\n"
            + "A,2,PC 2,toaster,,\n"
            + "\n"
            + "A,7,PC 7,server,,\n"
            + "A,7,PC 7 again,server,,\n"
            + "B,8,PC 8,server,,\n"
            + "A,8,PC 8 elsewhere,server,,\n"
            + ",4,PC 4,server,,\n"
            + "A,,PC 5,server,,\n"
            + "A,6,PC 6\n"
            + '"A","9","two\nlines",server,,\n'
            + "A,10,PC 10,,,\n"
        )
        expected = {
            3: "type toaster of computer 2 is not known.*workstation, server",
            6: "key 7 is in line 5 already",
            7: "key 8 is in line 8 too, with another customer or type",
            8: "key 8 is in line 7 too, with another customer or type",
            9: "computer 4 has no customer. Fill the column customer",
            10: "computer PC 5 has no key",
            11: "3 cells where the header has 6: A | 6 | PC 6",
            12: "the name two.*control characters",
            14: "computer 10 has no type. Use one of: workstation",
        }
        found = self.rejections(wizard)
        self.assertEqual(list(found), sorted(expected))
        for line, pattern in expected.items():
            self.assertRegex(found[line].replace("|", "!"), pattern.replace("|", "!"))
        self.assertEqual((wizard.added, wizard.rejected), (2, 9))
        wizard.action_import()
        self.assertTrue(self.find("1") and self.find("7"))
        log = wizard.sync_ids.filtered(lambda sync: sync.customer_key == "A")
        self.assertEqual(log.rejected, 6)
        self.assertIn("Line 8: key 8", log.rejected_details)
        refused = self.source.sync_ids - wizard.sync_ids
        self.assertIn("3 cells", " ".join(refused.mapped("message")))

    def test_computers_of_rejected_lines_never_end(self):
        self.load(HEADER + rows("A", *range(1, 8)) + rows("B", 50, 51))
        wizard = self.load(
            HEADER
            + rows("A", 1)
            + rows("A", 2, kind="toaster")  # unknown type
            + "A,PC, 3,3,server,,\n"  # a delimiter without quotes
            + rows("B", 4, kind="toaster")  # would be a move
            + rows("A", 5)
            + rows("B", 5)  # at two customers
            + ",6,PC 6,server,,\n"  # no customer
            + rows("B", 50),
            "2026-04-11 10:00:00",
        )
        self.assertEqual(wizard.rejected, 6)
        for key in range(1, 7):
            self.assertFalse(self.find(str(key)).date_to, key)
        self.assertEqual(self.find("7").date_to, day("11 Apr"))
        self.assertEqual(self.find("51").date_to, day("11 Apr"))
        # Mended and imported again, the same export says the rest.
        self.load(HEADER + rows("A", 1, 2, 3) + rows("B", 4, 50), "2026-04-11 10:00:00")
        self.assertEqual(self.find("4").partner_id, self.beta)
        self.assertEqual(self.find("5").date_to, day("11 Apr"))

    def test_what_moves_to_a_skipped_customer_ends(self):
        self.load(HEADER + rows("A", 1, 2))
        wizard = self.wizard(HEADER + rows("A", 1) + rows("Lab", 2))
        wizard.taken_at = "2026-04-11 10:00:00"
        wizard.action_read()
        wizard.unknown_ids.skip = True
        wizard.action_preview()
        self.assertEqual([wizard.ended, wizard.skipped, wizard.unchanged], [1, 1, 1])
        wizard.action_import()
        self.assertEqual(self.find("2").date_to, day("11 Apr"))

    def test_one_refused_customer_does_not_stop_the_others(self):
        self.ingest("12 Apr", "1", "2", customer="B")
        wizard = self.load(GOOD, "2026-04-11 10:00:00")
        self.assertEqual(wizard.sync_ids.mapped("customer_key"), ["A"])
        self.assertEqual((wizard.added, wizard.rejected), (0, 3))

    def test_nothing_to_import(self):
        wizard = self.preview(HEADER + "A,1,PC\n")
        self.assertFalse(wizard.importable)
        with self.assertRaisesRegex(UserError, "export.csv has nothing that can be"):
            wizard.action_import()
        self.ingest("12 Apr", "1")
        self.assertFalse(self.preview(HEADER + rows("A", 1)).importable)

    def test_an_export_from_the_future(self):
        message = self.refusal(GOOD, "2026-07-02 10:00:00")
        self.assertIn("2026-07-02 10:00:00 UTC: that is in the future", message)
