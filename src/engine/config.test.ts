import { expect, test } from "vitest";
import { FoldbackError } from "../core/index.ts";
import { defineConfig, resolveConfig, type UserConfig } from "./config.ts";

test("no config at all has every setting", () => {
  const config = resolveConfig();
  expect(config.dataDirectory).toBe("foldback-data");
  expect(config.http).toEqual({
    host: "127.0.0.1",
    port: 7878,
    batchEventsMax: 5000,
    concurrentMax: 1024,
    waitMsMax: 500,
    requestsPerSecondMax: 0,
    keys: [],
    corsOrigins: [],
    logRequests: false,
    bodyBytesMax: 8_388_608,
  });
  expect(config.model.linear).toEqual({ alpha: 0.05, beta: 0, l1: 0, l2: 0 });
  expect(config.feedback["like"]).toEqual({ weight: 1, had: true });
  expect(resolveConfig({})).toEqual(config);
});

test("what is given stands, beside the defaults of its own group, and the given object stays as it was", () => {
  const user = defineConfig({ http: { port: 80 }, model: { linear: { l1: 1 } } });
  const config = resolveConfig(user);
  expect(config.http.port).toBe(80);
  expect(config.http.host).toBe("127.0.0.1");
  expect(config.model.linear).toEqual({ alpha: 0.05, beta: 0, l1: 1, l2: 0 });
  expect(user).toEqual({ http: { port: 80 }, model: { linear: { l1: 1 } } });
});

test("a rule of feedback replaces the one of its type and leaves the others", () => {
  const { feedback } = resolveConfig({
    eventTypes: ["dance"],
    feedback: { like: { weight: 5, had: false }, dance: { weight: 1, had: false } },
  });
  expect(feedback["like"]).toEqual({ weight: 5, had: false });
  expect(feedback["dance"]).toEqual({ weight: 1, had: false });
  expect(feedback["play"]).toEqual({ weight: 1, had: true, secondsMin: 30 });
});

// What came is written as a config file could have it, whatever the types say.
const wrong: [came: unknown, setting: string, part: string][] = [
  [null, "", "the config is null"],
  [[], "", "the config is []"],
  ["x", "", 'the config is "x"'],
  [{ prot: 1 }, "prot", "there is no setting prot; there are dataDirectory, "],
  [{ http: { prot: 1 } }, "http.prot", "there is no setting http.prot; http has host, port, "],
  [{ http: null }, "http", "http is null; allowed: an object of host, port, "],
  [{ http: { port: 70_000 } }, "http.port", "is 70000; allowed: a whole number from 0 to 65535"],
  [{ http: { port: "80" } }, "http.port", 'is "80"; allowed: a whole number'],
  [{ http: { port: 1.5 } }, "http.port", "is 1.5;"],
  [{ dataDirectory: "" }, "dataDirectory", 'is ""; allowed: a text that is not empty'],
  [{ model: { dim: 5 } }, "model.dim", "from 4 to 128, a multiple of 4"],
  [{ model: { kind: "tree" } }, "model.kind", 'allowed: "fm" or "logistic"'],
  [{ model: { linear: { alpha: -1 } } }, "model.linear.alpha", "is -1; allowed: a number from"],
  [{ model: { learningRate: Number.NaN } }, "model.learningRate", "is NaN;"],
  [{ training: { uniformShare: 0 } }, "training.uniformShare", "from 0.01 to 1"],
  [{ eventTypes: ["Big Word"] }, "eventTypes.0", "a text of the form ^[a-z]"],
  [{ attribution: { key: "person" } }, "attribution.key", "people.enabled"],
  [
    { eventTypes: ["heartbeat"] },
    "eventTypes",
    "item_set, account_set, served, experiment_set, person_assigned, heartbeat",
  ],
  [{ feedback: { likes: { weight: 1, had: true } } }, "feedback.likes", "rules for access, "],
  [
    { segment: { events: { Sang: { type: "sing" } } } },
    "segment.events.Sang.type",
    "one of access,",
  ],
  [
    { segment: { events: { Sang: { type: "play", properties: { song: "id" } } } } },
    "segment.events.Sang.properties.song",
    "has item, artist,",
  ],
  [
    { feedback: { like: { weight: 1 } } },
    "feedback.like.had",
    "is nothing; allowed: true or false",
  ],
  [{ feedback: { like: { weight: 1, had: 1 } } }, "feedback.like.had", "is 1;"],
  [{ feedback: { like: { weight: 999, had: true } } }, "feedback.like.weight", "from -100 to 100"],
  [{ feedback: { like: { weight: 1, had: true, min: 3 } } }, "feedback.like.min", "no setting"],
];

test.each(wrong)("%j is refused by the name of the setting", (came, setting, part) => {
  const error = problemOf(came);
  expect(error.code).toBe("CONFIG_INVALID");
  expect(error.details["setting"]).toBe(setting);
  expect(error.message).toContain(part);
});

test("what is no plain value is refused, not a crash", () => {
  expect(problemOf({ http: () => 1 }).code).toBe("CONFIG_INVALID");
});

function problemOf(came: unknown): FoldbackError {
  try {
    resolveConfig(came as UserConfig);
  } catch (error) {
    if (error instanceof FoldbackError) return error;
    throw error;
  }
  throw new Error("it was taken");
}
