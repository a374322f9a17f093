-- Select n rows, the same number of each skill as far as the skills have rows.
--
-- Rows are dealt out in rounds: every skill gives its first row (by a hash of id and seed), then its
-- second, and so on until n are taken. A skill that runs out leaves its share to the others.
--
-- param n INTEGER = 1000: rows in all
-- param seed BIGINT = 0: another seed picks other rows
WITH dealt AS (
  SELECT example_id, skill,
    row_number() OVER (PARTITION BY skill ORDER BY md5(example_id || $seed), example_id) AS round
  FROM examples
)
SELECT example_id, CAST(1 AS DECIMAL(18,9)) AS weight
FROM dealt
QUALIFY row_number() OVER (ORDER BY round, md5(skill || $seed), example_id) <= $n
