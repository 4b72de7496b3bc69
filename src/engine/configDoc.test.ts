/** That `docs/CONFIG.md` says what the schema says. After a change: `npx vitest run configDoc -u`. */
import { expect, test } from "vitest";
import { allowedBy, type FieldSchema, fieldAt } from "../core/index.ts";
import { segmentFields } from "../event/index.ts";
import { defaultFeedbackRules, featureSources } from "../features/index.ts";
import { resolveConfig } from "./config.ts";
import { configSchema } from "./configSchema.ts";
import { experimentSettings } from "./experiments/settings.ts";
import { defaultSlots } from "./responseSettings.ts";

test("docs/CONFIG.md is the schema, as a table", async () => {
  await expect(renderDoc()).toMatchFileSnapshot("../../docs/CONFIG.md");
});

test("every setting has a meaning and a default that is allowed", () => {
  for (const { name, schema } of leavesOf(configSchema, [])) {
    expect(schema.description, name).toMatch(/\S/);
    expect(schema, name).toHaveProperty("default");
  }
  const feedbackRule = fieldAt(configSchema, ["feedback", "like"]);
  expect(leavesOf(feedbackRule ?? {}, []).length).toBe(4);
  expect(() => resolveConfig()).not.toThrow();
});

interface Leaf {
  readonly name: string;
  readonly schema: FieldSchema;
}

function leavesOf(schema: FieldSchema, path: readonly string[]): Leaf[] {
  if (schema.properties === undefined) return [{ name: path.join("."), schema }];
  return Object.entries(schema.properties).flatMap(([key, part]) => leavesOf(part, [...path, key]));
}

function partsOf(schema: FieldSchema): string[][] {
  return leavesOf(schema, []).map(({ name, schema: part }) => [
    `\`${name}\``,
    allowedBy(part),
    part.description ?? "",
  ]);
}

function renderDoc(): string {
  const settings = leavesOf(configSchema, []).map(({ name, schema }) => [
    `\`${name}\``,
    `\`${JSON.stringify(schema.default)}\``,
    allowedBy(schema),
    schema.description ?? "",
  ]);
  const rule = leavesOf(fieldAt(configSchema, ["feedback", "like"]) ?? {}, []).map(
    ({ name, schema }) => [`\`${name}\``, allowedBy(schema), schema.description ?? ""],
  );
  const slotRule = leavesOf(fieldAt(configSchema, ["response", "slots", "any"]) ?? {}, []).map(
    ({ name, schema }) => [`\`${name}\``, allowedBy(schema), schema.description ?? ""],
  );
  const experiment = partsOf(experimentSettings);
  const variant = partsOf(fieldAt(experimentSettings, ["variants", "0"]) ?? {});
  const slots = Object.entries(defaultSlots).map(([slot, { of }]) => [
    `\`${slot}\``,
    of.map((source) => `\`${source}\``).join(", "),
  ]);
  const rules = Object.entries(defaultFeedbackRules).map(([type, { weight, had, secondsMin }]) => [
    `\`${type}\``,
    String(weight),
    had ? "yes" : "no",
    secondsMin === undefined ? "" : String(secondsMin),
  ]);
  return `# Configuration

No config is needed. What you set goes into a file that \`--config\` names, or that is called \`foldback.config.js\`,
\`foldback.config.mjs\` or \`foldback.config.json\` and stands where the command is run; the first of them that is there counts.
Flags stand above the file, the defaults below it. A setting that is unknown or out of its range stops the command with exit
code 2, and says what is allowed.

With \`foldback serve --projects\` each project has such a file in its folder: [several projects](DEPLOYMENT.md#several-projects). Traces are configured by the
[environment](DEPLOYMENT.md#traces).

\`\`\`js
import { defineConfig } from "foldback";

export default defineConfig({
  dataDirectory: "/var/lib/foldback",
  http: { host: "0.0.0.0", port: 8080 },
  eventTypes: ["dance"],
  feedback: { dance: { weight: 2, had: false } },
});
\`\`\`

\`defineConfig\` only gives the object its type: without it, or in JSON, the same object does.

## Settings

${table(["setting", "default", "allowed", "meaning"], settings)}

What has been learned depends on \`feedback\`, \`limits\`, \`model\` and \`response\` (but for their \`sizeBytesMax\`), and on
\`training.negativesPerPositive\`, \`.uniformShare\`, \`.expireEverySeconds\` and \`.impressions\`: when one of them changes, the engine
says so, and learns the whole log again. \`log.partitionCount\` can't be changed once there is a log. The others can, at every start.

## Responses

Whether an item that is *shown* is acted on is foretold by a model of its own, the model of responses. It learns from impressions (with their
\`request\`), joined with what was done about them, and from events that carry their label themselves: with \`response.labels: { rate: { valueMin: 8 } }\`
a rating of 8 or more is a 1, a lower one a 0. Its examples are described by *slots*: each names its sources, and has an embedding table.

\`\`\`js
response: {
  kind: "deepfm",
  slots: {
    account: { of: ["account"] },
    item: { of: ["item"], admitAfter: 2, ttlSeconds: 2592000 },
    session: { of: ["recent"], last: 5 },
    taste: { of: ["account", "categories"] },
    mood: { of: ["context.mood"] },
  },
}
\`\`\`

${table(["part of a slot", "allowed", "meaning"], slotRule)}

Sources: ${featureSources.map((source) => `\`${source}\``).join(", ")}, \`context.NAME\` of an event, and \`account.NAME\`, what is [said of the account](API.md#v1accounts). \`recent\`, \`categories\`, \`keywords\`,
\`hashtags\` and \`words\` are bags, as is an \`account.NAME\` of several parts: n ids, each at 1/√n. \`recent\` changes with the event itself, before any weight moves. \`hour\` and \`weekday\` are UTC.
\`signals\` are the measured signals that the ranking uses, as numbers. These slots hold where you give none:

${table(["slot", "of"], slots)}

## Feedback

What an event about an item says, by its type. A type without a rule says nothing; types of your own are declared in \`eventTypes\`.

${table(["part of a rule", "allowed", "meaning"], rule)}

These rules hold where you give none:

${table(["event type", "`weight`", "`had`", "`secondsMin`"], rules)}

## Experiments

A/B tests: some accounts are served with other settings than others, and it is measured which do better ([EXPERIMENTATION.md](EXPERIMENTATION.md#live)).

\`\`\`js
experiments: {
  "diversity-2026-12": {
    variants: [{ name: "control" }, { name: "more", rules: { diversity: 0.3 } }],
    end: "2027-01-15T00:00:00Z",
  },
  "trend-2026-12": {
    variants: [{ name: "control" }, { name: "less", weight: 0.2, candidates: { trend: 40 } }],
    metric: "actions",
  },
}
\`\`\`

${table(["part of an experiment", "allowed", "meaning"], experiment)}

${table(["part of a variant", "allowed", "meaning"], variant)}

Several may run at once: each assigns for itself. Two may not vary the same thing at the same time. Another \`salt\`, \`windowSeconds\`, \`accountsMax\` or
\`variants\` make another experiment, and what was measured is forgotten; \`start\`, \`end\`, \`metric\`, \`tightestAt\` and \`alpha\` do not. Nothing is learned
again for any of them. One that the config has no more keeps its result, until 50 others have come after it.

## Segment

What \`track\` messages of Segment's SDKs become is [built in](SEGMENT.md) for the names of Segment's specs. Others are named in \`segment.events\`:

\`\`\`js
segment: { events: { "Song Played": { type: "play", properties: { item: "song.id", seconds: "listened" } } } }
\`\`\`

Fields that properties can be named for: ${segmentFields.map((field) => `\`${field}\``).join(", ")}.
`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), `|${head.map(() => "---").join("|")}|`, ...rows.map(line)].join("\n");
}
