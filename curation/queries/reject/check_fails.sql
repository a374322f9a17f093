-- Reject rows whose own response fails its check against the gold answer.
--
-- A wrong answer in the training data teaches the wrong answer. Rows without a check stay.
--
-- scope row
-- signal check
SELECT example_id, 'the response fails its check' AS reason
FROM examples JOIN scores USING (example_id)
WHERE signal = 'check' AND score = 0
