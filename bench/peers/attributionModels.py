"""Credit of channels by ChannelAttribution, for bench/attributionModels.ts.

Usage: attributionModels.py data OUT: copies the 10,000 paths that the package ships (PathData) to OUT.

Usage: attributionModels.py heuristics|order1|order4|auto FILE SEED...: prints as JSON, by seed, the seconds that it took and
the credits of the channels. Reading the file is not in the seconds.
"""

import contextlib
import json
import os
import shutil
import sys
import time
from importlib import resources

os.environ["MPLBACKEND"] = "Agg"

import pandas as pd

# It says who made it and how it goes, where results are to stand.
SILENT = open(os.devnull, "w")

with contextlib.redirect_stdout(SILENT):
    import ChannelAttribution

COLUMNS = ("path", "total_conversions")
MORE = {"var_value": "total_conversion_value", "sep": ">", "flg_pro": False}


def data(out):
    shutil.copyfile(resources.files("cypack") / "data" / "Data.csv", out)


def credit(paths, job, seed):
    if job == "heuristics":
        return ChannelAttribution.heuristic_models(paths, *COLUMNS, **MORE)
    if job == "auto":
        return ChannelAttribution.auto_markov_model(
            paths, *COLUMNS, "total_null", verbose=False, seed=seed, **MORE
        )
    order = int(job.removeprefix("order"))
    return ChannelAttribution.markov_model(
        paths, *COLUMNS, var_null="total_null", order=order, verbose=False, seed=seed, **MORE
    )


def run(job, file, seeds):
    paths = pd.read_csv(file, sep=";")
    runs = []
    for seed in seeds:
        with contextlib.redirect_stdout(SILENT):
            begin = time.perf_counter()
            table = credit(paths, job, int(seed))
            seconds = time.perf_counter() - begin
        amounts = table[next(name for name in table if name.startswith("total_conversion") or name == "last_touch_conversions")]
        runs.append({"seconds": seconds, "credits": dict(zip(table["channel_name"], amounts.astype(float)))})
    print(json.dumps(runs))


if __name__ == "__main__":
    if sys.argv[1] == "data":
        data(sys.argv[2])
    else:
        run(sys.argv[1], sys.argv[2], sys.argv[3:])
