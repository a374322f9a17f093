"""Give rows without a skill column a skill: the cluster of their prompt, named by its words."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from assay.errors import MissingExtra
from assay.records import Made
from assay.verbs.importing.staging import batched

FIT = 20_000
"""Rows that clusters are fitted on; later rows go to the nearest."""

PER_CLUSTER, MOST = 50, 8
"""Rows that a cluster should have at least, and how many clusters there are at most: each is a slice with
an interval of its own, and feedback over slices of a handful of dev items follows noise."""


def in_clusters(made: Iterator[Made]) -> Iterator[Made]:
    """Yield the rows with the cluster of their prompt as skill (TF-IDF, k-means; Lloyd 1982).

    Deterministic for one file; the cluster is written into the row, so nothing computes it again.
    """
    model: _Clusters | None = None
    for rows in batched(made, FIT):
        prompts = [m.example.prompt for m in rows]
        model = model or _Clusters(prompts)
        for m, skill in zip(rows, model.names_of(prompts), strict=True):
            yield m if m.origin.skill else replace(m, origin=replace(m.origin, skill=skill))


class _Clusters:
    """Clusters fitted on some texts."""

    def __init__(self, texts: Sequence[str]) -> None:
        try:
            from sklearn.cluster import KMeans
            from sklearn.feature_extraction.text import TfidfVectorizer
        except ImportError as error:
            raise MissingExtra("scikit-learn", "eval") from error
        words = r"(?u)\b[^\W\d_]{3,}\b"
        self._words = TfidfVectorizer(
            max_features=5_000, stop_words="english", sublinear_tf=True, token_pattern=words
        )
        k = max(1, min(MOST, len(texts) // PER_CLUSTER))
        self._model: Any = None
        self.names = ["all"]
        words_of = self._words.build_analyzer()
        if k > 1 and any(words_of(t) for t in texts):
            points = self._words.fit_transform(texts)
            with warnings.catch_warnings():  # fewer different prompts than clusters: the rest stay empty
                warnings.simplefilter("ignore")
                self._model = KMeans(n_clusters=k, n_init=3, random_state=0).fit(points)
            self.names = self._named(self._words.get_feature_names_out())

    def _named(self, words: Sequence[str]) -> list[str]:
        """Name each cluster by the three words that weigh most in it, with its number."""
        tops = [row.argsort()[::-1][:3] for row in self._model.cluster_centers_]
        return [f"{n}-" + "-".join(words[w] for w in top) for n, top in enumerate(tops, start=1)]

    def names_of(self, texts: Sequence[str]) -> list[str]:
        """Return the name of the nearest cluster of each text."""
        if self._model is None:
            return self.names * len(texts)
        return [self.names[c] for c in self._model.predict(self._words.transform(texts))]
