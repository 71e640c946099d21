import inspect
import os

from odoo.exceptions import AccessError, UserError
from odoo.service.model import get_public_method

from .rpc import RpcMixin

# What a client can call beside what every model of Odoo has, reviewed one by one. No
# method takes an amount. These tell the web client what to open and change nothing:
OPENERS = """
account.move              action_msp_consolidated action_msp_open_cycles
account.move              action_msp_open_in_accounting get_formview_id
ir.actions.report         get_wkhtmltopdf_state
msp.audit.finding         action_open_record
msp.bill.run              action_view_bills action_view_cycles get_progress
msp.bill.run              get_scheduler_notices
msp.billing.cycle         action_open_bill
msp.billing.report        action_open_charge
msp.company.settings      default_get
msp.computer              action_open_move
msp.computer.month        action_open_computers
msp.dashboard             get_data get_leakage
msp.delivery              action_open_bill
msp.late.change           action_open_cycle
msp.leakage               action_open_associate action_open_end action_open_record
msp.recurring.revenue     action_open_subscription
msp.reminder.step         action_edit_mail
msp.service.plan          action_open_associate action_open_dissociate
msp.service.plan          action_open_price_change action_view_subscriptions
msp.service.plan          get_first_steps get_import_templates
msp.source                action_import action_new_key action_view_computers
msp.source                action_view_syncs
msp.source.import         action_view_computers action_view_syncs
msp.source.import.column  name_search
msp.source.import.customer action_view_computers
msp.subscription          action_view_computers action_view_cycles
msp.subscription          get_import_templates
msp.subscription.dissociate default_get
res.config.settings       get_values
res.partner               action_msp_view_bills action_msp_view_computers
res.partner               action_msp_print_statement action_msp_view_subscriptions
"""
# These change something, and are for the roles named: s sales, m manager, a
# accountant, b bookkeeper, r auditor; without any, for administrators alone.
CHANGERS = """
account.move                   action_msp_end_dispute m a b
account.move                   action_msp_extend     m a b
account.move                   action_msp_void       m
account.move                   button_cancel         a b
msp.audit.finding              action_audit          m a b r
msp.bill.dispute.end           action_end           m a b
msp.bill.extend                action_extend         m a b
msp.bill.run                   action_approve        m
msp.bill.run                   action_draft          m
msp.bill.run                   action_pause          m
msp.bill.run                   action_preview        m
msp.bill.run                   action_resume         m
msp.bill.run                   action_start          m
msp.bill.void                  action_void           m
msp.billing.cycle              action_release        m
msp.billing.cycle              action_retry          m
msp.billing.cycle.release      action_release        m
msp.company.settings           action_save           m
msp.computer                   action_move           m
msp.computer.end               action_end            m
msp.computer.move              action_move           m
msp.consolidated.bill          action_download       s m a b r
msp.delivery                   action_cancel         m
msp.delivery                   action_mark_sent      m
msp.delivery                   action_resend         m
msp.delivery                   action_send_pdf_only  m
msp.dashboard                  action_refresh_forecast m
msp.late.change                action_look_again     m
msp.price.change               action_apply          m
msp.price.change               action_back           m
msp.price.change               action_preview        m
msp.service.plan               action_hide_first_steps m
msp.source                     ingest                m
msp.source                     ingest_many           m
msp.source.import              action_back           m
msp.source.import              action_import         m
msp.source.import              action_preview        m
msp.source.import              action_read           m
msp.source.import              action_use_proposals  m
msp.source.import.customer     action_use_proposal   m
msp.source.key                 action_revoke         m
msp.source.key.new             action_create_key     m
msp.subscription               action_dissociate     s m
msp.subscription               action_lift_suspension s m
msp.subscription.associate     action_associate      s m
msp.subscription.dissociate    action_dissociate     s m
res.config.settings            set_values
res.partner                    action_msp_send_statement m
"""
LETTERS = {
    "s": "sales",
    "m": "manager",
    "a": "accountant",
    "b": "bookkeeper",
    "r": "auditor",
}
# What every model has, and what we only extend.
ORM = {"create", "write", "unlink", "copy_data"}
SNAPSHOT = {
    "customer": "Zenith-1",
    "taken_at": "2026-04-01T20:00:00Z",
    "complete": True,
    "computers": [],
}
ARGUMENTS = {
    ("account.move", "action_msp_end_dispute"): ("Why not",),
    ("account.move", "action_msp_extend"): ("2027-03-01", "Why not"),
    ("account.move", "action_msp_void"): (True, "Why not"),
    ("msp.billing.cycle", "action_release"): ("Why not",),
    ("msp.computer", "action_move"): (1, 1, "2026-01-20"),
    ("msp.company.settings", "default_get"): (["company_id", "msp_due_days"],),
    ("msp.subscription.dissociate", "default_get"): (["plan_id"],),
    ("msp.source", "ingest"): (SNAPSHOT,),
    ("msp.source", "ingest_many"): ([SNAPSHOT],),
    ("msp.subscription", "action_dissociate"): ("2026-06-01", "Why not"),
}
# Who works elsewhere: the portal user is a customer of the own company.
STRANGERS = ("sales", "manager", "portal")
if os.environ.get("MSP_LONG") == "1":
    STRANGERS += ("accountant", "bookkeeper", "auditor", "internal", "agent")


def openers():
    rows = [line.split() for line in OPENERS.strip().splitlines()]
    return {(model, name) for model, *names in rows for name in names}


def changers():
    rows = [line.split() for line in CHANGERS.strip().splitlines()]
    return {
        (model, name): {LETTERS[letter] for letter in letters}
        for model, name, *letters in rows
    }


class AccessMethods(RpcMixin):
    """What a client can call, by whom, and what it does to records of others."""

    def _public_methods(self):
        """Return model and name of the methods of ours that a client can call."""
        found = set()
        for model, Model in self.env.registry.items():
            for name in dir(Model):
                if name.startswith("_") or name in ORM:
                    continue
                ours = [
                    vars(base)[name]
                    for base in Model.mro()
                    if name in vars(base) and ".msp_billing." in base.__module__
                ]
                # What inherits a model of Odoo has its methods again.
                if any(map(inspect.isfunction, ours)) and Model._name == model:
                    try:
                        get_public_method(self.env[model], name)
                    except AccessError:
                        continue
                    found.add((model, name))
        return found

    def _what_is_asked(self, place):
        """Yield model, method, records and arguments, for the records of a place."""
        for model, name in sorted(openers() | changers().keys()):
            record = self.world[place].get(model)
            if record is None:
                continue
            yield model, name, record[:1].ids, ARGUMENTS.get((model, name), ())

    def _is_of_no_record(self, model, name):
        return getattr(getattr(type(self.env[model]), name), "_api_model", False)

    def _assert_nothing(self, role, model, name, ids, args, before):
        """Call a method: it is refused, or does nothing and tells nothing."""
        tables = [*before]
        records = () if self._is_of_no_record(model, name) else (ids,)
        with self.subTest(f"{role} {model}.{name}"), self._rolled_back():
            try:
                answer = self._call(self.users[role], model, name, *records, *args)
            except UserError as refusal:
                answer = refusal
            else:
                self.assertEqual(self._rows(tables), before)
            return repr(answer)

    def test_every_public_method_is_in_a_table(self):
        self.assertFalse(openers() & changers().keys())
        inherited = {
            (model, name)
            for model, name in self._public_methods()
            if model in ("account.bank.statement.line", "account.payment", "res.users")
        }
        self.assertEqual(
            self._public_methods() - inherited, openers() | changers().keys()
        )

    def test_nobody_changes_records_of_another_company(self):
        before = self._rows(self._our_tables())
        for model, name, ids, args in self._what_is_asked("other"):
            for role in STRANGERS:
                if self._is_of_no_record(model, name) and (
                    role in changers().get((model, name), ())
                ):
                    # It changes the company that the user works in, whoever asks.
                    continue
                told = self._assert_nothing(role, model, name, ids, args, before)
                self.assertNotIn("Zenith", (told or "").replace("Zenith-1", ""))

    def test_only_those_named_change_records_of_the_own_company(self):
        before = self._rows(self._our_tables())
        for model, name, ids, args in self._what_is_asked("own"):
            for role in STRANGERS:
                if role not in changers().get((model, name), ()):
                    self._assert_nothing(role, model, name, ids, args, before)

    def test_refusals_name_nothing_of_another_company(self):
        """Values that are wrong are not explained with records of others."""
        other = self.world["other"]
        attempts = (
            (
                "sales",
                "msp.count.reading",
                {
                    "partner_id": other["res.partner"].id,
                    "type_id": self.server.id,
                    "date": "2026-01-01",
                    "quantity": -1,
                },
            ),
            (
                "manager",
                "msp.computer.period",
                {
                    "computer_id": other["msp.computer"][:1].id,
                    "partner_id": self.world["own"]["res.partner"].id,
                    "type_id": self.server.id,
                    "date_from": "2026-01-05",
                },
            ),
            (
                "sales",
                "msp.subscription",
                {
                    "partner_id": other["res.partner"].id,
                    "plan_id": other["msp.service.plan"].id,
                    "date_start": "2026-01-05",
                    "bill_email": "bills@example.com",
                },
            ),
        )
        for role, model, vals in attempts:
            with self.subTest(model), self._rolled_back():
                with self.assertRaises(UserError) as caught:
                    self._call(self.users[role], model, "create", vals)
                self.assertNotIn("Zenith", str(caught.exception))
                self.assertNotIn("ZEN-", str(caught.exception))
