-- Reject rows whose response or whole text has too few or too many words.
--
-- An empty response teaches to stop at once; a text past the context window is cut in the middle,
-- often in front of its answer. 1,024 tokens are about 750 English words.
--
-- scope row
-- param min_response INTEGER = 1: fewest words in a response
-- param max_words INTEGER = 700: most words in prompt and response together
WITH counted AS (
  SELECT example_id, len(string_split_regex(trim(response), '\s+')) AS answered, trim(response) = '' AS empty,
    len(string_split_regex(trim(prompt || ' ' || response), '\s+')) AS whole
  FROM examples
  WHERE kind <> 'prompt'
)
SELECT example_id,
  CASE WHEN empty OR answered < $min_response
       THEN 'response of ' || CASE WHEN empty THEN 0 ELSE answered END || ' words, fewest ' || $min_response
       ELSE whole || ' words, most ' || $max_words END AS reason
FROM counted
WHERE (empty AND $min_response > 0) OR answered < $min_response OR whole > $max_words
