"""Recommenders of implicit and LightFM, refitted at each midnight (UTC) of a stream, asked before each of its events.

Usage: dailyRefit.py STREAM; STREAM is float64 (events, 5): time (epoch ms), account, item, weight of the feedback,
and 1 if the event is asked for, plus 2 if the account has had the item from then on. Accounts and items are numbered
from 0 in the order in which they come. What the protocol is, and what is tuned: bench/dailyRefit.ts.

Two processes, each of one thread, so that the figures come out the same each time. Prints a JSON object.
"""

import itertools
import json
import multiprocessing
import sys
import time
import warnings

import numpy as np
from scipy.sparse import csr_matrix

warnings.simplefilter("ignore")  # LightFM without OpenMP, implicit converting matrices of its own

from implicit.als import AlternatingLeastSquares  # noqa: E402
from implicit.bpr import BayesianPersonalizedRanking  # noqa: E402
from implicit.nearest_neighbours import (  # noqa: E402
    BM25Recommender,
    CosineRecommender,
    TFIDFRecommender,
)
from lightfm import LightFM  # noqa: E402

DAY_MS = 86_400_000
LENGTH = 10
TUNED_SHARE = 0.2
WINDOWS = [1, 3, 10, None]
NEIGHBOURS = {"cosine": CosineRecommender, "TF-IDF": TFIDFRecommender, "BM25": BM25Recommender}


class Stream:
    def __init__(self, path):
        table = np.fromfile(path).reshape(-1, 5)
        self.times, self.accounts, self.items = table[:, :3].astype(np.int64).T
        self.weights = table[:, 3]
        self.asked = (table[:, 4].astype(int) & 1) == 1
        self.had = (table[:, 4].astype(int) & 2) == 2

    def until(self, share):
        """How many events there are up to this share of those that are asked for."""
        return int(np.flatnonzero(self.asked)[int(share * self.asked.sum()) - 1]) + 1


class Matrix:
    """Sums of the weights of positive feedback, (accounts, items), of those alone that have some in the window."""

    def __init__(self, stream, begin, end):
        chosen = np.arange(begin, end)[stream.weights[begin:end] > 0]
        self.accounts, rows = np.unique(stream.accounts[chosen], return_inverse=True)
        self.items, columns = np.unique(stream.items[chosen], return_inverse=True)
        values = stream.weights[chosen].astype(np.float32)
        shape = (len(self.accounts), len(self.items))
        self.users = csr_matrix((values, (rows, columns)), shape=shape)
        self.popularity = np.bincount(columns, minlength=len(self.items)).astype(float)
        self.row_of = {account: row for row, account in enumerate(self.accounts)}
        self.column_of = np.full(stream.items.max() + 1, -1)
        self.column_of[self.items] = np.arange(len(self.items))


# A contestant fits a matrix and gives scores(row, history): (items,) for an account of which `row` is what the fit
# knew (None: nothing) and `history` the columns of what it has taken until now; None if it has nothing to say.


def popularity(matrix, _):
    return lambda row, history: None


def alternating_least_squares(matrix, setting):
    model = AlternatingLeastSquares(
        factors=setting["factors"],
        regularization=setting["regularization"],
        alpha=setting["alpha"],
        random_state=1,
        num_threads=1,
    )
    model.fit(matrix.users, show_progress=False)
    users, items = model.user_factors, model.item_factors

    def as_fitted(row, _):
        return None if row is None else items @ users[row]

    def folded_in(_, history):
        if len(history) == 0:
            return None
        ones = np.ones(len(history), dtype=np.float32)
        known = csr_matrix((ones, history, [0, len(history)]), shape=(1, len(items)))
        return items @ model.recalculate_user(0, known)

    return folded_in if setting["folds"] else as_fitted


def bayesian_personalized_ranking(matrix, setting):
    model = BayesianPersonalizedRanking(
        factors=setting["factors"],
        learning_rate=setting["rate"],
        iterations=setting["iterations"],
        random_state=1,
        num_threads=1,
    )
    model.fit(matrix.users, show_progress=False)
    return lambda row, _: None if row is None else model.item_factors @ model.user_factors[row]


def item_to_item(matrix, setting):
    model = NEIGHBOURS[setting["weighting"]](K=setting["neighbours"], num_threads=1)
    model.fit(matrix.users, show_progress=False)
    similarity = model.similarity.tocsr()
    # Only decides between items that nothing was in common with.
    filling = 1e-9 * matrix.popularity

    def scores(_, history):
        if len(history) == 0:
            return None
        return filling + np.asarray(similarity[history].sum(axis=0)).ravel()

    return scores


def warp(matrix, setting):
    model = LightFM(
        no_components=setting["factors"], loss="warp", learning_rate=setting["rate"], random_state=1
    )
    ones = matrix.users.tocoo()
    ones.data = np.ones_like(ones.data)
    model.fit(ones, epochs=setting["epochs"])
    biases, items = model.get_item_representations()
    _, users = model.get_user_representations()
    return lambda row, _: None if row is None else items @ users[row] + biases


def als_grid(folds):
    parts = [(8, 0.01, 1), (16, 0.01, 1), (32, 0.1, 20)]
    names = ["factors", "regularization", "alpha"]
    return [dict(zip(names, part), folds=folds) for part in parts]


CONTESTANTS = {
    "popularity": (popularity, [{}]),
    "implicit ALS": (alternating_least_squares, als_grid(folds=False)),
    "implicit ALS, folded in": (alternating_least_squares, als_grid(folds=True)),
    "implicit BPR": (
        bayesian_personalized_ranking,
        [
            {"factors": factors, "rate": rate, "iterations": iterations}
            for factors, rate, iterations in [(8, 0.05, 50), (32, 0.05, 50), (64, 0.05, 100)]
        ],
    ),
    "implicit item-to-item": (
        item_to_item,
        [{"weighting": weighting, "neighbours": 200} for weighting in NEIGHBOURS],
    ),
    "LightFM WARP": (
        warp,
        [
            {"factors": factors, "rate": 0.05, "epochs": epochs}
            for factors, epochs in [(8, 10), (16, 10), (32, 20)]
        ],
    ),
}


def place_of(target, scores, had):
    """How many columns that the account has not had are better; of equal ones the earlier is."""
    score = scores[target]
    better = scores > score
    better[:target] |= scores[:target] == score
    return int(better.sum() - better[had].sum())


class Account:
    def __init__(self):
        self.had = []
        self.taken = []


def ask(stream, name, setting, window, end):
    """Places of what was asked for in the first `end` events, −1 where beyond the list; and how many lists were
    of the most popular items of the window, for want of anything known of the account."""
    fit = CONTESTANTS[name][0]
    accounts = {}
    places, fallbacks, day, matrix = [], 0, None, None
    for e in range(end):
        if stream.times[e] // DAY_MS != day:
            day = int(stream.times[e] // DAY_MS)
            midnight = np.searchsorted(stream.times[:end], day * DAY_MS)
            since = 0 if window is None else (day - window) * DAY_MS
            matrix = Matrix(stream, np.searchsorted(stream.times[:end], since), midnight)
            scores_of = fit(matrix, setting) if matrix.users.nnz > 0 else None
        account = accounts.setdefault(stream.accounts[e], Account())
        if stream.asked[e]:
            target = matrix.column_of[stream.items[e]]
            place = -1
            if scores_of is not None:
                history = columns(matrix, account.taken)
                scores = scores_of(matrix.row_of.get(stream.accounts[e]), history)
                if scores is None:
                    fallbacks += 1
                    scores = matrix.popularity
                if target >= 0:
                    place = place_of(target, scores, columns(matrix, account.had))
            places.append(place if place < LENGTH else -1)
        if stream.weights[e] > 0:
            account.taken.append(stream.items[e])
        if stream.had[e]:
            account.had.append(stream.items[e])
    return np.array(places), fallbacks


def columns(matrix, items):
    """Sorted, each once, of those in the matrix."""
    found = np.unique(matrix.column_of[np.array(items, dtype=np.int64)])
    return found[found >= 0]


def quality(places):
    listed = places >= 0
    gains = np.where(listed, 1 / np.log2(np.maximum(places, 0) + 2), 0)
    return {"hit": float(listed.mean()), "ndcg": float(gains.mean())}


def popularity_at_once(stream):
    """hit@10 of counts that each event changes: what bench/dailyRefit.ts knows already, by other code."""
    counts = np.zeros(stream.items.max() + 1)
    known, hits = 0, 0
    had = {}
    for e, item in enumerate(stream.items):
        of_account = had.setdefault(stream.accounts[e], set())
        if stream.asked[e] and item < known:
            place = place_of(item, counts[:known], np.array(list(of_account), dtype=int))
            hits += place < LENGTH
        known = max(known, item + 1)
        if stream.weights[e] > 0 and item not in of_account:
            counts[item] += 1
        if stream.had[e]:
            of_account.add(item)
    return hits / int(stream.asked.sum())


STREAM = Stream(sys.argv[1])


def describe(task):
    name, setting, window = task
    parts = {**setting, "days": window or "all"}
    named = [f"{key} {value}" for key, value in parts.items() if key != "folds"]
    return f"{name}: {', '.join(named)}"


def tune(task):
    name, setting, window = task
    places, _ = ask(STREAM, name, setting, window, STREAM.until(TUNED_SHARE))
    return quality(places)["hit"]


def run(task):
    name, setting, window = task
    began = time.process_time()
    places, fallbacks = ask(STREAM, name, setting, window, len(STREAM.times))
    tuned = int(TUNED_SHARE * len(places))
    return {
        "name": name,
        "setting": describe(task),
        "whole": quality(places),
        "rest": quality(places[tuned:]),
        "fallbackShare": fallbacks / len(places),
        "seconds": time.process_time() - began,
    }


def main():
    tasks = [
        (name, setting, window)
        for name, (_, grid) in CONTESTANTS.items()
        for setting, window in itertools.product(grid, WINDOWS)
    ]
    # fork: the stream is there already.
    with multiprocessing.get_context("fork").Pool(2) as pool:
        best = {}
        for task, hit in zip(tasks, pool.imap(tune, tasks)):
            print(f"  tuning {describe(task)}: {hit:.4f}", file=sys.stderr, flush=True)
            if hit > best.get(task[0], (-1, None))[0]:
                best[task[0]] = (hit, task)
        results = pool.map(run, [task for _, task in best.values()], chunksize=1)
    print(json.dumps({"popularityAtOnce": popularity_at_once(STREAM), "results": results}))


main()
