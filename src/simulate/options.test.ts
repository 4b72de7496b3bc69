import { describe, expect, test } from "vitest";
import { FoldbackError } from "../core/index.ts";
import { defaultSimulationOptions, resolveSimulationOptions } from "./options.ts";

function refusal(options: Record<string, unknown>): FoldbackError {
  try {
    resolveSimulationOptions(options);
  } catch (error) {
    if (error instanceof FoldbackError) return error;
  }
  throw new Error("it was taken");
}

test("what is not given is the default", () => {
  expect(resolveSimulationOptions({})).toEqual(defaultSimulationOptions);
  expect(resolveSimulationOptions({ seed: 0, drift: 0.5 })).toEqual({
    ...defaultSimulationOptions,
    seed: 0,
    drift: 0.5,
  });
});

describe("an option that is not allowed is refused by name, with what came and what is allowed", () => {
  test.each<[options: Record<string, unknown>, setting: string, named: string]>([
    [{ accounts: 0 }, "accounts", "accounts is 0; allowed: a whole number from 1 to 1000000"],
    [{ accounts: 1.5 }, "accounts", "accounts is 1.5"],
    [{ days: -1 }, "days", "days is -1"],
    [{ days: Number.NaN }, "days", "days is NaN"],
    [{ items: 19 }, "items", "from 20 to"],
    [{ seed: 2 ** 32 }, "seed", "to 4294967295"],
    [{ start: 0 }, "start", "epoch milliseconds"],
    [{ drift: -0.1 }, "drift", "a number from 0 to 10"],
    [{ adEffect: "1" }, "adEffect", "adEffect is 1"],
    [{ account: 5 }, "account", "no setting account; it has accounts, days"],
  ])("%j", (options, setting, named) => {
    const { code, message, details } = refusal(options);
    expect([code, details["setting"]]).toEqual(["CONFIG_INVALID", setting]);
    expect(message).toContain(named);
  });
});
