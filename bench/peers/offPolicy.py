"""Off-policy estimates by the Open Bandit Pipeline (obp), for bench/offPolicy.ts and a test.

Usage: offPolicy.py dataset CAMPAIGN OUT: of the 10,000 rounds that obp ships for a campaign of the Open Bandit
Dataset, logged by the uniform random policy, and a target policy: the Bernoulli Thompson sampling that ran beside
it. Writes OUT, float64 of shape (6, rounds): reward, propensity, target probability, the model's reward of the
logged action and expected under the target policy, position; prints obp's estimates of them as JSON.

Usage: offPolicy.py golden: prints the object that stands in src/evaluate/offPolicy/golden.test.ts.

What obp imports and nothing here uses is given empty stand-ins: PyTorch (gigabytes), charts, and obp's own policies,
which need PyTorch.
"""

import json
import sys
import types
from pathlib import Path

for name in ["torch", "matplotlib", "matplotlib.pyplot", "seaborn", "obp.policy"]:
    sys.modules[name] = types.ModuleType(name)
sys.modules["torch"].Tensor = type("Tensor", (), {})
for name in ["BaseContextFreePolicy", "BaseContextualPolicy"]:
    setattr(sys.modules["obp.policy"], name, object)

import numpy as np
import obp
import pandas as pd
import yaml
from obp import ope

SIMULATIONS = 200_000
SWITCH = 3.0


def estimates(reward, action, pscore, position, action_dist, model):
    """model: (rounds, actions, positions), the reward of each."""
    inputs = dict(
        reward=reward,
        action=action,
        pscore=pscore,
        position=position,
        action_dist=action_dist,
        estimated_rewards_by_reg_model=model,
    )
    weighing = {k: v for k, v in inputs.items() if k != "estimated_rewards_by_reg_model"}
    direct = dict(
        action_dist=action_dist, position=position, estimated_rewards_by_reg_model=model
    )
    return {
        "ips": ope.InverseProbabilityWeighting().estimate_policy_value(**weighing),
        "snips": ope.SelfNormalizedInverseProbabilityWeighting().estimate_policy_value(**weighing),
        "directMethod": ope.DirectMethod().estimate_policy_value(**direct),
        "doublyRobust": ope.DoublyRobust().estimate_policy_value(**inputs),
        "selfNormalisedDoublyRobust": ope.SelfNormalizedDoublyRobust().estimate_policy_value(**inputs),
        "switchDoublyRobust": ope.SwitchDoublyRobust(tau=SWITCH).estimate_policy_value(**inputs),
    }, inputs


def thompson_sampling(campaign):
    """(items, 3): how often each item is drawn at each position, as obp's BernoulliTS finds it, by simulation."""
    prior = yaml.safe_load((Path(obp.__file__).parent / "policy/conf/prior_bts.yaml").read_text())
    alpha, beta = (np.array(prior[campaign][name]) for name in ["alpha", "beta"])
    random = np.random.default_rng(1)
    counts = np.zeros((len(alpha), 3))
    for _ in range(SIMULATIONS // 10_000):
        drawn = random.beta(alpha, beta, size=(10_000, len(alpha)))
        best = np.argsort(-drawn, axis=1)[:, :3]
        for position in range(3):
            counts[:, position] += np.bincount(best[:, position], minlength=len(alpha))
    return counts / SIMULATIONS


def dataset(campaign, out):
    folder = Path(obp.__file__).parent / "dataset/obd"
    columns = ["item_id", "position", "click", "propensity_score"]
    logged, own = (
        pd.read_csv(folder / policy / campaign / f"{campaign}.csv", usecols=columns)
        for policy in ["random", "bts"]
    )
    action = logged["item_id"].to_numpy()
    position = logged["position"].to_numpy() - 1
    reward = logged["click"].to_numpy().astype(float)
    pscore = logged["propensity_score"].to_numpy()
    target = thompson_sampling(campaign)
    # Click rates by item and position, shrunk to the mean as by 100 rounds, of the half that a round is not in.
    rounds = np.arange(len(reward))
    model = np.empty((len(reward), *target.shape))
    for half in range(2):
        others = rounds % 2 != half
        clicks, shown = np.zeros(target.shape), np.zeros(target.shape)
        np.add.at(clicks, (action[others], position[others]), reward[others])
        np.add.at(shown, (action[others], position[others]), 1)
        model[rounds % 2 == half] = (clicks + 100 * reward[others].mean()) / (shown + 100)
    action_dist = np.broadcast_to(target, model.shape)
    # Simulated shares do not add up to 1 to the last bit, and obp averages by them: so does this.
    at = rounds, action, position
    expected = np.average(
        model[rounds, :, position], weights=action_dist[rounds, :, position], axis=1
    )
    np.stack(
        [reward, pscore, action_dist[at], model[at], expected, position.astype(float)]
    ).tofile(out)
    values, inputs = estimates(reward, action, pscore, position, action_dist, model)
    interval = ope.DoublyRobust().estimate_interval(
        **inputs, n_bootstrap_samples=1000, random_state=1
    )
    bounds = [interval["95.0% CI (lower)"], interval["95.0% CI (upper)"]]
    ownClicks = own["click"].to_numpy()
    print(
        json.dumps(
            {
                "estimates": values,
                "doublyRobustInterval": bounds,
                "onPolicy": ownClicks.mean(),
                "onPolicyError": ownClicks.std(ddof=1) / len(ownClicks) ** 0.5,
                "switchAbove": SWITCH,
            }
        )
    )


def golden():
    slates, positions, actions = 60, 2, 4
    count = slates * positions
    state = 20260101

    def draw(below):
        """Park and Miller's generator: the same whole numbers in every language."""
        nonlocal state
        state = state * 16807 % 2147483647
        return state % below

    def shares():
        parts = np.array([1.0 + draw(9) for _ in range(actions)])
        return parts / parts.sum()

    reward, pscore = np.empty(count), np.empty(count)
    action = np.empty(count, dtype=int)
    action_dist = np.zeros((count, actions, positions))
    model = np.zeros((count, actions, positions))
    position = np.arange(count) % positions
    for i in range(count):
        logging, target = shares(), shares()
        rewards = np.array([draw(100) / 100 for _ in range(actions)])
        action[i] = draw(actions)
        reward[i] = draw(5) / 2
        pscore[i] = logging[action[i]]
        action_dist[i, :, :] = target[:, None]
        model[i, :, :] = rewards[:, None]
    values, _ = estimates(reward, action, pscore, position, action_dist, model)
    slate = np.arange(count) // positions
    at = np.arange(count), action, position
    values["slate"] = ope.SlateIndependentIPS(len_list=positions).estimate_policy_value(
        slate_id=slate,
        reward=reward,
        position=position,
        pscore_item_position=pscore,
        evaluation_policy_pscore_item_position=action_dist[at],
    )
    print(json.dumps(values, indent=2))


if __name__ == "__main__":
    if sys.argv[1] == "golden":
        golden()
    else:
        dataset(*sys.argv[2:4])
