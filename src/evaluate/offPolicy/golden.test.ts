/** Every estimate against the Open Bandit Pipeline (obp 0.4.1), on the rounds of bench/peers/offPolicy.py, which made these figures. */
import { expect, it } from "vitest";
import { OffPolicyEvaluation } from "./offPolicyEvaluation.ts";
import type { LoggedRounds } from "./rounds.ts";

const golden = {
  ips: 1.277828830929637,
  snips: 1.058224380342576,
  directMethod: 0.49605041324619514,
  doublyRobust: 1.2570506018588792,
  selfNormalisedDoublyRobust: 1.1262670225000089,
  // tau = 3
  switchDoublyRobust: 1.0774683067829538,
  // SlateIndependentIPS: per slate of two.
  slate: 2.555657661859274,
};

const positionCount = 2;
const actions = [0, 1, 2, 3];

/** The generator of Park and Miller, and the formulas of the script. */
function goldenRounds(): LoggedRounds {
  let state = 20260101;
  const draw = (below: number): number => (state = (state * 16807) % 2147483647) % below;
  const shares = (): number[] => {
    const parts = actions.map(() => 1 + draw(9));
    const whole = parts.reduce((sum, part) => sum + part, 0);
    return parts.map((part) => part / whole);
  };
  const rounds = Array.from({ length: 120 }, () => {
    const [logging, target] = [shares(), shares()];
    const rewards = actions.map(() => draw(100) / 100);
    const action = draw(actions.length);
    const reward = draw(5) / 2;
    return {
      reward,
      propensity: logging[action],
      targetProbability: target[action],
      logged: rewards[action],
      expected: actions.reduce((sum, a) => sum + target[a] * rewards[a], 0),
    };
  });
  return {
    reward: rounds.map(({ reward }) => reward),
    propensity: rounds.map(({ propensity }) => propensity),
    targetProbability: rounds.map(({ targetProbability }) => targetProbability),
    model: {
      logged: rounds.map(({ logged }) => logged),
      expected: rounds.map(({ expected }) => expected),
    },
    position: rounds.map((_, i) => i % positionCount),
    cluster: rounds.map((_, i) => Math.floor(i / positionCount)),
  };
}

it("estimates what obp estimates", () => {
  const evaluation = new OffPolicyEvaluation({ hasModel: true, switchAbove: 3, positionCount });
  evaluation.add(goldenRounds());
  const { ips, snips, model, byPosition } = evaluation.report();
  expect(ips.value).toBeCloseTo(golden.ips, 12);
  expect(snips.value).toBeCloseTo(golden.snips, 12);
  expect(model?.directMethod.value).toBeCloseTo(golden.directMethod, 12);
  expect(model?.doublyRobust.value).toBeCloseTo(golden.doublyRobust, 12);
  expect(model?.selfNormalisedDoublyRobust.value).toBeCloseTo(
    golden.selfNormalisedDoublyRobust,
    12,
  );
  expect(model?.switchDoublyRobust.value).toBeCloseTo(golden.switchDoublyRobust, 12);
  expect(ips.value * positionCount).toBeCloseTo(golden.slate, 12);
  const positions = byPosition.map((position) => position.ips.value);
  expect(positions[0] + positions[1]).toBeCloseTo(golden.slate, 12);
});
