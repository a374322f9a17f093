-- Reject all but one of the rows with the same prompt and response.
--
-- "The same" folds Unicode form, case, white space and punctuation (the macro plain), so that a
-- copied row with a new full stop is still a copy. A row that an earlier rule rejected never
-- survives in place of one that is still in. Survivor: the generator named first in `prefer`, then
-- the smallest id.
--
-- scope set
-- param prefer VARCHAR[] = []: generators whose rows survive, best first
WITH keyed AS (
  SELECT example_id, md5(concat_ws(chr(31), kind, plain(prompt), plain(response))) AS same,
    coalesce(list_position($prefer, generator), len($prefer) + 1) AS place
  FROM examples
  WHERE example_id NOT IN (SELECT example_id FROM verdicts)
),
ranked AS (
  SELECT example_id,
    first_value(example_id) OVER (PARTITION BY same ORDER BY place, example_id) AS survivor
  FROM keyed
)
SELECT example_id, 'same prompt and response' AS reason, survivor AS other_id
FROM ranked
WHERE example_id <> survivor
