"""Vowpal Wabbit over the bench's examples: learn_vw.py EXAMPLES PREDICTIONS CONFIG

CONFIG is {"args": "…"}. VW learns the stream twice, each time from nothing, and the faster one counts:

cache     VW's own driver reads its binary cache; from its time that of `--noop` over the same cache is taken off,
          which reads all and learns nothing. No predictions are written.
examples  `learn` on examples that were parsed before, a thousand at a time, as one of them takes tens of kilobytes.
          `learn` gives the prediction from before its step.

The losses that VW itself counts must be the same both times.
"""

import json
import os
import sys
import tempfile
from urllib.parse import quote

import vowpalwabbit
from examples import cpu_seconds, read_examples, report, write_predictions

COMMON = "--quiet --loss_function logistic --link logistic -b 22"
CHUNK = 1000


def line_of(example):
    """`1 |user 12 |item 7 |genre Crime Drama`: a namespace a slot, known by its first letter."""
    slots = {}
    for slot, name in example["features"]:
        slots.setdefault(slot, []).append(quote(name))
    label = "1" if example["label"] == 1 else "-1"
    return " ".join([label, *(f"|{slot} {' '.join(names)}" for slot, names in slots.items())])


def average_loss(workspace):
    return workspace.get_sum_loss() / workspace.get_weighted_examples()


def drive(args, cache):
    """VW's own loop, which reads the cache in a thread beside it. Gives seconds of the processor, and the loss."""
    begin = cpu_seconds()
    workspace = vowpalwabbit.Workspace(f"{COMMON} {args} --cache_file {cache}")
    if not workspace.parser_ran:  # it runs at once where there is text to read
        vowpalwabbit.pyvw.pylibvw.vw.run_parser(workspace)
    seconds = cpu_seconds() - begin
    loss = average_loss(workspace)
    workspace.finish()
    return seconds, loss


def learn_parsed(args, lines):
    """Gives seconds of the processor that learning took, predictions, and the loss."""
    workspace = vowpalwabbit.Workspace(f"{COMMON} {args}")
    seconds = 0.0
    predictions = []
    learn = vowpalwabbit.pyvw.pylibvw.vw.learn  # below the wrapper, which checks types each time
    for at in range(0, len(lines), CHUNK):
        chunk = [workspace.parse(line) for line in lines[at : at + CHUNK]]
        begin = cpu_seconds()
        for example in chunk:
            learn(workspace, example)
        seconds += cpu_seconds() - begin
        for example in chunk:
            predictions.append(example.get_simplelabel_prediction())
            workspace.finish_example(example)
    loss = average_loss(workspace)
    workspace.finish()
    return seconds, predictions, loss


def main(examples_path, predictions_path, config):
    args = json.loads(config)["args"]
    lines = [line_of(example) for example in read_examples(examples_path)]
    with tempfile.TemporaryDirectory() as directory:
        text, cache = os.path.join(directory, "text"), os.path.join(directory, "cache")
        with open(text, "w", encoding="utf8") as file:
            file.writelines(f"{line}\n" for line in lines)
        read, _ = drive(f"--noop -d {text}", cache)
        idle, _ = drive("--noop", cache)
        driven, driven_loss = drive(args, cache)
    parsed, predictions, loss = learn_parsed(args, lines)
    if abs(driven_loss - loss) > 1e-6 * loss:
        sys.exit(f"VW's loss is {driven_loss} from its cache, {loss} by examples")
    write_predictions(predictions_path, predictions)
    report(
        readSeconds=read,
        learnSeconds=min(driven - idle, parsed),
        cacheSeconds=driven - idle,
        examplesSeconds=parsed,
    )


main(*sys.argv[1:])
