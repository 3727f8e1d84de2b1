-- Every figure on every document against the rows behind it. Each statement gives
-- (document, figure, shown, counted) where the two differ; all amounts are micros.
-- run_id null: all documents of the tenant.

-- name: check_usage_lines -- a usage line is its charges: count, seconds, micros
SELECT coalesce(i.number, 'draft ' || i.id) || ' line ' || l.position AS document, f.figure, f.shown,
       f.counted
  FROM invoice i JOIN invoice_line l ON l.invoice_id = i.id AND l.kind = 'usage'
  CROSS JOIN LATERAL (
      SELECT count(*) AS calls, coalesce(sum(c.billed_s), 0)::bigint AS billed_s,
             coalesce(sum(c.amount_micros), 0)::bigint AS amount_micros,
             count(*) FILTER (WHERE c.customer_id <> i.customer_id OR c.currency <> i.currency
                                 OR c.campaign_id <> l.campaign_id OR c.leg <> 'sell') AS strays
        FROM charge c WHERE c.invoice_line_id = l.id AND c.started_at < i.period_to) s
  CROSS JOIN LATERAL (VALUES ('calls', l.calls::bigint, s.calls),
                             ('billed_s', l.billed_s, s.billed_s),
                             ('amount', l.amount_micros, s.amount_micros),
                             ('charges of others', 0, s.strays)) f (figure, shown, counted)
 WHERE i.status <> 'void' AND (%(run_id)s::bigint IS NULL OR i.run_id = %(run_id)s)
   AND f.shown IS DISTINCT FROM f.counted
 ORDER BY i.id, l.position;

-- name: check_totals -- net is the lines, tax is the taxes, total is both and the rounding
SELECT coalesce(i.number, 'draft ' || i.id) AS document, f.figure, f.shown, f.counted
  FROM invoice i
  CROSS JOIN LATERAL (SELECT coalesce(sum(amount_micros), 0)::bigint AS net
                        FROM invoice_line WHERE invoice_id = i.id) l
  CROSS JOIN LATERAL (SELECT coalesce(sum(base_micros), 0)::bigint AS base,
                             coalesce(sum(tax_micros), 0)::bigint AS tax
                        FROM invoice_tax WHERE invoice_id = i.id) t
  CROSS JOIN LATERAL (VALUES ('net', i.net_micros, l.net), ('tax base', i.net_micros, t.base),
                             ('tax', i.tax_micros, t.tax),
                             ('total', i.total_micros, l.net + t.tax + i.rounding_micros)
                     ) f (figure, shown, counted)
 WHERE (%(run_id)s::bigint IS NULL OR i.run_id = %(run_id)s) AND f.shown <> f.counted
 ORDER BY i.id;

-- name: fetch_taxes -- each tax and its base from the lines; the formula is checked by the caller
SELECT coalesce(i.number, 'draft ' || i.id) AS document, i.currency, i.document_type, t.category,
       t.rate, t.base_micros, t.tax_micros, coalesce(l.base, 0)::bigint AS counted_base_micros
  FROM invoice i JOIN invoice_tax t ON t.invoice_id = i.id
  LEFT JOIN LATERAL (SELECT sum(amount_micros) AS base FROM invoice_line
                      WHERE invoice_id = i.id AND tax_category = t.category
                        AND tax_rate = t.rate) l ON true
 WHERE (%(run_id)s::bigint IS NULL OR i.run_id = %(run_id)s)
 ORDER BY i.id, t.category, t.rate;

-- name: check_notes -- credit notes take off a line what it is at most; what corrects a line has its tax
SELECT i.number || ' line ' || s.position AS document, f.figure, f.shown, f.counted
  FROM (SELECT l.id, l.invoice_id, l.position, l.amount_micros,
               coalesce(-sum(n.amount_micros) FILTER (WHERE d.document_type = 'credit_note'),
                        0)::bigint AS credited,
               count(*) FILTER (WHERE (n.tax_category, n.tax_rate) <> (l.tax_category, l.tax_rate)
                                  AND (d.corrects_id IS NOT NULL OR l.interval_first IS NOT NULL))
               AS strays
          FROM invoice_line n
          JOIN invoice d ON d.id = n.invoice_id AND d.status NOT IN ('draft', 'void')
          JOIN invoice_line l ON l.id = n.corrects_id
         GROUP BY l.id) s
  JOIN invoice i ON i.id = s.invoice_id
 CROSS JOIN LATERAL (VALUES
      ('credited', s.credited, greatest(least(s.credited, greatest(s.amount_micros, 0)),
                                        least(s.amount_micros, 0))),
      ('corrections of another tax', 0, s.strays)) f (figure, shown, counted)
 WHERE (%(run_id)s::bigint IS NULL OR i.run_id = %(run_id)s) AND f.shown <> f.counted
 ORDER BY i.id, s.position;

-- name: check_once -- what is due once is billed once for a customer, or campaign, and plan, at its
-- price; what was credited whole is not billed
SELECT coalesce(i.number, 'draft ' || i.id) || ' line ' || b.position AS document, f.figure, f.shown,
       f.counted
  FROM (SELECT l.invoice_id, l.position, l.amount_micros, e.amount_micros AS price_micros,
               l.subscription_id, first_value(l.subscription_id) OVER w AS first_subscription_id,
               row_number() OVER (PARTITION BY s.customer_id, s.campaign_id, v.plan_id,
                                               l.subscription_id, l.fee_id ORDER BY l.id) AS times
          FROM invoice_line l
          JOIN plan_fee e ON e.id = l.fee_id AND e.interval = 'once'
          JOIN invoice d ON d.id = l.invoice_id AND d.status <> 'void'
                        AND d.document_type = 'invoice'
          JOIN subscription s ON s.id = l.subscription_id
          JOIN plan_version v ON v.id = s.version_id
         WHERE l.amount_micros + coalesce(
                   (SELECT sum(n.amount_micros) FROM invoice_line n JOIN invoice c
                        ON c.id = n.invoice_id AND c.document_type = 'credit_note'
                     WHERE n.corrects_id = l.id AND c.status NOT IN ('draft', 'void')), 0) <> 0
        WINDOW w AS (PARTITION BY s.customer_id, s.campaign_id, v.plan_id ORDER BY l.id)) b
  JOIN invoice i ON i.id = b.invoice_id
 CROSS JOIN LATERAL (VALUES
      ('fee due once', 0,
       CASE WHEN b.subscription_id <> b.first_subscription_id OR b.times > 1 THEN 1 ELSE 0 END),
      ('fee', b.amount_micros, b.price_micros)) f (figure, shown, counted)
 WHERE (%(run_id)s::bigint IS NULL OR i.run_id = %(run_id)s) AND f.shown <> f.counted
 ORDER BY i.id, b.position;

-- name: fetch_note_taxes -- what the credit notes of an invoice come to per tax; they round together
SELECT i.number AS document, i.currency, t.rate, count(*) AS notes,
       sum(t.base_micros)::bigint AS base_micros, sum(t.tax_micros)::bigint AS tax_micros
  FROM invoice i
  JOIN invoice n ON n.corrects_id = i.id AND n.document_type = 'credit_note'
                AND n.status NOT IN ('draft', 'void')
  JOIN invoice_tax t ON t.invoice_id = n.id
 WHERE %(run_id)s::bigint IS NULL OR i.run_id = %(run_id)s
 GROUP BY i.id, i.number, i.currency, t.category, t.rate
 ORDER BY i.id, t.category, t.rate;

-- name: check_ledger -- an issued document is its ledger entry; a void one is undone
SELECT i.number AS document, k.prefix || ' ' || f.figure AS figure, f.shown, f.counted
  FROM invoice i
  JOIN (VALUES ('invoice', 1), ('void', -1)) k (prefix, sign)
    ON k.prefix = 'invoice' OR i.status = 'void'
  CROSS JOIN LATERAL (
      SELECT coalesce(sum(p.amount_micros) FILTER (WHERE a.kind = 'receivable'
                          AND a.customer_id = i.customer_id), 0)::bigint AS receivable,
             coalesce(sum(p.amount_micros) FILTER (WHERE a.kind = 'revenue'), 0)::bigint AS revenue,
             coalesce(sum(p.amount_micros) FILTER (WHERE a.kind = 'tax'), 0)::bigint AS tax,
             coalesce(sum(p.amount_micros) FILTER (WHERE a.kind = 'rounding'), 0)::bigint AS rounding
        FROM entry e JOIN posting p ON p.entry_id = e.id JOIN account a ON a.id = p.account_id
       WHERE e.tenant_id = i.tenant_id AND e.idempotency_key = k.prefix || ':' || i.id) s
  CROSS JOIN LATERAL (VALUES ('receivable', k.sign * i.total_micros, s.receivable),
                             ('revenue', -k.sign * i.net_micros, s.revenue),
                             ('tax posting', -k.sign * i.tax_micros, s.tax),
                             ('rounding posting', -k.sign * i.rounding_micros, s.rounding)
                     ) f (figure, shown, counted)
 WHERE i.status <> 'draft' AND (%(run_id)s::bigint IS NULL OR i.run_id = %(run_id)s)
   AND f.shown <> f.counted
 ORDER BY i.id;

-- name: check_paid -- what is noted as paid is allocated, and not beyond the total; of an invoice that
-- gives money back, what is set off against others is noted as negative, and not beyond its total
SELECT i.number AS document, f.figure, f.shown, f.counted
  FROM invoice i
  CROSS JOIN LATERAL (
      SELECT coalesce((SELECT sum(amount_micros) FROM allocation WHERE invoice_id = i.id), 0)::bigint
             - coalesce((SELECT sum(amount_micros) FROM allocation WHERE credit_id = i.id), 0)::bigint
             AS used) a
  CROSS JOIN LATERAL (
      SELECT coalesce(-sum(total_micros), 0)::bigint AS credited FROM invoice n
       WHERE n.corrects_id = i.id AND n.document_type = 'credit_note' AND n.status <> 'draft') n
  CROSS JOIN LATERAL (VALUES
      ('paid', i.paid_micros, a.used),
      ('set off', least(a.used, 0), greatest(least(a.used, 0), least(i.total_micros, 0))),
      ('credited', n.credited, least(n.credited, greatest(i.total_micros, 0))),
      ('open although paid', 0, CASE i.status WHEN 'paid' THEN greatest(
                                     0, i.total_micros - a.used - n.credited) ELSE 0 END)
      ) f (figure, shown, counted)
 WHERE i.status <> 'draft' AND (%(run_id)s::bigint IS NULL OR i.run_id = %(run_id)s)
   AND f.shown <> f.counted
 ORDER BY i.id;

-- name: check_payments -- a payment is its entry, has one receipt, and settles no more than it is
SELECT 'payment ' || y.id AS document, f.figure, f.shown, f.counted
  FROM payment y
  CROSS JOIN LATERAL (
      SELECT coalesce(sum(p.amount_micros) FILTER (WHERE a.kind = 'cash'), 0)::bigint AS cash,
             coalesce(sum(p.amount_micros) FILTER (WHERE a.kind = 'receivable'
                          AND a.customer_id = y.customer_id), 0)::bigint AS receivable
        FROM posting p JOIN account a ON a.id = p.account_id
       WHERE p.entry_id = y.entry_id AND a.currency = y.currency) s
  CROSS JOIN LATERAL (SELECT coalesce(sum(amount_micros), 0)::bigint AS used
                        FROM allocation WHERE payment_id = y.id) u
  CROSS JOIN LATERAL (SELECT count(*) AS papers FROM receipt WHERE payment_id = y.id) r
  CROSS JOIN LATERAL (VALUES ('cash', y.amount_micros, s.cash),
                             ('receivable', -y.amount_micros, s.receivable),
                             ('settles', least(u.used, y.amount_micros), u.used),
                             ('receipts', 1, r.papers)) f (figure, shown, counted)
 WHERE %(run_id)s::bigint IS NULL AND f.shown <> f.counted
 ORDER BY y.id;

-- name: check_documents -- every issued document has its bytes, and they are the ones that were issued
SELECT t.number AS document, f.figure, f.shown, f.counted
  FROM (SELECT i.number, i.run_id, d.sha256, d.content FROM invoice i
          LEFT JOIN document d ON d.invoice_id = i.id WHERE i.status <> 'draft'
        UNION ALL
        SELECT r.number, NULL, d.sha256, d.content FROM receipt r
          LEFT JOIN document d ON d.receipt_id = r.id) t
  CROSS JOIN LATERAL (VALUES
      ('documents', 1, CASE WHEN t.sha256 IS NULL THEN 0 ELSE 1 END),
      ('hash', 1, CASE WHEN encode(sha256(t.content), 'hex') <> t.sha256 THEN 0 ELSE 1 END)
      ) f (figure, shown, counted)
 WHERE (%(run_id)s::bigint IS NULL OR t.run_id = %(run_id)s) AND f.shown <> f.counted
 ORDER BY t.number;

-- name: check_series -- the numbers of a series are 1 to its last, none missing, none twice
SELECT 'series ' || s.document_type || ' ' || s.year AS document, 'numbers' AS figure,
       s.last_number AS shown, t.used AS counted
  FROM number_series s
  CROSS JOIN LATERAL (
      SELECT count(DISTINCT n.number) AS used
        FROM (SELECT number FROM invoice WHERE legal_entity_id = s.legal_entity_id
                 AND document_type = s.document_type
                 AND extract(year FROM issued_on) = s.year
              UNION ALL
              SELECT number FROM receipt WHERE legal_entity_id = s.legal_entity_id
                 AND s.document_type = 'receipt'
                 AND extract(year FROM issued_on) = s.year
              UNION ALL
              SELECT number FROM payment_change WHERE legal_entity_id = s.legal_entity_id
                 AND kind = s.document_type
                 AND extract(year FROM issued_on) = s.year) n) t
 WHERE %(run_id)s::bigint IS NULL AND t.used <> s.last_number
 ORDER BY s.id;

-- name: check_balances -- what a customer owes is what was issued less what was paid and written off
SELECT 'customer ' || k.code || ' ' || b.currency AS document, 'balance' AS figure,
       b.posted AS shown, b.counted
  FROM customer k
  JOIN LATERAL (
      SELECT c.currency,
             (SELECT coalesce(sum(p.amount_micros), 0)::bigint FROM posting p
                JOIN account a ON a.id = p.account_id AND a.kind = 'receivable'
                               AND a.customer_id = k.id AND a.currency = c.currency) AS posted,
             (SELECT coalesce(sum(total_micros), 0)::bigint FROM invoice i
               WHERE i.customer_id = k.id AND i.currency = c.currency
                 AND i.status NOT IN ('draft', 'void'))
             - (SELECT coalesce(sum(w.amount_micros), 0)::bigint FROM write_off w
                  JOIN invoice i ON i.id = w.invoice_id
                 WHERE i.customer_id = k.id AND i.currency = c.currency)
             - (SELECT coalesce(sum(y.amount_micros), 0)::bigint FROM payment y
                 WHERE y.customer_id = k.id AND y.currency = c.currency
                   AND NOT EXISTS (SELECT 1 FROM payment_change r
                                    WHERE r.payment_id = y.id AND r.kind = 'reversal')) AS counted
        FROM (SELECT currency FROM invoice WHERE customer_id = k.id
              UNION SELECT currency FROM payment WHERE customer_id = k.id) c) b ON true
 WHERE %(run_id)s::bigint IS NULL AND b.posted <> b.counted
 ORDER BY k.id, b.currency;
