-- Reject all but one of the rows whose word n-grams overlap by the threshold or more.
--
-- Near copies waste steps and are what a model memorises first (Lee et al. 2022, "Deduplicating
-- training data makes language models better"). Pairs are found by prefix filtering (each text's
-- rarest n-grams, Chaudhuri et al. 2006): it misses no pair, and each pair is verified exactly.
-- Linked rows make a cluster; the smallest id that no earlier rule rejected survives.
-- Two rows of templates share wording by construction, so they can only be near copies when their
-- slots are equal too (same skill): "Ann has 3 apples" and "Ann has 4 apples" both stay.
--
-- scope set
-- param n INTEGER = 5: words in an n-gram
-- param threshold DECIMAL(9,6) = 0.8: least Jaccard similarity of the two sets of n-grams
WITH RECURSIVE live AS MATERIALIZED (
  SELECT example_id, words(prompt || ' ' || response) AS ws,
    CASE WHEN len(slots) > 0 THEN md5(skill || chr(30) || array_to_string(slots, chr(31))) END AS filled
  FROM examples
  WHERE example_id NOT IN (SELECT example_id FROM verdicts)
),
wanted AS (  -- a row of a template needs n-grams only where it can have a partner
  SELECT example_id, ws, filled FROM live
  WHERE filled IS NULL
    OR (SELECT count(*) FROM live WHERE filled IS NULL) > 0
    OR filled IN (SELECT filled FROM live WHERE filled IS NOT NULL GROUP BY filled HAVING count(*) > 1)
),
gram AS MATERIALIZED (
  SELECT DISTINCT example_id, filled,
    unnest(CASE WHEN len(ws) < $n THEN [array_to_string(ws, ' ')] ELSE ngrams(ws, $n) END) AS gram
  FROM wanted
  WHERE len(ws) > 0
),
size AS MATERIALIZED (SELECT example_id, count(*) AS size FROM gram GROUP BY example_id),
common AS (SELECT gram, count(*) AS df FROM gram GROUP BY gram HAVING count(*) > 1),
shared AS MATERIALIZED (
  SELECT example_id, filled, gram, df, size, count(*) OVER (PARTITION BY example_id) AS n_shared
  FROM gram JOIN common USING (gram) JOIN size USING (example_id)
),
prefix AS MATERIALIZED (  -- n-grams of one text alone are its rarest and come before all of these
  SELECT example_id, filled, gram, size
  FROM shared
  WHERE n_shared >= ceil($threshold * size)
  QUALIFY row_number() OVER (PARTITION BY example_id ORDER BY df, gram)
    <= size - ceil($threshold * size) + 1 - (size - n_shared)
),
pair AS MATERIALIZED (
  SELECT DISTINCT a.example_id AS a, b.example_id AS b, a.size AS size_a, b.size AS size_b
  FROM prefix a JOIN prefix b USING (gram)
  WHERE a.example_id < b.example_id
    AND a.size >= $threshold * b.size AND b.size >= $threshold * a.size
    AND (a.filled IS NULL OR b.filled IS NULL OR a.filled = b.filled)
),
verified AS (
  SELECT a, b, size_a + size_b AS sizes, count(*) AS both_have
  FROM pair JOIN shared x ON x.example_id = a JOIN shared y ON y.example_id = b AND y.gram = x.gram
  GROUP BY ALL
  HAVING both_have >= $threshold * (sizes - both_have)
),
edge AS MATERIALIZED (
  SELECT a, b, CAST(round(CAST(both_have AS DOUBLE) / (sizes - both_have), 3) AS DECIMAL(4,3)) AS alike FROM verified
  UNION ALL
  SELECT b, a, CAST(round(CAST(both_have AS DOUBLE) / (sizes - both_have), 3) AS DECIMAL(4,3)) FROM verified
),
root(example_id, survivor) USING KEY (example_id) AS (
  SELECT a, least(a, min(b)) FROM edge GROUP BY a
  UNION
  SELECT e.a, min(r.survivor)
  FROM root r JOIN edge e ON e.b = r.example_id JOIN recurring.root old ON old.example_id = e.a
  WHERE r.survivor < old.survivor
  GROUP BY e.a
)
SELECT example_id,
  'word ' || $n || '-grams ' || max(alike) || ' alike' AS reason,
  survivor AS other_id
FROM root JOIN edge ON edge.a = root.example_id
WHERE example_id <> survivor
GROUP BY example_id, survivor
