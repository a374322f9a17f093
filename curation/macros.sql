-- The only helpers a rule has: plain text, its words, its word n-grams.

-- Fold Unicode (NFC), case, white space and punctuation; keep letters, marks, digits and the signs
-- that carry meaning (+ - * / % = < > and currency), so that "x > 3" and "x < 3" stay apart.
CREATE MACRO plain(t) AS
  trim(regexp_replace(lower(nfc_normalize(coalesce(t, ''))), '[^\p{L}\p{M}\p{N}\p{S}%/*-]+', ' ', 'g'));

-- The words of a text after `plain`; an empty list for an empty text.
CREATE MACRO words(t) AS list_filter(string_split(plain(t), ' '), lambda w: w <> '');

-- The runs of n words of a list of words, in order; none when there are fewer than n.
CREATE MACRO ngrams(ws, n) AS
  list_transform(generate_series(1, len(ws) - n + 1), lambda i: array_to_string(ws[i:i + n - 1], ' '));
