import os
import re
from pathlib import Path

from odoo.exceptions import UserError

from .rpc import RpcMixin

ADDON = Path(__file__).parents[1]
# How our code asks for what a context holds.
READS = re.compile(r"context(?:\.get\(|\[)\s*[\"'](\w+)[\"']")
# What our code reads of a context, each injected below.
KNOWN = {
    "active_id",
    "active_ids",
    "active_model",
    "bypass_lock_check",
    "cron_end_time",
    "msp_cycle_state",
    "msp_failed_cron",
    "msp_unfreeze",
    "msp_unseal",
    "msp_what",
    "report_pdf_no_attachment",
    "skip_invoice_sync",
    "tracking_disable",
}
LONG = os.environ.get("MSP_LONG") == "1"
# So many doors until each context had its turn.
TURNS = 5
# What a client may send to get round a check: Odoo's keys, and ours.
CONTEXTS = (
    {"force_delete": True},
    {"dynamic_unlink": True},
    {"_force_unlink": True},
    {"skip_readonly_check": True},
    {"bypass_lock_check": True},
    {"bypass_lock_check": "BYPASS_LOCK_CHECK"},
    {"check_move_validity": False},
    {"skip_invoice_sync": True},
    {"skip_account_move_synchronization": True},
    {"move_reverse_cancel": True},
    {"validate_analytic": False},
    {"msp_unseal": True},
    {"msp_unfreeze": True},
    {"msp_memo": {"answers": {}}, "msp_fast": True},
    {"msp_cycle_state": "billed"},
    {"msp_what": "computers"},
    {"active_test": False},
    {"allowed_company_ids": []},
    {"company_id": 1, "with_company": 1},
    {"tz": "Pacific/Kiritimati"},
    {"tz": "no zone"},
    {"lang": "en_US", "edit_translations": True},
    {"default_state": "draft", "default_kind": "correction"},
    {"default_msp_run_id": False, "default_automatic": True},
    {"default_company_id": 1, "default_move_type": "entry"},
    {"mail_notify_force_send": True, "mail_create_nolog": True},
    {"tracking_disable": True, "mail_notrack": True},
    {"bin_size": True, "prefetch_fields": False},
    {"install_mode": True, "module": "msp_billing"},
    {"import_file": True, "import_compat": True},
    {"no_reset_password": True, "uid": 1, "su": True},
    {"cron_id": 1, "ir_cron_progress_id": 1, "cron_end_time": 0},
    {"msp_failed_cron": 1},
    {"force_report_rendering": True, "report_pdf_no_attachment": True},
    {"active_model": "account.move", "active_ids": [1], "active_id": 1},
)
TOGETHER = {
    key: value
    for context in CONTEXTS
    for key, value in context.items()
    if key not in ("allowed_company_ids", "tz")
}


class AccessContexts(RpcMixin):
    """No context that a client sends opens a door."""

    def test_every_key_that_our_code_reads_is_injected(self):
        read = {
            key
            for path in ADDON.rglob("*.py")
            if "tests" not in path.parts
            for key in READS.findall(path.read_text())
        }
        self.assertEqual(read, KNOWN)
        self.assertLessEqual(KNOWN, {key for each in CONTEXTS for key in each})
        self.assertGreaterEqual(len(CONTEXTS), 25)

    def _doors(self):
        """Yield who calls what that must be refused."""
        own, other = self.world["own"], self.world["other"]
        bill, run = own["account.move"].ids, own["msp.bill.run"].ids
        lines = own["account.move"].invoice_line_ids.filtered("product_id")[:1].ids
        # The seal.
        for role in ("bookkeeper", "administrator"):
            yield role, "account.move", "write", bill, {"ref": "another"}
            yield role, "account.move", "write", bill, {"state": "draft"}
            yield role, "account.move", "button_draft", bill
            yield role, "account.move", "unlink", bill
            yield role, "account.move", "copy", bill
            yield role, "account.move.line", "write", lines, {"quantity": 9.0}
            yield role, "account.move.line", "unlink", lines
        # What a bill rests on.
        tier = own["msp.service.plan.price.tier"][1:].ids
        cycle, extra = own["msp.billing.cycle"], own["msp.extra.charge"].sorted("date")
        for role in ("manager", "administrator"):
            yield role, "msp.billing.cycle", "write", cycle.ids, {"state": "due"}
            yield role, "msp.billing.cycle", "action_release", cycle.ids, "Why not"
            yield role, "msp.charge", "unlink", cycle.charge_ids.ids
            yield role, "msp.bill.run", "unlink", run
            yield role, "msp.bill.run", "write", run, {"state": "draft"}
            yield role, "msp.bill.run", "action_start", run
            yield role, "msp.service.plan.price.tier", "unlink", tier
            yield role, "msp.extra.charge", "unlink", extra[:1].ids
            yield role, "msp.subscription", "unlink", own["msp.subscription"].ids
        # Another company.
        for model in ("msp.subscription", "msp.computer", "msp.bill.run"):
            yield "manager", model, "read", other[model][:1].ids, ["display_name"]
            yield "manager", model, "unlink", other[model][:1].ids
        yield "manager", "account.move", "read", other["account.move"].ids, ["name"]

    def test_no_context_opens_a_door(self):
        """Each context at each door; all at once for the administrator, who may most.

        Without ``MSP_LONG`` each door is tried by one of several contexts in turn.
        """
        contexts = [*CONTEXTS, {"allowed_company_ids": self.company.ids}]
        for number, (role, model, method, *args) in enumerate(self._doors()):
            few = contexts if LONG else contexts[number % TURNS :: TURNS]
            tried = [TOGETHER] if role == "administrator" else [*few, TOGETHER]
            for context in tried:
                what = f"{role} {model}.{method} {args} {context}"
                user, asked = self.users[role], {"context": context}
                with (
                    self.subTest(what),
                    self._rolled_back(),
                    self.assertRaises(UserError),
                ):
                    self._call(user, model, method, *args, **asked)

    def test_companies_are_not_taken_from_the_context(self):
        for companies in (self.other.ids, (self.company + self.other).ids):
            for role in ("sales", "manager", "bookkeeper", "portal"):
                for model in ("msp.subscription", "account.move", "msp.bill.run"):
                    asked = {"context": {"allowed_company_ids": companies}}
                    user = self.users[role]
                    with (
                        self.subTest(f"{role} {model}"),
                        self._rolled_back(),
                        self.assertRaises(UserError),
                    ):
                        self._call(user, model, "search_read", [], **asked)

    def test_lists_are_the_same_in_every_context(self):
        """Nothing of another company comes into a list, whatever is sent."""
        for context in (TOGETHER, *CONTEXTS[:: 1 if LONG else TURNS]):
            for model in ("msp.subscription", "msp.computer", "account.move"):
                asked = {"domain": [], "fields": ["display_name"], "context": context}
                with self.subTest(f"{model} {context}"), self._rolled_back():
                    found = self._call(
                        self.users["manager"], model, "search_read", **asked
                    )
                    self.assertTrue(found)
                    self.assertNotIn("zen", repr(found).lower())

    def test_a_day_that_lies_ahead_is_not_billed(self):
        """No time zone and no default makes it today, or gets round the approval."""
        vals = {"date": "2099-01-01", "company_id": self.company.id}
        for context in (*CONTEXTS, TOGETHER, {"default_state": "running"}):
            with self.subTest(str(context)), self._rolled_back():
                manager = self.users["manager"]
                asked = {"context": context}
                try:
                    run = self._call(manager, "msp.bill.run", "create", vals, **asked)
                except UserError:
                    continue
                record = self.env["msp.bill.run"].browse(run)
                self.assertEqual((record.state, record.automatic), ("draft", False))
                for method in ("action_start", "action_approve", "action_resume"):
                    with self.assertRaises(UserError):
                        self._call(manager, "msp.bill.run", method, [run], **asked)

    def test_every_context_previews_the_same(self):
        """What is counted and rated does not hang on the browser that asks."""
        manager, seen = self.users["manager"], set()
        run = self._new_run("2026-03-01")
        for context in ({}, TOGETHER, *CONTEXTS[:: 1 if LONG else TURNS]):
            with self.subTest(str(context)), self._rolled_back():
                asked = {"context": context}
                self._call(manager, "msp.bill.run", "action_preview", run.ids, **asked)
                cycles = run.cycle_ids
                self.assertEqual(run.state, "previewed")
                seen.add(
                    (
                        tuple(cycles.mapped("fingerprint")),
                        tuple(cycles.mapped("state")),
                        tuple(cycles.mapped("kind")),
                        tuple(cycles.charge_ids.mapped("name")),
                    )
                )
        self.assertEqual(len(seen), 1, seen)

    def test_a_credit_note_is_sent_whatever_the_context_says(self):
        bill = self.world["own"]["account.move"]
        bad = {"default_state": "sent", "default_pdf_only": True, "default_to": "x@y.z"}
        for context in (bad, {**TOGETHER, **bad}):
            with self.subTest(str(context)), self._rolled_back():
                args = bill.ids, True, "Why not"
                manager, asked = self.users["manager"], {"context": context}
                ids = self._call(
                    manager, "account.move", "action_msp_void", *args, **asked
                )
                delivery = self.env["account.move"].browse(ids).msp_delivery_ids
                self.assertEqual(delivery.state, "queued")
                self.assertEqual(delivery.to, bill.msp_bill_email)
                self.assertFalse(delivery.pdf_only)
