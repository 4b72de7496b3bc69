/** Routes that describe: the same for items and for accounts. */
import { createHash } from "node:crypto";
import { ingestResultSchema, problemSchema } from "../../contract/index.ts";
import {
  FoldbackError,
  problemOf,
  type Static,
  type TObject,
  type TSchema,
  Type,
} from "../../core/index.ts";
import {
  type DescribedKind,
  descriptionOf,
  type Foldback,
  type Properties,
  patched,
  type Refusal,
} from "../../engine/index.ts";
import { eventsOf, parse } from "../body.ts";
import { type Route, route, type Scope, type Tag } from "../route.ts";

interface Described {
  readonly properties: Properties;
}

/** What is described, and in which words. */
export interface Resource<P extends TObject> {
  readonly kind: DescribedKind;
  /** Of all of them: `/v1/items`. */
  readonly path: string;
  readonly tag: Tag;
  /** Of whoever reads, and of whoever changes some: the reply has the rest. */
  readonly scopes: { readonly read: Scope; readonly patch: Scope };
  readonly params: P;
  /** As it is asked for. */
  readonly nameOf: (params: Static<P>) => string;
  /** Undefined where it has no description. */
  readonly find: (engine: Foldback, name: string) => Described | undefined;
  readonly schemas: {
    /** One of a bulk: its name beside its `properties`. */
    readonly named: TObject;
    readonly properties: TSchema;
    readonly patch: TSchema;
    readonly reply: TSchema;
  };
  /** What `PUT` does beside replacing what was known. */
  readonly putDescription: string;
}

export const ifMatch = {
  "if-match": "Only where its `etag` is still this; `*`: only where it has a description.",
};
export const unmatched = {
  412: { description: "It is not as `if-match` has it.", schema: problemSchema },
};
const etagHeader = { etag: "Send it as `if-match` to change it only as you know it." };

/** In bulk; one read, replaced, changed in part. */
export function descriptionRoutes<P extends TObject>(resource: Resource<P>): Route[] {
  const { kind, path, tag, scopes, params, nameOf, find, schemas } = resource;
  const onePath = `${path}/{${kind}}`;
  const replyOf = (engine: Foldback, name: string) => {
    const found = find(engine, name);
    return {
      body: found ?? { [kind]: name, properties: {} },
      ...(found && { headers: { etag: etagOf(found.properties) } }),
    };
  };
  return [
    route({
      method: "POST",
      path,
      scope: "ingest",
      tag,
      summary: `Describe many ${kind}s`,
      description: `Each replaces what was said of the ${kind}, and is taken or refused for itself.`,
      body: {
        description: `A list of ${kind}s, or one a line.`,
        content: {
          "application/json": Type.Array(schemas.named),
          "application/x-ndjson": Type.String({ description: `One ${kind} a line.` }),
        },
      },
      replies: { 202: { description: "Taken, where not refused.", schema: ingestResultSchema } },
      handle: async ({ body, headers }, engine) => {
        const all = eventsOf(body, String(headers["content-type"] ?? ""));
        return { status: 202, body: await describeAll(resource, engine, all) };
      },
    }),
    route({
      method: "GET",
      path: onePath,
      scope: scopes.read,
      tag,
      summary: `What is said of an ${kind}`,
      params,
      requestHeaders: { "if-none-match": "No body where its `etag` is still this." },
      replies: {
        200: { description: "It.", schema: schemas.reply, headers: etagHeader },
        304: { description: "It is as `if-none-match` has it." },
        404: { description: "It has no description.", schema: problemSchema },
      },
      handle: (call, engine) => {
        const found = find(engine, nameOf(call.params));
        if (found === undefined) throw notFound(kind, nameOf(call.params));
        const etag = etagOf(found.properties);
        if (call.headers["if-none-match"] === etag) {
          return { status: 304, body: "", headers: { etag } };
        }
        return { body: found, headers: { etag } };
      },
    }),
    route({
      method: "PUT",
      path: onePath,
      scope: "ingest",
      tag,
      summary: `Describe an ${kind}`,
      description: `Replaces what was said of it; the next request sees it so. ${resource.putDescription}`,
      params,
      requestHeaders: ifMatch,
      body: {
        description: "Its properties.",
        content: { "application/json": schemas.properties },
      },
      replies: {
        200: { description: "As it is now.", schema: schemas.reply, headers: etagHeader },
        ...unmatched,
      },
      handle: async ({ params: of, body, headers }, engine) => {
        const name = nameOf(of);
        const properties = bodyOf(schemas.properties, body, kind);
        await describe(engine, { kind, name, headers }, () => properties);
        return replyOf(engine, name);
      },
    }),
    route({
      method: "PATCH",
      path: onePath,
      scope: scopes.patch,
      tag,
      summary: `Change some of what is said of an ${kind}`,
      description:
        "JSON Merge Patch (RFC 7396): properties that are given are replaced, those that are null go, the others stay. " +
        "What nothing was said of is described by it.",
      params,
      requestHeaders: ifMatch,
      body: {
        description: "What changes.",
        content: {
          "application/merge-patch+json": schemas.patch,
          "application/json": schemas.patch,
        },
      },
      replies: {
        200: { description: "As it is now.", schema: schemas.reply, headers: etagHeader },
        ...unmatched,
      },
      handle: async ({ params: of, body, headers }, engine) => {
        const name = nameOf(of);
        const patch = bodyOf(schemas.patch, body, kind);
        await describe(engine, { kind, name, headers }, (latest) => patched(latest, patch));
        return replyOf(engine, name);
      },
    }),
  ];
}

export function notFound(kind: DescribedKind, name: string): FoldbackError {
  return new FoldbackError(
    "NOT_FOUND",
    `nothing is said of ${kind} ${JSON.stringify(name.slice(0, 80))}; PUT describes it`,
    { details: { [kind]: name } },
  );
}

interface Change {
  readonly kind: DescribedKind;
  readonly name: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** @throws FoldbackError PRECONDITION_FAILED; REQUEST_INVALID for what an event may not hold. */
export async function describe(
  engine: Foldback,
  { kind, name, headers }: Change,
  change: (latest: Properties | undefined) => Readonly<Record<string, unknown>>,
): Promise<void> {
  const { refused } = await engine.describe(kind, name, (latest) => {
    checkMatch(kind, latest, headers["if-match"]);
    return change(latest);
  });
  const [first] = refused;
  if (first !== undefined) throw refusedFor(inCallersNames(first));
}

function checkMatch(
  kind: DescribedKind,
  latest: Properties | undefined,
  wanted: string | string[] | undefined,
): void {
  if (wanted === undefined) return;
  const etag = latest && etagOf(latest);
  if (etag === wanted || (wanted === "*" && latest !== undefined)) return;
  throw new FoldbackError(
    "PRECONDITION_FAILED",
    `the ${kind} is not as ${String(wanted)} any more; get it again, and change that`,
    { details: { etag } },
  );
}

/** Of what is said, in whatever order. */
function etagOf(properties: Properties): string {
  const sorted = Object.entries(properties).sort(([a], [b]) => (a < b ? -1 : 1));
  const hash = createHash("sha256").update(JSON.stringify(sorted));
  return `"${hash.digest("base64url").slice(0, 22)}"`;
}

function bodyOf(schema: TSchema, text: string, kind: DescribedKind): Record<string, unknown> {
  const body = parse(text, `an object of the ${kind}'s properties`);
  const refusal = refusalOf(schema, body, 0, "properties");
  if (refusal !== undefined) throw refusedFor(refusal);
  return body as Record<string, unknown>; // by the schema
}

function refusedFor({ field, came, allowed }: Omit<Refusal, "index">): FoldbackError {
  return new FoldbackError("REQUEST_INVALID", `${field} is ${came}; allowed: ${allowed}`, {
    details: { field },
  });
}

/** Each taken or refused for itself: by the schema, and by what an event may hold. */
async function describeAll<P extends TObject>(
  { kind, schemas }: Resource<P>,
  engine: Foldback,
  all: readonly unknown[],
) {
  const now = Date.now();
  const refused: Refusal[] = [];
  const events: unknown[] = [];
  const indexes: number[] = [];
  for (const [index, one] of all.entries()) {
    const refusal = refusalOf(schemas.named, one, index, kind);
    if (refusal !== undefined) {
      refused.push(refusal);
      continue;
    }
    const { [kind]: name, properties } = one as Record<string, object>; // by the schema
    events.push(descriptionOf(kind, name, properties as Record<string, unknown>, now));
    indexes.push(index);
  }
  const result = await engine.ingest(events);
  for (const refusal of result.refused) {
    refused.push({ ...inCallersNames(refusal), index: indexes[refusal.index] });
  }
  return { ...result, refused: refused.toSorted((a, b) => a.index - b.index) };
}

/** @param root what it is called where it is wrong as a whole, or before the names in it. */
function refusalOf(
  schema: TSchema,
  value: unknown,
  index: number,
  root: string,
): Refusal | undefined {
  const problem = problemOf(schema, value);
  if (problem === undefined) return undefined;
  const { path, came, allowed, known: names } = problem;
  const inside = root === "properties" ? [root, ...path] : path;
  const field = inside.length === 0 ? root : inside.join(".");
  const shown = came === undefined ? "nothing" : JSON.stringify(came).slice(0, 80);
  const may = names === undefined ? allowed : `no field of that name; there are ${allowed}`;
  return { index, field, came: shown, allowed: may };
}

function inCallersNames(refusal: Refusal): Refusal {
  return { ...refusal, field: refusal.field.replace(/^context/, "properties") };
}
