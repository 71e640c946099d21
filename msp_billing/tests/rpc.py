from contextlib import contextmanager
from datetime import date, timedelta

from psycopg2 import IntegrityError

from odoo import fields
from odoo.exceptions import UserError, ValidationError
from odoo.service.model import call_kw
from odoo.tools import SQL, mute_logger


class RpcMixin:
    """Calls as a client makes them, and what they left behind."""

    def _call(self, user, model, method, *args, **kwargs):
        """Call a method as a client of a user does, up to what the database says.

        :raises UserError: also where the database refuses, as the server tells it
        """
        self.env.flush_all()
        self.env.invalidate_all()
        Model = self.env(user=user, su=False, context={})[model]
        try:
            result = call_kw(Model, method, list(args), kwargs)
            Model.env.flush_all()
        except IntegrityError as error:
            raise ValidationError(str(error)) from error
        return result

    @contextmanager
    def _rolled_back(self):
        """Forget what happens inside, in the database and in memory."""
        self.env.flush_all()
        savepoint = self.env.cr.savepoint(flush=False)
        try:
            with mute_logger("odoo.sql_db", "odoo.models.unlink", "odoo.addons.base"):
                yield
        finally:
            self.env.transaction.clear()
            savepoint.close(rollback=True)
            self.env.invalidate_all(flush=False)

    def _rows(self, tables):
        """Return for each table a name of exactly the versions of rows that it has."""
        self.env.flush_all()
        queries = [
            SQL(
                "SELECT %s, count(*), md5(string_agg(ctid || '/' || xmin, ',' "
                "ORDER BY ctid)) FROM %s",
                name,
                SQL.identifier(name),
            )
            for name in tables
        ]
        rows = self.env.execute_query(SQL(" UNION ALL ").join(queries))
        return {name: (count, versions) for name, count, versions in rows}

    def _try(self, user, model, method, *args, **kwargs):
        """Call what may be refused; say whether it was not."""
        savepoint = self.env.cr.savepoint()
        try:
            self._call(user, model, method, *args, **kwargs)
        except UserError:
            self.env.transaction.clear()
            savepoint.close(rollback=True)
            return False
        savepoint.close(rollback=False)
        return True

    def _our_tables(self):
        """Return the tables that our methods could change for a client."""
        models = [
            *(name for name in self._our_models() if self.env[name]._auto),
            *("account.move", "account.move.line", "res.partner", "res.company"),
            *("res.users", "res.users.apikeys", "ir.attachment", "mail.mail"),
        ]
        return [self.env[name]._table for name in models]

    def _another(self, record, name):
        """Return a value to write to a field, which is not the one that it has.

        None when there is no other, as for a reference to the only record there is.
        """
        field, value = record._fields[name], record.sudo()[name]
        if field.type in ("many2one", "many2many"):
            Comodel = (
                self.env[field.comodel_name].sudo().with_context(active_test=False)
            )
            others = Comodel.search([("id", "not in", value.ids)], limit=1)
            if field.type == "many2one":
                return others.id or None
            return [(6, 0, others.ids)] if others or value else None
        if field.type == "selection":
            choices = [key for key in field.get_values(self.env) if key != value]
            return choices[-1] if choices else None
        if field.type == "date":
            return str((value or date(2026, 1, 1)) + timedelta(days=40))
        if field.type == "datetime":
            later = (value or fields.Datetime.to_datetime("2026-01-01")) + timedelta(
                days=40
            )
            return later.strftime("%Y-%m-%d %H:%M:%S")
        if field.type in ("integer", "float", "monetary", "many2one_reference"):
            return (value or 0) + 1
        plain = {"boolean": not value, "json": {"another": 1}, "binary": "YQ=="}
        return plain.get(field.type, f"{value or ''}x")
