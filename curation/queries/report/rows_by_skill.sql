-- Show rows, templates and length by skill.
SELECT skill, count(*) AS rows, count(DISTINCT template) AS templates,
  CAST(round(avg(len(words(response))), 1) AS DECIMAL(9,1)) AS words,
  count(selection.example_id) AS selected
FROM examples LEFT JOIN selection USING (example_id)
GROUP BY skill
ORDER BY skill
