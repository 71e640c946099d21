from odoo import api, fields, models
from odoo.tools import SQL


class MspSourceCustomer(models.Model):
    """What a source reported for a customer that nobody has mapped."""

    _inherit = "msp.source.customer"

    # === FIELDS === #
    refused_count = fields.Integer(
        string="Computers Refused",
        readonly=True,
        copy=False,
        aggregator=None,
        help="Computers in the newest delivery that was refused since nobody has said "
        "which customer it is for.",
    )
    refused_at = fields.Datetime(
        string="Newest Refused", readonly=True, copy=False, help="When it was taken."
    )

    # === BUSINESS METHODS === #
    @api.model
    def _note_refused(self, source, counts, taken_at):
        """Keep how many computers wait for a customer, from the newest delivery.

        :param dict counts: computers reported, by the key of a customer not mapped
        :param datetime taken_at: when; without it, now
        """
        taken_at = taken_at or fields.Datetime.now()
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                # Another delivery may note the same ones now; who calls tries again.
                """
                UPDATE msp_source_customer customer
                   SET refused_count = new.count,
                       refused_at = %(taken_at)s
                  FROM unnest(%(keys)s::varchar[], %(counts)s::integer[])
                    AS new (key, count)
                 WHERE customer.source_id = %(source)s
                   AND customer.external_key = new.key
                   AND customer.partner_id IS NULL
                   AND (customer.refused_at IS NULL
                        OR customer.refused_at <= %(taken_at)s)
                """,
                source=source.id,
                keys=list(counts),
                counts=list(counts.values()),
                taken_at=taken_at,
            ),
            log_exceptions=False,
        )
        self.invalidate_model(["refused_count", "refused_at"])
