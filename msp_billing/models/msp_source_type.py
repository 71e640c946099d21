from odoo import api, fields, models

from ..tools.snapshot import clean_text


class MspSourceType(models.Model):
    _name = "msp.source.type"
    _description = "Computer Type of a Source"
    _order = "source_id, name, id"
    _check_company_auto = True

    # === FIELDS === #
    source_id = fields.Many2one(
        comodel_name="msp.source", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(
        related="source_id.company_id", store=True, index=True, precompute=True
    )
    name = fields.Char(
        string="Type in Source",
        required=True,
        help="What the source calls it. Large and small letters are the same.",
    )
    type_id = fields.Many2one(
        comodel_name="msp.computer.type",
        string="Computer Type",
        required=True,
        index=True,
        ondelete="cascade",
    )

    _name_unique = models.UniqueIndex(
        "(source_id, lower(name))", "The source has this type already."
    )

    # === CRUD METHODS === #
    @api.model_create_multi
    def create(self, vals_list):
        return super().create([self._with_clean_name(vals) for vals in vals_list])

    def write(self, vals):
        return super().write(self._with_clean_name(vals))

    # === BUSINESS METHODS === #
    @api.model
    def _with_clean_name(self, vals):
        """Return values whose name is as snapshots are read: no spaces around it."""
        if "name" not in vals:
            return vals
        return {**vals, "name": clean_text(vals["name"] or "")}
