"""A suggested class from the words of a report: naive Bayes over Chinese words, learnt from closed cases and the catalogue.

Multinomial naive Bayes (Manning, Raghavan & Schütze 2008, ch. 13), its scores brought to honest confidences by one temperature
that is fitted on cases held back (Guo et al. 2017). Every class starts with its name and keywords, so that a new city gets
suggestions too. Pure: no database here. A suggestion is offered, never forced.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from linli.cases.rules import lexemes, words

Floats = NDArray[np.float32]
# A class's own name and keywords count like so many cases of it.
CATALOGUE_WEIGHT = 3
HELD_BACK = 0.1
TEMPERATURES = (1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 16.0)


class Suggestion(NamedTuple):
    class_code: str
    confidence: float


class Example(NamedTuple):
    text: str
    class_code: str


def features(text: str) -> list[str]:
    """The words, and the pairs of characters that catch what a cutter missed; each once."""
    return list(dict.fromkeys([*words(text), *lexemes(text)]))


@dataclass(frozen=True, slots=True)
class Model:
    """Weights of words for classes. `accuracy` is that on the cases held back, None where there were none."""

    codes: Sequence[str]
    vocabulary: dict[str, int]
    weights: Floats
    priors: Floats
    temperature: float
    accuracy: float | None
    cases: int

    def suggest(self, text: str, most: int = 3) -> list[Suggestion]:
        """The likeliest classes with their confidences (0 to 1), best first; none for words never seen."""
        known = [self.vocabulary[word] for word in features(text) if word in self.vocabulary]
        if not known or not self.codes:
            return []
        confidence = _softmax((self.priors + self.weights[known].sum(axis=0)) / self.temperature)
        best = np.argsort(-confidence)[:most]
        return [Suggestion(self.codes[i], round(float(confidence[i]), 3)) for i in best if confidence[i] >= 0.02]

    def dump(self) -> bytes:
        out = BytesIO()
        about = {
            "codes": list(self.codes),
            "words": list(self.vocabulary),
            "temperature": self.temperature,
            "accuracy": self.accuracy,
            "cases": self.cases,
        }
        np.savez_compressed(
            out,
            weights=self.weights.astype(np.float16),
            priors=self.priors,
            about=np.frombuffer(json.dumps(about).encode(), dtype=np.uint8),
        )
        return out.getvalue()


def load(blob: bytes) -> Model:
    """The model that `dump` wrote. Arrays and JSON only: nothing in it is run."""
    with np.load(BytesIO(blob), allow_pickle=False) as stored:
        about = json.loads(stored["about"].tobytes())
        return Model(
            codes=about["codes"],
            vocabulary={word: row for row, word in enumerate(about["words"])},
            weights=stored["weights"].astype(np.float32),
            priors=stored["priors"],
            temperature=about["temperature"],
            accuracy=about["accuracy"],
            cases=about["cases"],
        )


def learn(catalogue: Sequence[Example], cases: Sequence[Example], *, most_words: int = 30_000) -> Model:
    """Learn from closed cases (newest first) on top of the catalogue's own words.

    Every tenth case is held back first, to fit the temperature and to tell the accuracy; then all are learnt.
    """
    codes = sorted({example.class_code for example in catalogue})
    cases = [example for example in cases if example.class_code in set(codes)]
    step = round(1 / HELD_BACK)
    held_back = cases[::step] if len(cases) >= 50 else []
    if not held_back:
        return _fit(codes, catalogue, cases, 4.0, None, most_words)
    kept = [example for place, example in enumerate(cases) if place % step]
    trial = _fit(codes, catalogue, kept, 1.0, None, most_words)
    scores = [(_scores(trial, example.text), codes.index(example.class_code)) for example in held_back]
    temperature = min(
        TEMPERATURES, key=lambda t: -sum(float(np.log(_softmax(s / t)[right] + 1e-9)) for s, right in scores)
    )
    accuracy = float(np.mean([int(s.argmax()) == right for s, right in scores]))
    return _fit(codes, catalogue, cases, temperature, accuracy, most_words)


def _fit(
    codes: Sequence[str],
    catalogue: Sequence[Example],
    cases: Sequence[Example],
    temperature: float,
    accuracy: float | None,
    most_words: int,
) -> Model:
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.naive_bayes import MultinomialNB

    examples = [*catalogue, *cases]
    counter = CountVectorizer(analyzer=features, binary=True, max_features=most_words, dtype=np.float32)
    counts = counter.fit_transform([example.text for example in examples])
    classifier = MultinomialNB(alpha=0.1)
    importance = [CATALOGUE_WEIGHT] * len(catalogue) + [1] * len(cases)
    classifier.fit(counts, [codes.index(example.class_code) for example in examples], sample_weight=importance)
    vocabulary = sorted(counter.vocabulary_, key=counter.vocabulary_.__getitem__)
    return Model(
        codes=codes,
        vocabulary={word: row for row, word in enumerate(vocabulary)},
        weights=np.ascontiguousarray(classifier.feature_log_prob_.T, dtype=np.float32),
        priors=classifier.class_log_prior_.astype(np.float32),
        temperature=temperature,
        accuracy=accuracy,
        cases=len(cases),
    )


def _scores(model: Model, text: str) -> Floats:
    known = [model.vocabulary[word] for word in features(text) if word in model.vocabulary]
    return model.priors + model.weights[known].sum(axis=0)


def _softmax(scores: Floats) -> Floats:
    grown = np.exp(scores - scores.max())
    return grown / grown.sum()
