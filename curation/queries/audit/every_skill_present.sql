-- Fail when a skill among the candidates has fewer than `at_least` selected rows.
--
-- param at_least INTEGER = 1: fewest rows of a skill
SELECT skill, count(selection.example_id) AS selected, count(*) AS candidates
FROM examples LEFT JOIN selection USING (example_id)
GROUP BY skill
HAVING selected < least($at_least, candidates)
