from odoo.exceptions import MissingError

OPERATIONS = ("read", "write", "create", "unlink")
ROLES = (
    "sales",
    "manager",
    "accountant",
    "bookkeeper",
    "auditor",
    "administrator",
)
# Who has no business with any of it.
OUTSIDERS = ("internal", "portal", "agent", "public")
# r: read, w: write, c: create, u: unlink, of the own company's records. Nobody
# writes what a bill rests on. Accountant: Odoo's invoicing user; bookkeeper: the one
# with all accounting rights.
#                                sales manager accountant bookkeeper auditor admin.
RIGHTS = """
account.move                     r---  r---    rwcu       rwcu       r---    rwcu
account.move.line                r---  r---    rwcu       rwcu       r---    rwcu
msp.audit.finding                ----  r---    r---       r---       r---    r---
msp.bill.dispute                 r---  r---    r---       r---       r---    r---
msp.bill.run                     ----  rwcu    r---       r---       r---    rwcu
msp.bill.run.batch               ----  r---    r---       r---       r---    r---
msp.bill.run.issue               ----  r---    r---       r---       r---    r---
msp.billing.cycle                r---  r---    r---       r---       r---    r---
msp.billing.report               ----  r---    r---       r---       r---    r---
msp.charge                       r---  r---    r---       r---       r---    r---
msp.charge.computer              r---  r---    r---       r---       r---    r---
msp.computer                     r---  rwcu    r---       r---       r---    rwcu
msp.computer.month               r---  r---    r---       r---       r---    r---
msp.computer.period              r---  rwcu    r---       r---       r---    rwcu
msp.computer.type                r---  rwcu    r---       r---       r---    rwcu
msp.count.reading                rwc-  rwcu    r---       r---       r---    rwcu
msp.delivery                     r---  r---    r---       r---       r---    r---
msp.extra.charge                 rwcu  rwcu    r---       r---       r---    rwcu
msp.forecast                     ----  r---    r---       r---       r---    r---
msp.forecast.line                ----  r---    r---       r---       r---    r---
msp.late.change                  r---  r---    r---       r---       r---    r---
msp.leakage                      r---  r---    ----       ----       ----    r---
msp.recurring.revenue            ----  r---    r---       r---       r---    r---
msp.reminder.step                r---  rwcu    r---       r---       r---    rwcu
msp.service.plan                 r---  rwcu    r---       r---       r---    rwcu
msp.service.plan.price           r---  rwcu    r---       r---       r---    rwcu
msp.service.plan.price.tier      r---  rwcu    r---       r---       r---    rwcu
msp.source                       r---  rwcu    r---       r---       r---    rwcu
msp.source.customer              r---  rwcu    r---       r---       r---    rwcu
msp.source.key                   ----  r---    ----       ----       ----    r---
msp.source.request               ----  r---    ----       ----       ----    r---
msp.source.sync                  r---  r---    r---       r---       r---    r---
msp.source.type                  r---  rwcu    r---       r---       r---    rwcu
msp.subscription                 rwc-  rwcu    r---       r---       r---    rwcu
msp.subscription.price.override  rwcu  rwcu    r---       r---       r---    rwcu
"""
# Dialogs: whoever opens one may use it, nobody else may even read it.
DIALOGS = """
msp.bill.dispute.end             ----  rwcu    rwcu       rwcu       ----    rwcu
msp.bill.extend                  ----  rwcu    rwcu       rwcu       ----    rwcu
msp.bill.void                    ----  rwcu    ----       ----       ----    rwcu
msp.billing.cycle.release        ----  rwcu    ----       ----       ----    rwcu
msp.company.settings             ----  rwcu    ----       ----       ----    rwcu
msp.computer.end                 ----  rwcu    ----       ----       ----    rwcu
msp.computer.move                ----  rwcu    ----       ----       ----    rwcu
msp.consolidated.bill            rwcu  rwcu    rwcu       rwcu       rwcu    rwcu
msp.price.change                 ----  rwcu    ----       ----       ----    rwcu
msp.price.change.effect          ----  rwcu    ----       ----       ----    rwcu
msp.price.change.line            ----  rwcu    ----       ----       ----    rwcu
msp.source.import                ----  rwcu    ----       ----       ----    rwcu
msp.source.import.column         ----  r---    ----       ----       ----    r---
msp.source.import.computer       ----  r---    ----       ----       ----    r---
msp.source.import.customer       ----  rw--    ----       ----       ----    rw--
msp.source.import.type           ----  rw--    ----       ----       ----    rw--
msp.source.key.new               ----  rwcu    ----       ----       ----    rwcu
msp.subscription.associate       rwcu  rwcu    ----       ----       ----    rwcu
msp.subscription.associate.line  rwcu  rwcu    ----       ----       ----    rwcu
msp.subscription.dissociate      rwcu  rwcu    ----       ----       ----    rwcu
"""
# Of no company: there is one list of kinds of computers.
SHARED = {"msp.computer.type"}


def table(text):
    """Return the rights of each role by model."""
    rows = [line.split() for line in text.strip().splitlines()]
    return {model: dict(zip(ROLES, rights, strict=True)) for model, *rights in rows}


class AccessMatrix:
    """Who may do what with which record, of the own company and of another one."""

    def _rights(self, role, record):
        own = self._as(role, record)
        try:
            return "".join(
                operation[0] if own.has_access(operation) else "-"
                for operation in OPERATIONS
            )
        except MissingError:
            # A view that has other rows for somebody else.
            return "----"

    def _assert_rights(self, role, records, expected, what):
        self.assertTrue(records, what)
        for record in records:
            with self.subTest(f"{role} {what}"):
                self.assertEqual(self._rights(role, record), expected)

    def test_every_model_is_in_the_table(self):
        self.assertEqual(
            self._our_models(transient=False),
            sorted(model for model in table(RIGHTS) if model.startswith("msp.")),
        )
        self.assertEqual(self._our_models(transient=True), sorted(table(DIALOGS)))

    def test_records_of_the_own_company(self):
        for model, rights in table(RIGHTS).items():
            for role in (*ROLES, *OUTSIDERS):
                expected = rights.get(role, "----")
                if role == "portal" and model.startswith("account."):
                    expected = "r---"
                records = self.world["own"][model]
                self._assert_rights(role, records[:2], expected, model)

    def test_records_of_another_company(self):
        for model in table(RIGHTS).keys() - SHARED:
            for role in (*ROLES, *OUTSIDERS):
                records = self.world["other"][model]
                self._assert_rights(role, records[:2], "----", f"other {model}")

    def test_dialogs_are_for_those_who_may_do_it(self):
        for model, rights in table(DIALOGS).items():
            for role in (*ROLES, *OUTSIDERS):
                self._give_to(role, model)
                record = self.world["own"][model]
                self._assert_rights(role, record, rights.get(role, "----"), model)

    def test_dialogs_of_others_are_closed(self):
        for model in table(DIALOGS):
            self._give_to("internal", model)
            for role in (*ROLES, *OUTSIDERS):
                for place in ("own", "other"):
                    record = self.world[place][model]
                    what = f"{place} {model} of somebody else"
                    self._assert_rights(role, record, "----", what)

    def test_lists_show_the_own_company_alone(self):
        """What is listed is what may be read: rules and search agree."""
        for model, rights in table(RIGHTS).items():
            for role in (*ROLES, *OUTSIDERS):
                if "r" not in rights.get(role, "----"):
                    continue
                found = self._as(role, self.env[model]).search([])
                own, other = (self.world[place].get(model) for place in self.world)
                self.assertLessEqual(set(own.ids), set(found.ids), f"{role} {model}")
                if model not in SHARED:
                    self.assertFalse(set(other.ids) & set(found.ids), f"{role} {model}")
