/** The contract: what is documented is what is answered, and what is answered is documented. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Validator } from "@seriousme/openapi-schema-validator";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Foldback } from "#foldback/engine";
import { createServer } from "#foldback/http";
import { type TSchema, Value } from "../core/index.ts";
import { peopleSessions, recently } from "../testing/peopleStream.ts";
import { likes, smallConfig } from "../testing/smallEngine.ts";

interface Response {
  readonly content?: Readonly<Record<string, { readonly schema: TSchema }>>;
}

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required: boolean;
  readonly schema: TSchema;
}

interface Operation {
  readonly operationId: string;
  readonly "x-scope"?: string;
  readonly parameters: readonly Parameter[];
  readonly requestBody?: Response;
  readonly responses: Readonly<Record<string, Response>>;
}

interface Contract {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, TSchema>> };
}

/** An hour ago a search, half an hour ago an ad, then a purchase; and somebody who bought nothing. */
const twoChannels = [
  { type: "visit", time: Date.now() - 3_600_000, account: "buyer", ad: { channel: "search" } },
  {
    type: "ad_click",
    time: Date.now() - 1_800_000,
    account: "buyer",
    ad: { channel: "social", cost: 2 },
  },
  { type: "purchase", time: Date.now() - 1000, account: "buyer", value: 50 },
  { type: "ad_impression", time: Date.now() - 1000, account: "other", ad: { channel: "search" } },
];

let directory: string;
let engine: Foldback;
let server: ReturnType<typeof createServer>;
let contract: Contract;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "foldback-http-"));
  engine = await Foldback.open({
    ...smallConfig(directory),
    people: { enabled: true },
    attribution: { enabled: true },
  });
  await engine.ingest(likes(0, 400));
  const pair = { seed: 1, account: "pair", people: 2, sessions: 60, from: recently() };
  await engine.ingest(peopleSessions(pair));
  await engine.ingest(twoChannels);
  await engine.settled();
  server = createServer(engine);
  contract = (await server.inject("/openapi.json")).json<Contract>();
});

afterAll(async () => {
  await server.close();
  await engine.close();
  rmSync(directory, { recursive: true });
});

test("the document is OpenAPI 3.1, by a public validator", async () => {
  const validated = await new Validator().validate(
    structuredClone(contract) as unknown as Record<string, unknown>,
  );
  expect(validated.errors).toBeUndefined();
  expect(validated.valid).toBe(true);
});

test("operations have ids of their own, and a scope unless they are open", () => {
  const operations = Object.values(contract.paths).flatMap((path) => Object.values(path));
  const ids = operations.map(({ operationId }) => operationId);
  expect(new Set(ids).size).toBe(ids.length);
  for (const id of ids) expect(id).toMatch(/^[a-z]+[A-Z]\w*$/);
  for (const operation of operations) {
    const isOpen = (operation as { security?: readonly unknown[] }).security?.length === 0;
    expect(isOpen || ["ingest", "read", "admin"].includes(operation["x-scope"] ?? "")).toBe(true);
  }
});

// What follows is what generators of clients need beyond a valid document.

test("parameters of the path are those that the path has, and they are needed", () => {
  for (const [path, methods] of Object.entries(contract.paths)) {
    const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    for (const { parameters } of Object.values(methods)) {
      const ofPath = parameters.filter((parameter) => parameter.in === "path");
      expect(ofPath.map(({ name }) => name)).toEqual(inPath);
      expect(ofPath.every(({ required }) => required)).toBe(true);
      const names = parameters.map(({ name, in: place }) => `${place} ${name}`);
      expect(new Set(names).size).toBe(names.length);
    }
  }
});

test("an operation has one success, and errors are problems", () => {
  for (const [path, methods] of Object.entries(contract.paths)) {
    for (const { responses } of Object.values(methods)) {
      const statuses = Object.keys(responses);
      expect(statuses.filter((status) => status.startsWith("2"))).toHaveLength(1);
      for (const status of statuses.filter((each) => Number(each) >= 400)) {
        const [[type, { schema }]] = Object.entries(responses[status].content ?? {});
        if (path === "/readyz" && status === "503") continue; // a status, too
        expect([type, schema]).toEqual([
          "application/problem+json",
          { $ref: "#/components/schemas/Problem" },
        ]);
      }
    }
  }
});

test("what is referred to is there, under a name that languages take, and nothing else is", () => {
  const names = Object.keys(contract.components.schemas);
  for (const name of names) expect(name).toMatch(/^[A-Z][A-Za-z]*$/);
  const referred = schemasIn(contract).flatMap(({ $ref }) => ($ref === undefined ? [] : [$ref]));
  expect(new Set(referred)).toEqual(new Set(names.map((name) => `#/components/schemas/${name}`)));
});

test("bodies are of named types, or lists of them; no part of one is of any type", () => {
  const bodies = Object.entries(contract.paths).flatMap(([path, methods]) =>
    Object.values(methods).flatMap(({ requestBody, responses }) =>
      [requestBody, ...Object.values(responses)].flatMap((each) =>
        Object.values(each?.content ?? {}).map(({ schema }) => ({ path, schema })),
      ),
    ),
  );
  const isNamed = ({ $ref, type, items, anyOf }: Part): boolean =>
    $ref !== undefined ||
    type === "string" ||
    (type === "array" && isNamed(items ?? {})) ||
    (anyOf?.every(isNamed) ?? false);
  for (const { path, schema } of bodies) {
    if (path !== "/openapi.json") expect([path, isNamed(schema as Part)]).toEqual([path, true]);
  }
  for (const part of schemasIn(contract)) {
    expect(part.$ref ?? part.type ?? part.anyOf, JSON.stringify(part)).toBeDefined();
  }
});

test.each([
  ["POST", "/v1/events", "/v1/events", [202], likes(500, 2)],
  ["POST", "/v1/events", "/v1/events", [400], [{ type: "like" }]],
  ["POST", "/v1/events", "/v1/events", [400], "no JSON"],
  [
    "GET",
    "/v1/accounts/{account}/recommendations",
    "/v1/accounts/account-1/recommendations?n=3",
    [200],
    undefined,
  ],
  [
    "GET",
    "/v1/accounts/{account}/recommendations",
    "/v1/accounts/account-1/recommendations?n=0",
    [400],
    undefined,
  ],
  [
    "GET",
    "/v1/accounts/{account}/recommendations",
    "/v1/accounts/account-1/recommendations?explain=true&missing=item-1&boost=2&artistMax=1",
    [200],
    undefined,
  ],
  [
    "GET",
    "/v1/accounts/{account}/recommendations",
    "/v1/accounts/account-1/recommendations?preview=true",
    [200],
    undefined,
  ],
  ["PUT", "/v1/items/{item}", "/v1/items/item-1", [200], { title: "One", price: 3 }],
  ["PUT", "/v1/items/{item}", "/v1/items/item-1", [400], { title: null }],
  ["POST", "/v1/items", "/v1/items", [202], [{ item: "item-2", properties: { price: 4 } }, 7]],
  ["GET", "/v1/items/{item}", "/v1/items/item-1", [200], undefined],
  ["GET", "/v1/items/{item}", "/v1/items/nothing", [404], undefined],
  ["GET", "/v1/items", "/v1/items?limit=1&filter=price>2", [200], undefined],
  ["GET", "/v1/items/{item}/similar", "/v1/items/item-1/similar", [200], undefined],
  ["GET", "/v1/trending", "/v1/trending?n=3", [200], undefined],
  ["GET", "/v1/popular", "/v1/popular?categories=x", [200], undefined],
  ["GET", "/v1/latest", "/v1/latest", [200], undefined],
  ["DELETE", "/v1/items/{item}", "/v1/items/item-2", [204], undefined],
  ["PATCH", "/v1/items/{item}", "/v1/items/item-1", [200], { title: null, price: 4 }],
  ["PATCH", "/v1/items/{item}", "/v1/items/item-1", [400], { title: {} }],
  ["PUT", "/v1/accounts/{account}", "/v1/accounts/account-1", [200], { plan: "pro" }],
  ["PATCH", "/v1/accounts/{account}", "/v1/accounts/account-1", [200], { age: 40 }],
  ["PATCH", "/v1/accounts/{account}", "/v1/accounts/account-1", [400], { age: {} }],
  ["POST", "/v1/accounts", "/v1/accounts", [202], [{ account: "b", properties: { n: 4 } }, 7]],
  ["GET", "/v1/accounts/{account}", "/v1/accounts/account-1", [200], undefined],
  ["GET", "/v1/accounts/{account}", "/v1/accounts/nobody", [404], undefined],
  ["GET", "/v1/accounts/{account}/similar", "/v1/accounts/account-1/similar", [200], undefined],
  ["GET", "/v1/accounts", "/v1/accounts?limit=1", [200], undefined],
  ["GET", "/v1/accounts/{account}/people", "/v1/accounts/pair/people", [200], undefined],
  [
    "GET",
    "/v1/accounts/{account}/people",
    "/v1/accounts/pair/people?sessions=true",
    [200],
    undefined,
  ],
  ["GET", "/v1/accounts/{account}/people", "/v1/accounts/nobody/people", [404], undefined],
  ["GET", "/v1/active-accounts", "/v1/active-accounts?prefix=account-1", [200], undefined],
  [
    "GET",
    "/v1/accounts/{account}/history",
    "/v1/accounts/account-1/history?limit=3",
    [200],
    undefined,
  ],
  ["POST", "/v1/events", "/v1/events", [400], [{ type: "like" }, 7]],
  [
    "GET",
    "/v1/events",
    "/v1/events?type=like&type=play&account=account-1&limit=3",
    [200],
    undefined,
  ],
  ["GET", "/v1/events", "/v1/events?before=-1", [400], undefined],
  ["GET", "/v1/events/export", "/v1/events/export?account=account-1", [200], undefined],
  ["GET", "/v1/events/export", "/v1/events/export?from=now", [400], undefined],
  ["GET", "/v1/refused-events", "/v1/refused-events", [200], undefined],
  ["GET", "/v1/event-types", "/v1/event-types", [200], undefined],
  ["GET", "/v1/live", "/v1/live?readings=1", [200], undefined],
  ["GET", "/v1/live", "/v1/live?readings=0", [400], undefined],
  ["GET", "/v1/key", "/v1/key", [200], undefined],
  ["GET", "/v1/evaluations", "/v1/evaluations", [200], undefined],
  ["GET", "/", "/", [200], undefined],
  ["GET", "/assets/{file}", "/assets/nothing.js", [404], undefined],
  ["GET", "/v1/people/summary", "/v1/people/summary", [200], undefined],
  ["POST", "/v1/people/assign", "/v1/people/assign", [200], { account: "pair", device: "d" }],
  ["POST", "/v1/people/assign", "/v1/people/assign", [400], { account: "pair", device: 1 }],
  ["POST", "/v1/people/assign", "/v1/people/assign", [404], { account: "account-1" }],
  ["GET", "/v1/attribution/compare", "/v1/attribution/compare", [200], undefined],
  [
    "GET",
    "/v1/attribution/compare",
    "/v1/attribution/compare?by=channel,day&click=7d&count=once&currency=EUR&rates=EUR%3D1",
    [200],
    undefined,
  ],
  ["GET", "/v1/attribution/compare", "/v1/attribution/compare?click=120d", [400], undefined],
  [
    "GET",
    "/v1/attribution/credit",
    "/v1/attribution/credit?order=auto&model=markov,shapley,shapley-ordered",
    [200],
    undefined,
  ],
  ["GET", "/v1/attribution/credit", "/v1/attribution/credit", [200], undefined],
  ["GET", "/v1/attribution/credit", "/v1/attribution/credit?by=planet", [400], undefined],
  ["GET", "/v1/attribution/paths", "/v1/attribution/paths?top=3", [200], undefined],
  [
    "GET",
    "/v1/attribution/time-to-conversion",
    "/v1/attribution/time-to-conversion?journey=reset&touches=click,view",
    [200],
    undefined,
  ],
  ["DELETE", "/v1/accounts/{account}", "/v1/accounts/account-1", [200], undefined],
  ["GET", "/healthz", "/healthz", [200], undefined],
  ["GET", "/readyz", "/readyz", [200], undefined],
  ["GET", "/metrics", "/metrics", [200], undefined],
  ["GET", "/openapi.json", "/openapi.json", [200], undefined],
  ["GET", "/docs", "/docs", [200], undefined],
] as const)("%s %s answers %s as it says", async (method, path, url, [status], body) => {
  const reply = await server.inject({
    method,
    url,
    ...(body === undefined
      ? {}
      : { payload: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  expect(reply.statusCode).toBe(status);
  if (status === 204) return expect(reply.body).toBe("");
  const { content = {} } = contract.paths[path][method.toLowerCase()].responses[status];
  const [type] = String(reply.headers["content-type"]).split(";", 1);
  expect(Object.keys(content)).toContain(type);
  const isEvents = type === "text/event-stream";
  if (!/[/+]json$/.test(type) && !isEvents) return;
  const schema = resolved(content[type].schema) as TSchema;
  const said: unknown = isEvents ? JSON.parse(reply.body.replace(/^data: /, "")) : reply.json();
  expect([...Value.Errors(schema, said)]).toEqual([]);
  // And nothing that it does not speak of, but the facts of a problem.
  if (type !== "application/problem+json") expect(namesBeyond(schema, said)).toEqual([]);
});

test("a document asked for again with its etag is 304, without a body", async () => {
  for (const url of ["/openapi.json", "/docs"]) {
    const first = await server.inject(url);
    const { etag } = first.headers;
    const again = await server.inject({ url, headers: { "if-none-match": String(etag) } });
    expect([again.statusCode, again.body]).toEqual([304, ""]);
  }
});

test("the page has every route and every schema, and nothing that acts or comes from elsewhere", async () => {
  const { body, headers } = await server.inject("/docs");
  for (const path of Object.keys(contract.paths)) expect(body).toContain(`<code>${path}</code>`);
  for (const name of Object.keys(contract.components.schemas)) {
    expect(body).toContain(`id="schema-${name}"`);
  }
  expect(body).not.toMatch(/<script|<img|<link|https?:\/\//);
  expect(headers["content-security-policy"]).toBe("default-src 'none';style-src 'unsafe-inline'");
});

interface Part {
  readonly $ref?: string;
  readonly type?: string;
  readonly items?: Part;
  readonly anyOf?: readonly Part[];
  readonly properties?: Readonly<Record<string, Part>>;
  readonly additionalProperties?: Part | boolean;
}

/** Every schema in the document, and every schema inside one. */
function schemasIn({ paths, components }: Contract): Part[] {
  const operations = Object.values(paths).flatMap((methods) => Object.values(methods));
  const roots = operations.flatMap(({ parameters, requestBody, responses }) => [
    ...parameters.map(({ schema }) => schema),
    ...[requestBody, ...Object.values(responses)].flatMap((each) =>
      Object.values(each?.content ?? {}).map(({ schema }) => schema),
    ),
  ]);
  return [...roots, ...Object.values(components.schemas)].flatMap((each) => partsOf(each as Part));
}

function partsOf(part: Part): Part[] {
  expect(part).not.toHaveProperty("patternProperties"); // many generators do not know it
  const { items, anyOf = [], properties = {}, additionalProperties: others } = part;
  const inside = [items, ...anyOf, ...Object.values(properties), others];
  return [part, ...inside.filter((each) => typeof each === "object").flatMap(partsOf)];
}

/** With what it refers to in its place. */
function resolved(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(resolved);
  if (typeof schema !== "object" || schema === null) return schema;
  const { $ref } = schema as { readonly $ref?: string };
  if ($ref !== undefined)
    return resolved(contract.components.schemas[$ref.split("/").at(-1) ?? ""]);
  return Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, resolved(value)]));
}

function namesBeyond(schema: TSchema, value: unknown): string[] {
  const {
    properties,
    items,
    additionalProperties: others,
    anyOf,
  } = schema as {
    readonly anyOf?: readonly TSchema[];
    readonly properties?: Readonly<Record<string, TSchema>>;
    readonly items?: TSchema;
    readonly additionalProperties?: unknown;
  };
  if (anyOf !== undefined) {
    return namesBeyond(anyOf.find((one) => Value.Check(one, value)) ?? {}, value);
  }
  if (Array.isArray(value)) return value.flatMap((each) => namesBeyond(items ?? {}, each));
  const isOpen = others !== undefined && others !== false;
  if (typeof value !== "object" || value === null || isOpen) return [];
  return Object.entries(value).flatMap(([name, of]) => {
    const field = properties?.[name];
    return field === undefined ? [name] : namesBeyond(field, of);
  });
}
