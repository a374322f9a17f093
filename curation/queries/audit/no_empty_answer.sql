-- Fail when a selected row has an empty response, or a check without a gold answer.
SELECT example_id, CASE WHEN trim(response) = '' THEN 'empty response' ELSE 'check without an answer' END AS problem
FROM examples JOIN selection USING (example_id)
WHERE (kind <> 'prompt' AND trim(response) = '')
  OR (check_spec IS NOT NULL AND trim(coalesce(answer, '')) = '')
