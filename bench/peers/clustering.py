"""Agglomerative clustering under weighted Hamming distance by SciPy and by fastcluster: what it takes.

Usage: clustering.py CODES COLUMNS WEIGHTS LIBRARY RUNS; CODES is an int32 file of shape (rows, columns), WEIGHTS are separated by commas,
LIBRARY is scipy or fastcluster. Prints JSON: by linkage the seconds of CPU (user and system) of distances and tree together, for each
run, and the sum of heights, for comparison. Distances are computed once a run, by SciPy's pdist, and count for each linkage.
"""

import json
import sys
import time

import fastcluster
import numpy as np
from scipy.cluster import hierarchy
from scipy.spatial.distance import pdist


def main():
    path, columns, weights, library, runs = sys.argv[1:]
    codes = np.fromfile(path, dtype=np.int32).reshape(-1, int(columns)).astype(np.float64)
    shares = np.array([float(weight) for weight in weights.split(",")])
    link = hierarchy.linkage if library == "scipy" else fastcluster.linkage
    seconds = {"average": [], "complete": [], "single": []}
    heights = {}
    for _ in range(int(runs)):
        began = time.process_time()
        distances = pdist(codes, "hamming", w=shares)
        distance_seconds = time.process_time() - began
        for linkage in seconds:
            began = time.process_time()
            tree = link(distances, linkage)
            seconds[linkage].append(distance_seconds + time.process_time() - began)
            heights[linkage] = float(tree[:, 2].sum())
    print(json.dumps({"seconds": seconds, "heights": heights}))


main()
