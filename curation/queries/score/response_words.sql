-- Score each row by the number of words in its response.
--
-- The plainest value to rank or threshold by, and a strong baseline: long responses alone explain
-- much of what costlier quality scores pick (Zhao et al. 2024, "Long is more for alignment").
--
-- scope row
SELECT example_id, CAST(len(words(response)) AS DECIMAL(18,9)) AS score
FROM examples
