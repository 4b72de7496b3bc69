"""River's factorisation machine over the bench's examples: learn_river.py EXAMPLES PREDICTIONS CONFIG

Each example is a dict of numbers, made beforehand: what River takes without turning strings into columns first.
It is predicted (`predict_proba_one`), then learned (`learn_one`); both count, as River has no call that does both.
"""

import gc
import json
import sys

from examples import cpu_seconds, read_examples, report, write_predictions
from river import facto, optim

OPTIMISERS = {"sgd": optim.SGD, "adagrad": optim.AdaGrad}


def make_model(config):
    optimiser = OPTIMISERS[config["optimiser"]]
    return facto.FMClassifier(
        n_factors=config["factors"],
        weight_optimizer=optimiser(config["weightRate"]),
        latent_optimizer=optimiser(config["latentRate"]),
        l2_latent=config.get("l2Latent", 0.0),
        latent_initializer=optim.initializers.Normal(sigma=config["initialScale"], seed=1),
        seed=1,
    )


def main(examples_path, predictions_path, config):
    begin = cpu_seconds()
    examples = read_examples(examples_path)
    # One string for each name that is different: its hash is computed once.
    inputs = [{sys.intern(f"{slot}_{name}"): 1 for slot, name in of["features"]} for of in examples]
    labels = [of["label"] == 1 for of in examples]
    # What reading leaves belongs to reading, and is not looked through again and again while it learns.
    gc.collect()
    gc.freeze()
    read = cpu_seconds()
    model = make_model(json.loads(config))
    predict, learn = model.predict_proba_one, model.learn_one
    predictions = []
    for x, y in zip(inputs, labels):
        predictions.append(predict(x))
        learn(x, y)
    learned = cpu_seconds()
    write_predictions(predictions_path, [by_label[True] for by_label in predictions])
    report(readSeconds=read - begin, learnSeconds=learned - read)


main(*sys.argv[1:])
