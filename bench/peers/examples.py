"""What the peers' learners share: reading the bench's examples, writing predictions, time of the processor."""

import array
import json
import sys
import time


def read_examples(path):
    """One object a line: time (epoch seconds), label (0 or 1), features ([slot, name], …)."""
    with open(path, encoding="utf8") as lines:
        return [json.loads(line) for line in lines]


def cpu_seconds():
    """Of this process, all its threads, user and system."""
    return time.process_time()


def write_predictions(path, predictions):
    """Probabilities as float64, little-endian, in the order of the examples."""
    numbers = array.array("d", predictions)
    if sys.byteorder == "big":
        numbers.byteswap()
    with open(path, "wb") as file:
        numbers.tofile(file)


def report(**figures):
    """The one line that the bench reads."""
    print(json.dumps(figures))
