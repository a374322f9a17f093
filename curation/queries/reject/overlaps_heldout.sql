-- Reject rows that contain a held-out item.
--
-- Without this the held-out score measures recall of the test set. Three levels: the same prompt;
-- for two rows of templates of one skill, the same slots (their wording is shared by construction);
-- otherwise a run of n words in common (13 as in GPT-3, Brown et al. 2020, appendix C; 8 is
-- stricter). Runs in more than `boilerplate` of the rows, and in at least 50, are wording everybody
-- shares and do not count. Probe items are made from training rows and are not held out.
--
-- scope set
-- param n INTEGER = 13: words in a run; 8 to 13 are usual
-- param boilerplate DECIMAL(9,6) = 0.01: a run in a larger share of the rows does not count
WITH item AS MATERIALIZED (
  SELECT item_id, plain(prompt) AS asked, words(prompt || ' ' || target) AS ws,
    CASE WHEN len(slots) > 0 THEN md5(skill || chr(30) || array_to_string(list_sort(slots), chr(31))) END AS filled
  FROM eval_items
  WHERE role <> 'probe'
),
mine AS MATERIALIZED (
  SELECT example_id, prompt, plain(prompt) AS asked, words(prompt || ' ' || response) AS ws,
    CASE WHEN len(slots) > 0 THEN md5(skill || chr(30) || array_to_string(list_sort(slots), chr(31))) END AS filled
  FROM examples
),
same_prompt AS (
  SELECT example_id, 1 AS level, 'same prompt as a held-out item' AS reason, item_id AS other_id, prompt AS span
  FROM mine JOIN item USING (asked)
  WHERE asked <> ''
),
same_slots AS (
  SELECT example_id, 2 AS level, 'same slots as a held-out item of the skill' AS reason, item_id AS other_id,
    '' AS span
  FROM mine JOIN item USING (filled)
),
item_run AS MATERIALIZED (
  SELECT DISTINCT item_id, filled IS NOT NULL AS templated, unnest(ngrams(ws, $n)) AS run FROM item
),
my_run AS MATERIALIZED (
  SELECT example_id, filled IS NOT NULL AS templated, start,
    array_to_string(ws[start:start + $n - 1], ' ') AS run
  FROM (SELECT example_id, filled, ws, unnest(generate_series(1, len(ws) - $n + 1)) AS start FROM mine)
  WHERE run IN (SELECT run FROM item_run)
),
boilerplate AS (
  SELECT run FROM my_run GROUP BY run
  HAVING count(DISTINCT example_id)
    > greatest(50, $boilerplate * (SELECT count(*) FROM examples))
),
hit AS (
  SELECT example_id, item_id, start,
    start - row_number() OVER (PARTITION BY example_id, item_id ORDER BY start) AS island
  FROM my_run r JOIN item_run USING (run)
  WHERE NOT (r.templated AND item_run.templated) AND run NOT IN (SELECT run FROM boilerplate)
),
longest AS (
  SELECT example_id, item_id, min(start) AS first_word, max(start) + $n - 1 AS last_word
  FROM hit GROUP BY example_id, item_id, island
  QUALIFY row_number() OVER (PARTITION BY example_id ORDER BY max(start) - min(start) DESC, item_id, min(start)) = 1
),
same_run AS (
  SELECT example_id, 3 AS level, 'shares ' || (last_word - first_word + 1) || ' words with a held-out item' AS reason,
    item_id AS other_id, array_to_string(ws[first_word:last_word], ' ') AS span
  FROM longest JOIN mine USING (example_id)
),
every AS (
  SELECT * FROM same_prompt UNION ALL SELECT * FROM same_slots UNION ALL SELECT * FROM same_run
)
SELECT example_id, reason, other_id, span
FROM every
QUALIFY row_number() OVER (PARTITION BY example_id ORDER BY level, other_id) = 1
