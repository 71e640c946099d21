from odoo.exceptions import UserError

from .rpc import RpcMixin

PEOPLE = (
    "sales",
    "manager",
    "accountant",
    "bookkeeper",
    "auditor",
    "administrator",
    "internal",
    "portal",
    "agent",
)
# Nobody writes, makes or deletes these: what a bill rests on, and the logs.
FROZEN = (
    "msp.audit.finding",
    "msp.bill.dispute",
    "msp.bill.run.batch",
    "msp.bill.run.issue",
    "msp.billing.cycle",
    "msp.charge",
    "msp.charge.computer",
    "msp.delivery",
    "msp.forecast",
    "msp.forecast.line",
    "msp.late.change",
    "msp.source.key",
    "msp.source.request",
    "msp.source.sync",
)
# Worked out anew whenever they are read.
VIEWS = {
    "msp.billing.report",
    "msp.computer.month",
    "msp.leakage",
    "msp.recurring.revenue",
}
# A client that says it uninstalls, imports or repairs something.
UNINSTALLING = {"_force_unlink": True, "force_delete": True, "dynamic_unlink": True}


class AccessFrozen(RpcMixin):
    """What a bill rests on stays, whoever asks by RPC, and however."""

    def _assert_stays(self, role, model, method, *args, **kwargs):
        what = f"{role} {model} {method} {args} {kwargs}"
        with self.subTest(what), self._rolled_back(), self.assertRaises(UserError):
            self._call(self.users[role], model, method, *args, **kwargs)

    # === FROZEN === #
    def test_the_table_of_frozen_models(self):
        """Nobody but the bot has a right to write what is frozen."""
        writable = {
            access.model_id.model
            for access in self.env["ir.model.access"].sudo().search([])
            if access.group_id != self.env.ref("msp_billing.group_msp_billing_bot")
            and (access.perm_write or access.perm_create or access.perm_unlink)
        }
        frozen = set(self._our_models(transient=False)) - writable
        self.assertEqual(frozen - VIEWS, set(FROZEN))

    def test_frozen_records_stay(self):
        for model in FROZEN:
            record = self.world["own"][model][:1]
            for role in PEOPLE:
                uninstalling = role in ("manager", "administrator")
                for context in ({}, UNINSTALLING)[: 1 + uninstalling]:
                    asked = {"context": context}
                    ids = record.ids
                    vals = {"company_id": self.other.id}
                    self._assert_stays(role, model, "write", ids, vals, **asked)
                    self._assert_stays(role, model, "unlink", ids, **asked)
                    self._assert_stays(role, model, "create", vals, **asked)
                    self._assert_stays(role, model, "copy", ids, **asked)

    def test_frozen_records_are_not_reached_through_others(self):
        """Commands in the lists of a record that people may write."""
        own, reached = self.world["own"], 0
        tables = [self._table_of(model) for model in FROZEN]
        before = self._rows(tables)
        for model in (*self._our_models(), "account.move", "res.partner"):
            if model in FROZEN or not own.get(model):
                continue
            for field in self.env[model]._fields.values():
                if field.type != "one2many" or field.comodel_name not in FROZEN:
                    continue
                reached += 1
                for command in self._commands(own[field.comodel_name][:1].id):
                    args = own[model][:1].ids, {field.name: [command]}
                    for role in ("sales", "manager", "bookkeeper", "administrator"):
                        what = f"{role} {model} {args}"
                        with self.subTest(what), self._rolled_back():
                            self._try(self.users[role], model, "write", *args)
                            self.assertEqual(self._rows(tables), before)
        self.assertGreater(reached, 8)

    def _commands(self, line_id):
        """Return all that a client can ask to be done to a line."""
        vals = {"company_id": self.other.id}
        return (
            (0, 0, vals),
            (1, line_id, vals),
            (2, line_id, 0),
            (3, line_id, 0),
            (5, 0, 0),
            (6, 0, []),
        )

    def _table_of(self, model):
        # Keys are kept in a table of Odoo.
        return self.env[model]._table if self.env[model]._auto else "res_users_apikeys"

    def test_closed_runs_stay(self):
        run = self.world["own"]["msp.bill.run"]
        self.assertEqual(run.state, "done")
        vals_list = [
            {"date": "2026-03-01"},
            {"company_id": self.other.id},
            {"partner_ids": [(6, 0, self.world["own"]["res.partner"].ids)]},
            {"state": "draft"},
            {"automatic": True},
            {"stop_reason": "No"},
        ]
        for role in PEOPLE:
            for context in ({}, UNINSTALLING):
                asked = {"context": context}
                for vals in vals_list:
                    self._assert_stays(role, run._name, "write", run.ids, vals, **asked)
                self._assert_stays(role, run._name, "unlink", run.ids, **asked)

    def test_used_prices_stay(self):
        """What a bill was rated with is replaced, never edited: tiers too."""
        own = self.world["own"]
        tier = own["msp.service.plan.price.tier"][1:]
        price = own["msp.service.plan.price"]
        extra = own["msp.extra.charge"].sorted("date")[:1]
        self.assertTrue(price.is_used and extra.is_billed)
        for role in ("sales", "manager", "bookkeeper", "administrator"):
            for context in ({}, UNINSTALLING):
                for record, vals in (
                    (tier, {"unit_price": 1.0}),
                    (price, {"tier_ids": [(5, 0, 0)]}),
                    (extra, {"unit_price": 1.0}),
                    (own["msp.subscription"], {"date_start": "2026-01-02"}),
                    (own["msp.service.plan"], {"company_id": self.other.id}),
                ):
                    model, asked = record._name, {"context": context}
                    self._assert_stays(role, model, "write", record.ids, vals, **asked)
                    self._assert_stays(role, model, "unlink", record.ids, **asked)
