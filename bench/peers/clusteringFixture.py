"""What SciPy makes of rows whose distances are all different: src/people/clustering/fixtures/tieFree.json.

24 columns with random weights and two to three codes each, none missing, so that no two pairs of 40 rows are equally far apart, and every
right implementation makes the same tree. Run once, with the packages of clustering.txt; fastcluster must say the same as SciPy.
"""

import json
import sys

import fastcluster
import numpy as np
from scipy.cluster import hierarchy
from scipy.spatial.distance import pdist

ROWS, COLUMNS = 40, 24


def main():
    random = np.random.default_rng(1)
    codes = random.integers(1, 4, (ROWS, COLUMNS))
    codes = codes[np.lexsort(codes.T[::-1])]
    weights = random.random(COLUMNS).round(6)
    distances = pdist(codes.astype(float), "hamming", w=weights / weights.sum())
    assert np.diff(np.sort(distances)).min() > 1e-9
    trees = {}
    for linkage in ["average", "complete", "single"]:
        tree = hierarchy.linkage(distances, linkage)
        same = fastcluster.linkage(distances, linkage)
        assert np.abs(tree[:, 2] - same[:, 2]).max() < 1e-14
        trees[linkage] = {
            "heights": tree[:, 2].tolist(),
            "five": hierarchy.fcluster(tree, 5, "maxclust").tolist(),
        }
    fixture = {"codes": codes.ravel().tolist(), "weights": weights.tolist(), "trees": trees}
    json.dump(fixture, sys.stdout, separators=(",", ":"))
    print()


main()
