"""Plain average linkage of SciPy under Hamming distance, with the number of clusters by silhouette.

Usage: people.py SESSIONS; SESSIONS is int32: for each account the number of sessions, then its codes (sessions, 6), 0 for
missing, which is a value as any other. Prints a JSON list: the person of each session, from 1, by account.

A silhouette is defined for two clusters or more, so nobody is ever alone on an account: that is how it is used.
"""

import json
import sys

import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import pdist, squareform

PEOPLE_MAX = 10


def silhouette(distances, labels):
    """Mean over sessions; 0 for who is alone in a cluster. Rousseeuw, 1987."""
    members = labels[:, None] == np.unique(labels)[None, :]
    sizes = members.sum(axis=0)
    sums = distances @ members
    own = members.argmax(axis=1)
    rows = np.arange(len(labels))
    inside = sums[rows, own] / np.maximum(sizes[own] - 1, 1)
    means = sums / sizes
    means[rows, own] = np.inf
    outside = means.min(axis=1)
    most = np.maximum(inside, outside)
    values = np.divide(outside - inside, most, out=np.zeros_like(most), where=most > 0)
    values[sizes[own] == 1] = 0
    return values.mean()


def people_of(sessions):
    if len(sessions) < 3:
        return np.arange(1, len(sessions) + 1)
    condensed = pdist(sessions, "hamming")
    tree = linkage(condensed, "average")
    distances = squareform(condensed)
    best, found = -np.inf, np.ones(len(sessions), dtype=int)
    for count in range(2, min(PEOPLE_MAX, len(sessions) - 1) + 1):
        labels = fcluster(tree, count, "maxclust")
        if labels.max() < 2:
            continue
        value = silhouette(distances, labels)
        if value > best + 1e-12:
            best, found = value, labels
    return found


def main():
    table = np.fromfile(sys.argv[1], dtype=np.int32)
    at, answers = 0, []
    while at < len(table):
        count = table[at]
        sessions = table[at + 1 : at + 1 + 6 * count].reshape(count, 6)
        answers.append(people_of(sessions).tolist())
        at += 1 + 6 * count
    print(json.dumps(answers))


main()
