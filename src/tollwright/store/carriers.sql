-- name: trunks -- ways to carriers, each for its time
SELECT t.value, t.valid_from, t.valid_to, t.carrier_id, c.code
  FROM trunk t JOIN carrier c ON c.id = t.carrier_id ORDER BY t.valid_from, t.id

-- name: assigned -- which buy card a carrier takes its money by, from when on
SELECT carrier_id, valid_from, card_id FROM carrier_card ORDER BY carrier_id, valid_from, id

-- name: cards -- published versions of buy cards, in the order in which they hold
SELECT c.id, c.code, c.currency, v.id, v.number, v.effective_from, v.content_hash,
       v.published_at, v.options ? 'allowances' AND v.options -> 'allowances' <> '[]'
  FROM rate_card c
  LEFT JOIN card_version v ON v.card_id = c.id AND v.status = 'published'
 WHERE c.side = 'buy'
 ORDER BY c.id, v.effective_from, v.number
