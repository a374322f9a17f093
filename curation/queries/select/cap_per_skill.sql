-- Select at most `cap` rows of each skill.
--
-- A few large sources otherwise decide what the model learns. Which rows stay is decided by a hash
-- of id and seed, so adding rows to one skill changes nothing in the others.
--
-- param cap INTEGER = 500: most rows of a skill
-- param seed BIGINT = 0: another seed picks other rows
SELECT example_id, CAST(1 AS DECIMAL(18,9)) AS weight
FROM examples
QUALIFY row_number() OVER (PARTITION BY skill ORDER BY md5(example_id || $seed), example_id) <= $cap
