"""What customers owed when their bills were made, read from the ledger."""

# The account of a bill: posted receivables of its customer, company and currency that
# were there when it was made, by date (not after the bill's own) and by number (entered
# before it). So a payment that is entered later with an earlier date changes no bill
# that was sent: it stands on the next one. Where a receivable was set off against an
# entry outside the account (another currency, company or partner), that counts too.
ACCOUNTS = """
WITH bill AS (
    SELECT id, company_id, commercial_partner_id, currency_id,
           COALESCE(invoice_date, date) AS day
    FROM account_move
    WHERE id = ANY(%(bills)s)
), item AS (
    SELECT bill.id AS bill_id, line.id AS line_id, move.id AS move_id,
           COALESCE(move.invoice_date, move.date) AS day,
           line.amount_currency AS amount,
           move.statement_line_id IS NOT NULL OR move.origin_payment_id IS NOT NULL
           OR journal.type IN ('bank', 'cash', 'credit') AS is_payment,
           move.msp_run_id IS NOT NULL AS is_bill
    FROM bill
    JOIN account_move_line line
      ON line.partner_id = bill.commercial_partner_id
     AND line.company_id = bill.company_id
     AND line.currency_id = bill.currency_id
     AND line.parent_state = 'posted'
     AND line.move_id < bill.id
    JOIN account_account account
      ON account.id = line.account_id
     AND account.account_type = 'asset_receivable'
    JOIN account_move move ON move.id = line.move_id
    JOIN account_journal journal ON journal.id = move.journal_id
    WHERE COALESCE(move.invoice_date, move.date) <= bill.day
), matched AS (
    SELECT item.bill_id, item.move_id, item.day, part.credit_move_id AS other_id,
           - part.debit_amount_currency AS amount
    FROM item
    JOIN account_partial_reconcile part ON part.debit_move_id = item.line_id
    UNION ALL
    SELECT item.bill_id, item.move_id, item.day, part.debit_move_id,
           part.credit_amount_currency
    FROM item
    JOIN account_partial_reconcile part ON part.credit_move_id = item.line_id
), entry AS (
    SELECT bill_id, move_id, day, amount, is_payment
    FROM item
    UNION ALL
    SELECT matched.bill_id, GREATEST(matched.move_id, move.id),
           GREATEST(matched.day, COALESCE(move.invoice_date, move.date)),
           matched.amount,
           move.statement_line_id IS NOT NULL OR move.origin_payment_id IS NOT NULL
           OR journal.type IN ('bank', 'cash', 'credit')
    FROM matched
    JOIN bill ON bill.id = matched.bill_id
    JOIN account_move_line other ON other.id = matched.other_id
    JOIN account_move move ON move.id = other.move_id
    JOIN account_journal journal ON journal.id = move.journal_id
    WHERE move.id < bill.id
      AND COALESCE(move.invoice_date, move.date) <= bill.day
      AND NOT EXISTS (
          SELECT 1 FROM item
          WHERE item.bill_id = matched.bill_id AND item.line_id = matched.other_id
      )
), last AS (
    SELECT DISTINCT ON (bill_id) bill_id, move_id, day
    FROM item
    WHERE is_bill
    ORDER BY bill_id, day DESC, move_id DESC
), sorted AS (
    SELECT entry.bill_id, entry.amount, entry.is_payment, last.move_id AS last_id,
           last.move_id IS NULL
           OR (entry.day <= last.day AND entry.move_id <= last.move_id) AS is_before
    FROM entry
    LEFT JOIN last ON last.bill_id = entry.bill_id
)
SELECT bill_id, last_id,
       COALESCE(SUM(amount) FILTER (WHERE is_before), 0),
       COALESCE(SUM(amount) FILTER (WHERE NOT is_before AND is_payment), 0),
       COALESCE(SUM(amount) FILTER (WHERE NOT is_before AND NOT is_payment), 0)
FROM sorted
GROUP BY bill_id, last_id
"""
