-- Ask for more of the cells (skill, template, difficulty) in which the model fails most on dev.
--
-- Failure is measured on bits per byte, e = 1 - 2^-bpb, the chance of missing a byte: 10 items say
-- as much as 20 to 40 by accuracy (docs/log.md). Each cell is shrunk to its skill and each skill to
-- the mean, as a beta-binomial with `prior` pseudo-items does, so one unlucky item moves little.
-- The weight is the ratio to the mean, clipped to [1/2, 2] (in a pilot, unclipped weights let
-- single cells swallow the budget), mixed with a uniform floor. Skills that a learnability screen
-- found unteachable go into `masked`.
--
-- param prior DECIMAL(9,6) = 8: pseudo-items a cell starts with
-- param floor DECIMAL(9,6) = 0.25: share of the weight that is the same for every cell
-- param by_accuracy BOOLEAN = false: measure failure as 1 - score instead
-- param masked VARCHAR[] = []: skills that practice does not move
-- param masked_weight DECIMAL(9,6) = 0: their weight
WITH item AS (
  SELECT skill, template, difficulty,
    CAST(CASE WHEN $by_accuracy OR nll IS NULL OR target_bytes = 0 THEN 1 - score
              ELSE 1 - exp(-nll / target_bytes) END AS DECIMAL(18,9)) AS failure
  FROM results
),
mean AS (SELECT sum(failure) / count(*) AS failure FROM item WHERE NOT list_contains($masked, skill)),
skill_mean AS (
  SELECT skill, (sum(item.failure) + $prior * min(mean.failure)) / (count(*) + $prior) AS failure
  FROM item CROSS JOIN mean GROUP BY skill
),
cell AS (
  SELECT skill, template, difficulty,
    (sum(item.failure) + $prior * min(s.failure)) / (count(*) + $prior) AS failure
  FROM item JOIN skill_mean s USING (skill) GROUP BY skill, template, difficulty
)
SELECT skill, template, difficulty,
  CAST(CASE WHEN list_contains($masked, skill) THEN $masked_weight
            WHEN mean.failure > 0
            THEN $floor + (1 - $floor) * least(2, greatest(0.5, cell.failure / mean.failure))
            ELSE 1 END AS DECIMAL(18,9)) AS weight
FROM cell CROSS JOIN mean
