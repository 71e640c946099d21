from odoo import models

from ..tools.ingest_sql import reported_at

# By these a computer says when it was reported.
OWN = {"is_fresh", "reported_at", "source_customer_id"}


class MspComputer(models.Model):
    """When computers were reported, without a write to each of them every day.

    What its customer's newest complete report named is as fresh as that; others tell
    it themselves. Whoever reads ``reported_at`` by the ORM need not care.
    """

    _inherit = "msp.computer"

    def init(self):
        """Leave room in the table's pages for a new version of each row.

        A last contact that is new every day then changes no index.
        """
        self.env.cr.execute("ALTER TABLE msp_computer SET (fillfactor = 50)")
        return super().init()

    # === CRUD METHODS === #
    def write(self, vals):
        if OWN & vals.keys():
            # What they say from now on begins with what was so far.
            for computer in self.filtered("is_fresh"):
                own = {"reported_at": computer.reported_at, "is_fresh": False}
                super(MspComputer, computer).write(own)
        return super().write(vals)

    # === BUSINESS METHODS === #
    def _field_to_sql(self, alias, field_expr, query=None):
        """Return when computers were reported, for reading, searching and sorting."""
        sql = super()._field_to_sql(alias, field_expr, query)
        if field_expr != "reported_at":
            return sql
        return reported_at(alias, to_flush=sql.to_flush)
