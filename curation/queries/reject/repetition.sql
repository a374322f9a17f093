-- Reject responses that repeat themselves.
--
-- Thresholds from Gopher (Rae et al. 2021, arXiv 2112.11446, table A1): the share of characters in
-- the most frequent 2-, 3- or 4-gram, and the share in any repeated 5- to 10-gram. They were set for
-- web pages. Answers repeat by nature: at Gopher's own values (strictness 1, 40 words) 13 % of 12,473
-- GSM8K and Alpaca answers went, nearly all of them sound, hence the looser defaults. Texts shorter
-- than `min_words` are left alone.
--
-- scope row
-- param min_words INTEGER = 100: shorter responses are not judged
-- param strictness DECIMAL(9,6) = 0.5: thresholds are divided by this; 1 is Gopher, 2 rejects at half of it
WITH limits(n, most, kind) AS (
  VALUES (2, 0.20, 'top'), (3, 0.18, 'top'), (4, 0.16, 'top'),
    (5, 0.15, 'any'), (6, 0.14, 'any'), (7, 0.13, 'any'), (8, 0.12, 'any'), (9, 0.11, 'any'), (10, 0.10, 'any')
),
text AS (
  SELECT example_id, words(response) AS ws FROM examples WHERE len(words(response)) >= $min_words
),
gram AS (
  SELECT example_id, n, most, kind, ws, unnest(generate_series(1, len(ws) - n + 1)) AS at_word
  FROM text CROSS JOIN limits
),
named AS (
  SELECT example_id, n, most, kind, at_word, ws, array_to_string(ws[at_word:at_word + n - 1], ' ') AS gram
  FROM gram
),
counted AS (
  SELECT *, count(*) OVER (PARTITION BY example_id, n, gram) AS times FROM named
),
top_share AS (
  SELECT example_id, n, most, max(times * (strlen(gram) - n + 1)) AS covered
  FROM counted WHERE kind = 'top' AND times > 1
  GROUP BY ALL
),
repeated_words AS (  -- every word of a repeated n-gram once, overlaps not counted twice
  SELECT DISTINCT example_id, n, most, unnest(generate_series(at_word, at_word + n - 1)) AS word
  FROM counted WHERE kind = 'any' AND times > 1
),
any_share AS (
  SELECT example_id, n, most, sum(strlen(ws[word])) AS covered
  FROM repeated_words JOIN text USING (example_id)
  GROUP BY ALL
),
measured AS (
  SELECT example_id, n, most, covered, strlen(array_to_string(ws, '')) AS letters
  FROM (SELECT * FROM top_share UNION ALL SELECT * FROM any_share) JOIN text USING (example_id)
)
SELECT example_id,
  'repeated ' || min(n) || '-grams' AS reason
FROM measured
WHERE covered * $strictness > most * letters
GROUP BY example_id
