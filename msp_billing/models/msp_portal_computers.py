from odoo import api, models
from odoo.tools import SQL

# By which column the list is sorted, and the words for it.
ORDERS = {
    "name": SQL("name, id"),
    "type": SQL("type_sequence, type_id, name, id"),
    "site": SQL("site, name, id"),
    "since": SQL("date_from DESC, name, id"),
}
# A computer that went on to somebody else has his name for it now: what is shown is
# the name under which this customer was billed for it, and nothing newer.
COMPUTERS = """
    WITH own AS (
        SELECT p.id, p.type_id, p.partner_id, p.date_from, s.name AS site,
               t.sequence AS type_sequence,
               CASE WHEN c.partner_id = ANY(%(sites)s) THEN c.name
                    ELSE COALESCE(
                        (SELECT e.name FROM msp_charge_computer e
                          WHERE e.computer_id = c.id
                            AND e.partner_id = ANY(%(sites)s)
                          ORDER BY e.id DESC LIMIT 1), '') END AS name,
               CASE WHEN c.partner_id = ANY(%(sites)s)
                    THEN COALESCE(c.serial, '') ELSE '' END AS serial
          FROM msp_computer_period p
          JOIN msp_computer c ON c.id = p.computer_id
          JOIN msp_computer_type t ON t.id = p.type_id
          JOIN res_partner s ON s.id = p.partner_id
         WHERE p.partner_id = ANY(%(sites)s)
           AND p.company_id = ANY(%(companies)s)
           AND p.date_from <= %(day)s
           AND (p.date_to IS NULL OR p.date_to > %(day)s)
    )
    SELECT name, serial, type_id, partner_id, site, date_from, COUNT(*) OVER ()
      FROM own
"""


class MspPortal(models.AbstractModel):
    """The computers of a customer as of any day."""

    _inherit = "msp.portal"

    # === BUSINESS METHODS === #
    @api.model
    def _sites(self):
        """Return the customer and the contacts below it, archived ones too."""
        Partner = self.env["res.partner"].sudo().with_context(active_test=False)
        return Partner.search([("id", "child_of", self._customer().ids)])

    @api.model
    def _scope_of(self, sites):
        self.env.flush_all()
        return {"sites": list(sites.ids), "companies": list(self._companies().ids)}

    @api.model
    def _computers(self, day, search="", sortby="name", offset=0, limit=None):
        """Return the computers of a day, and how many there are in all.

        :param str search: a part of a name or a serial number
        :param str sortby: a key of ORDERS
        :return: dicts with name, serial, type, site, since; their number
        :rtype: tuple[list[dict], int]
        """
        sites = self._sites()
        query = SQL(COMPUTERS, day=day, **self._scope_of(sites))
        if search:
            escaped = search.replace("\\", "\\\\").replace("%", "\\%")
            pattern = f"%{escaped.replace('_', chr(92) + '_')}%"
            query = SQL(
                "%s WHERE name ILIKE %s OR serial ILIKE %s", query, pattern, pattern
            )
        rows = self.env.execute_query(
            SQL(
                "%s ORDER BY %s LIMIT %s OFFSET %s",
                query,
                ORDERS.get(sortby) or ORDERS["name"],
                limit,
                offset,
            )
        )
        kinds = self.env["msp.computer.type"].sudo()
        kinds = kinds.browse({row[2] for row in rows})
        names = {kind.id: kind.name for kind in kinds}
        customer = self._customer()
        computers = [
            {
                "name": name or self.env._("Computer that is no longer yours"),
                "serial": serial,
                "type": names[type_id],
                "site": "" if partner_id == customer.id else site or "",
                "since": since,
            }
            for name, serial, type_id, partner_id, site, since, _all in rows
        ]
        return computers, rows[0][-1] if rows else 0
