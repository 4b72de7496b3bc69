"""What scikit-learn says of a small set of examples: the oracle of src/evaluate/static/golden.test.ts.

Run once by hand, with scikit-learn 1.9.1 and numpy 2.4.6 from PyPI: python bench/peers/staticModels.py
It prints the object that stands in the test.
"""

import json

import numpy as np
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.tree import DecisionTreeClassifier

ROWS, COLUMNS, ASKED = 600, 4, 8


def draws():
    """Park and Miller's generator: the same whole numbers in every language."""
    state = 20260101
    while True:
        state = state * 16807 % 2147483647
        yield state


def examples():
    drawn = draws()
    values = np.array([[next(drawn) % 200 for _ in range(COLUMNS)] for _ in range(ROWS)]) / 100.0
    weights = np.array([1.0 + i % 3 for i in range(ROWS)])
    # Column 0 alone, 1 and 2 together, 3 not at all.
    scores = values[:, 0] - 1 + 3 * (values[:, 1] - 1) * (values[:, 2] - 1)
    labels = np.array([1 if 200 * (s + 2) > next(drawn) % 800 else 0 for s in scores])
    return values, labels, weights


def main():
    values, labels, weights = examples()
    asked = values[:ASKED]
    mean = np.average(values, axis=0, weights=weights)
    deviation = np.sqrt(np.average((values - mean) ** 2, axis=0, weights=weights))
    standard = (values - mean) / deviation

    linear = LinearRegression().fit(values, labels, sample_weight=weights)
    logistic = LogisticRegression(C=0.01, solver="newton-cholesky", tol=1e-12, max_iter=1000)
    logistic.fit(standard, labels, sample_weight=weights)
    tree = DecisionTreeClassifier(max_depth=4, min_samples_leaf=5, random_state=0)
    tree.fit(values, labels, sample_weight=weights)
    boosted = GradientBoostingClassifier(
        n_estimators=30, learning_rate=0.1, max_depth=3, min_samples_leaf=20, random_state=0
    )
    boosted.fit(values, labels, sample_weight=weights)
    print(
        json.dumps(
            {
                "positives": int(labels.sum()),
                "linear": linear.predict(asked).tolist(),
                "logistic": logistic.predict_proba(standard[:ASKED])[:, 1].tolist(),
                "tree": tree.predict_proba(asked)[:, 1].tolist(),
                "boosted": boosted.predict_proba(asked)[:, 1].tolist(),
            },
            indent=2,
        )
    )


main()
