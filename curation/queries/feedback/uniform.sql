-- Ask for the same amount of every cell: the control arm.
--
-- A cell is a skill, template and difficulty that dev results exist for.
SELECT skill, template, difficulty, CAST(1 AS DECIMAL(18,9)) AS weight
FROM results
GROUP BY ALL
