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
                self._unqueued_bills(),
            ),
            *self._audit_rows(
                self.env._("The mail of %(name)s was not even tried for a day."),
                self._mails_of_yesterday(
                    SQL("delivery.state IN ('queued', 'sending')"),
                    SQL("greatest(delivery.next_try, delivery.write_date)"),
                ),
            ),
            *self._audit_rows(
                self.env._("Nobody was told that the mail of %(name)s did not arrive."),
                self._mails_of_yesterday(
                    SQL("delivery.to_tell"), SQL("delivery.write_date")
                ),
            ),
        ]

    @api.model
    def _unqueued_bills(self):
        """Return the query of the bills without a mail."""
        return SQL(
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
        )

    @api.model
    def _mails_of_yesterday(self, condition, moment):
        """Return the query of mails with which nothing has happened for a day.

        :param SQL condition: which they are
        :param SQL moment: when something happened last
        """
        return SQL(
            """
            SELECT COALESCE(move.name, partner.name)
              FROM msp_delivery delivery
              LEFT JOIN account_move move ON move.id = delivery.move_id
              LEFT JOIN res_partner partner ON partner.id = delivery.partner_id
             WHERE %(condition)s
               AND %(moment)s < now() AT TIME ZONE 'UTC' - interval '1 day'
             ORDER BY delivery.id
            """,
            condition=condition,
            moment=moment,
        )

    @api.model
    def _audit_rows(self, text, query):
        self.env.flush_all()
        return [text % {"name": name} for (name,) in self.env.execute_query(query)]
