"""The SQL of the billing report: a row for each charge.

What is booked is read from the line of the bill: it is in the company's currency, at
the rate of the bill's day, without taxes.

All is joined to the left, though each charge has a cycle, a subscription and so on: so
PostgreSQL leaves out the tables of which a screen wants nothing.
"""

CHARGES = """
    SELECT c.id, c.company_id, o.currency_id AS company_currency_id, c.currency_id,
           c.partner_id, p.commercial_partner_id AS customer_id, c.subscription_id,
           y.plan_id, s.user_id, c.price_id, c.product_id, c.kind, y.state,
           y.move_id, m.invoice_date, y.date_start,
           CASE WHEN y.kind = 'correction' THEN y.date_start
                ELSE y.date_end - 1 END AS date_last,
           c.quantity, c.counted, c.unit_price,
           c.quantity * c.unit_price AS amount_gross,
           c.quantity * c.unit_price - c.amount AS amount_discount,
           c.amount,
           -COALESCE(l.balance, 0) AS revenue
      FROM msp_charge c
      LEFT JOIN msp_billing_cycle y ON y.id = c.cycle_id
      LEFT JOIN msp_subscription s ON s.id = c.subscription_id
      LEFT JOIN res_company o ON o.id = c.company_id
      LEFT JOIN res_partner p ON p.id = c.partner_id
      LEFT JOIN account_move m ON m.id = y.move_id
      LEFT JOIN account_move_line l ON l.id = c.move_line_id
                                   AND l.display_type = 'product'
"""
