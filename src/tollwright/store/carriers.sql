-- name: fetch_trunks -- ways to carriers, each for its time
SELECT t.value, t.valid_from, t.valid_to, t.carrier_id, c.code AS carrier
  FROM trunk t JOIN carrier c ON c.id = t.carrier_id ORDER BY t.valid_from, t.id

-- name: fetch_assigned_cards -- which buy card a carrier takes its money by, from when on
SELECT carrier_id, valid_from, card_id FROM carrier_card ORDER BY carrier_id, valid_from, id

-- name: fetch_cards -- published versions of buy cards, in the order in which they hold
SELECT c.id AS card_id, c.code, c.currency, v.id AS version_id, v.number, v.effective_from,
       v.content_hash, v.published_at,
       v.options ? 'allowances' AND v.options -> 'allowances' <> '[]' AS has_allowances
  FROM rate_card c
  LEFT JOIN card_version v ON v.card_id = c.id AND v.status = 'published'
 WHERE c.side = 'buy'
 ORDER BY c.id, v.effective_from, v.number
