"""The SQL that says in one digest what a posted bill says."""

# Amounts, quantities, texts, dates and taxes of a move. Who the partner is is left out:
# a merge of contacts changes that everywhere by SQL.
CONTENT = """
    SELECT m.id,
           encode(sha256(convert_to(concat_ws('|',
               m.name, m.state, m.move_type, m.invoice_date, m.date,
               m.invoice_date_due, m.currency_id, m.amount_untaxed, m.amount_tax,
               m.amount_total, lines.content), 'UTF8')), 'hex') AS seal
      FROM account_move m
      LEFT JOIN LATERAL (
          SELECT string_agg(concat_ws(':', l.id, l.display_type, l.account_id,
                     l.sequence, l.quantity, l.price_unit, l.discount, l.balance,
                     l.amount_currency, l.price_subtotal, l.price_total, l.date,
                     l.date_maturity,
                     CASE l.display_type WHEN 'payment_term' THEN '' ELSE l.name END,
                     l.tax_line_id, taxes.ids), '|' ORDER BY l.id) AS content
            FROM account_move_line l
            LEFT JOIN LATERAL (
                SELECT string_agg(t.account_tax_id::text, ',' ORDER BY t.account_tax_id)
                       AS ids
                  FROM account_move_line_account_tax_rel t
                 WHERE t.account_move_line_id = l.id) AS taxes ON true
           WHERE l.move_id = m.id) AS lines ON true
"""
