import re

from odoo import api, fields, models
from odoo.exceptions import ValidationError


class MspComputerType(models.Model):
    _name = "msp.computer.type"
    _description = "Computer Type"
    _order = "sequence, id"
    _rec_names_search = ["name", "code"]

    # === FIELDS === #
    name = fields.Char(required=True, translate=True)
    code = fields.Char(
        required=True,
        help="Under this code sources report computers of the type: small letters, "
        "digits, - and _.",
    )
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)

    _code_unique = models.Constraint(
        "UNIQUE (code)", "Another computer type has this code. Choose another one."
    )

    # === CRUD METHODS === #
    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_code(vals)
        return super().create(vals_list)

    def write(self, vals):
        self._check_code(vals)
        return super().write(vals)

    def copy_data(self, default=None):
        vals_list = super().copy_data(default=default)
        for kind, vals in zip(self, vals_list, strict=True):
            if "code" not in (default or {}):
                vals["code"] = f"{kind.code}_copy"
        return vals_list

    # === BUSINESS METHODS === #
    @api.model
    def _check_code(self, vals):
        code = vals.get("code")
        if code and not re.fullmatch(r"[a-z0-9_-]{1,64}", code):
            raise ValidationError(
                self.env._(
                    "%(code)s cannot be the code of a computer type. Use small "
                    "letters, digits, - and _, at most 64.",
                    code=code,
                )
            )

    @api.model
    def _reportable(self):
        """Return the types that a source can report."""
        return self.sudo().with_context(lang=None).search([("active", "=", True)])

    @api.model
    def _by_reported_name(self):
        """Return the ids of the types by code and by name, in lower case.

        A source may report a type as either; where they clash, the code wins.
        """
        kinds = self._reportable()
        found = {kind.name.casefold(): kind.id for kind in kinds}
        found.update({kind.code.casefold(): kind.id for kind in kinds})
        return found
