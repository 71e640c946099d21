from odoo import api, models
from odoo.tools import SQL


class MspDelivery(models.Model):
    """That no mail is forgotten silently, asked of the database itself."""

    _inherit = "msp.delivery"

    # === BUSINESS METHODS === #
    @api.model
    def _audit(self):
        """Return findings about mails: one text each, none when all is sound.

        :rtype: list[str]
        """
        return [
            *self._audit_rows(
                self.env._("%(name)s was posted, but nobody queued its mail."),
                SQL(
                    """
                    SELECT move.name
                      FROM account_move move
                     WHERE move.state = 'posted'
                       AND EXISTS (SELECT FROM msp_billing_cycle cycle
                                    WHERE cycle.move_id = move.id)
                       AND NOT EXISTS (SELECT FROM msp_delivery delivery
                                        WHERE delivery.move_id = move.id
                                          AND delivery.kind = 'bill')
                     ORDER BY move.id
                    """
                ),
            ),
            *self._audit_rows(
                self.env._("The mail of %(name)s was not even tried for a day."),
                SQL(
                    """
                    SELECT COALESCE(move.name, partner.name)
                      FROM msp_delivery delivery
                      LEFT JOIN account_move move ON move.id = delivery.move_id
                      LEFT JOIN res_partner partner
                        ON partner.id = delivery.partner_id
                     WHERE delivery.state IN ('queued', 'sending')
                       AND greatest(delivery.next_try, delivery.write_date)
                           < now() AT TIME ZONE 'UTC' - interval '1 day'
                     ORDER BY delivery.id
                    """
                ),
            ),
            *self._audit_rows(
                self.env._("Nobody was told that the mail of %(name)s did not arrive."),
                SQL(
                    """
                    SELECT COALESCE(move.name, partner.name)
                      FROM msp_delivery delivery
                      LEFT JOIN account_move move ON move.id = delivery.move_id
                      LEFT JOIN res_partner partner
                        ON partner.id = delivery.partner_id
                     WHERE delivery.to_tell
                       AND delivery.write_date
                           < now() AT TIME ZONE 'UTC' - interval '1 day'
                     ORDER BY delivery.id
                    """
                ),
            ),
        ]

    @api.model
    def _audit_rows(self, text, query):
        self.env.flush_all()
        return [text % {"name": name} for (name,) in self.env.execute_query(query)]
