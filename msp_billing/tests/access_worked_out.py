from odoo.models import MAGIC_COLUMNS
from odoo.tools import SQL

from .access_frozen import FROZEN
from .rpc import RpcMixin

WRITERS = ("sales", "manager", "bookkeeper", "administrator")
# What only our own code fills, on models that people write.
WORKED_OUT = {
    "account.move": {"msp_run_id", "msp_bill_email", "msp_seal"},
    "msp.bill.run": {
        "automatic",
        "preview_for",
        "preview_reached",
        "setbacks",
        "state",
        "stop_reason",
    },
    "msp.source": {"agent_user_id"},
    "msp.source.customer": {
        "last_complete_at",
        "last_taken_at",
        "refused_at",
        "refused_count",
    },
    "msp.subscription": {
        "billed_until",
        "next_bill_date",
        "next_correction_date",
        "suspended_for_id",
    },
}
# Read-only on the form, yet managers keep the inventory: it may come from a file.
BY_MANAGERS = {
    "msp.computer": {"company_id", "is_fresh", "reported_at", "source_customer_id"},
    "msp.count.reading": {"company_id"},
}


class AccessWorkedOut(RpcMixin):
    """What only our own code fills cannot be filled by a client."""

    def test_the_table_of_what_is_worked_out(self):
        """A read-only field of a model that people write is in a table above."""
        for model in self._our_models(transient=False):
            Model = self.env[model]
            if model in FROZEN or not Model._auto:
                continue
            known = WORKED_OUT.get(model, set()) | BY_MANAGERS.get(model, set())
            readonly = {
                name
                for name, field in Model._fields.items()
                if field.store and field.readonly and not field.related
                if field.column_type and name not in MAGIC_COLUMNS
            }
            self.assertEqual(readonly, known, model)

    def test_what_is_worked_out_is_not_written(self):
        """Neither by a write, nor a create, a copy, an import or a default."""
        for model, names in WORKED_OUT.items():
            record = self.world["own"][model][:1]
            for name in names:
                value = self._another(record, name)
                for role in WRITERS:
                    for method, args, kwargs in self._attempts(record, name, value):
                        what = f"{role} {method} {model}.{name} {kwargs}"
                        with self.subTest(what), self._rolled_back():
                            before = self._values(record, name)
                            user = self.users[role]
                            self._try(user, model, method, *args, **kwargs)
                            after = self._values(record, name)
                            self._assert_not_taken(before, after, value)

    def _attempts(self, record, name, value):
        """Yield method, arguments and context of each way to fill a field."""
        base = self._creatable(record)
        yield "write", (record.ids, {name: value}), {}
        yield "web_save", (record.ids, {name: value}), {"specification": {}}
        yield "create", ({**base, name: value},), {}
        yield "create", (base,), {"context": {f"default_{name}": value}}
        yield "copy", (record.ids, {**base, name: value}), {}
        rows = [[*map(str, base.values()), str(value)]]
        columns = [
            f"{key}/.id" if record._fields[key].type == "many2one" else key
            for key in (*base, name)
        ]
        yield "load", (columns, rows), {}

    def _creatable(self, record):
        """Return what it takes to make another record beside one."""
        own = self.world["own"]
        customer = own["res.partner"].id
        return {
            "account.move": {
                "move_type": "out_invoice",
                "partner_id": customer,
            },
            "msp.bill.run": {"date": "2099-01-01"},
            "msp.source": {"name": "Another"},
            "msp.source.customer": {
                "source_id": own["msp.source"].id,
                "external_key": "another",
            },
            "msp.subscription": {
                "plan_id": own["msp.service.plan"].id,
                "partner_id": self.users["portal"].partner_id.id,
                "date_start": "2030-01-01",
                "due_days": 14,
                "bill_email": "bills@example.com",
            },
        }[record._name]

    def _values(self, record, name):
        """Return what the database has in a column, by the record's id."""
        query = SQL(
            "SELECT id, %s::text FROM %s",
            SQL.identifier(name),
            SQL.identifier(record._table),
        )
        self.env.flush_all()
        return dict(self.env.execute_query(query))

    def _assert_not_taken(self, before, after, value):
        for res_id, stored in after.items():
            if res_id in before:
                self.assertEqual(stored, before[res_id])
            else:
                self.assertNotEqual(stored, str(value).lower())
                self.assertNotEqual(stored, str(value))
