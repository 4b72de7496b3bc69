import {
  type FieldSchema,
  FoldbackError,
  problemOf,
  type Stages,
  type Static,
  type TObject,
  type TSchema,
  Type,
} from "../core/index.ts";
import type { Foldback } from "../engine/index.ts";

/** What a key may be good for. */
export const scopes = ["ingest", "read", "admin"] as const;
export type Scope = (typeof scopes)[number];

/** Sections of the documentation, in their order. */
export const tags = {
  Events: "What happened, as it happens.",
  Segment: "The same from Segment's SDKs.",
  Recommendations: "What to show next.",
  Catalogue: "Items and what is known of them.",
  Experiments: "Which variant is better, and how sure that is.",
  Accounts: "What is kept of accounts.",
  People: "Who is behind accounts.",
  Attribution: "Which touches earned which conversions.",
  Operations: "How the service fares.",
} as const;
export type Tag = keyof typeof tags;

export interface RequestBody {
  readonly description: string;
  /** By media type; what is not here is read as the first. */
  readonly content: Readonly<Record<string, TSchema>>;
}

export interface ReplyDescription {
  readonly description: string;
  /** Of a JSON body; without one there is no body, or it is of `mediaType`. */
  readonly schema?: TSchema;
  readonly mediaType?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What a handler is given: checked. */
export interface Call<P extends TObject = TObject, Q extends TObject = TObject> {
  readonly params: Static<P>;
  readonly query: Static<Q>;
  readonly body: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The name of the caller's key; undefined where nobody is asked for one. */
  readonly keyName: string | undefined;
  /** Undefined where nobody traces it. */
  readonly stages: Stages | undefined;
}

export interface Reply {
  /** Default 200. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** An object is sent as JSON; a text, bytes or a stream as they are, under the `content-type` among the headers. */
  readonly body: object | string;
}

/** Everything that is said of a route, in one place: what is answered, documented and tested comes from it. */
interface RouteDescription<P extends TObject, Q extends TObject> {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** As OpenAPI writes it: `/v1/items/{item}`. */
  readonly path: string;
  /** What the caller's key must be good for; `none`: no key is asked for. */
  readonly scope: Scope | "none";
  readonly tag: Tag;
  readonly summary: string;
  readonly description?: string;
  readonly params?: P;
  readonly query?: Q;
  /** Headers that change what is done, by name: what they say. None is needed. */
  readonly requestHeaders?: Readonly<Record<string, string>>;
  readonly body?: RequestBody;
  /** Whether a reply goes on: how long it takes says nothing of the service. */
  readonly isStream?: boolean;
  /** By status; errors that any route may give are added. */
  readonly replies: Readonly<Record<number, ReplyDescription>>;
}

interface WholeDescription extends RouteDescription<TObject, TObject> {
  readonly params: TObject;
  readonly query: TObject;
}

/** A route that answers from an engine. */
export interface Route extends WholeDescription {
  readonly handle: (call: Call, engine: Foldback) => Reply | Promise<Reply>;
}

/** One that knows what it answers from. */
export interface BoundRoute extends WholeDescription {
  readonly handle: (call: Call) => Reply | Promise<Reply>;
}

const nothing = Type.Object({}, { additionalProperties: false });

export function route<P extends TObject = typeof nothing, Q extends TObject = typeof nothing>(
  options: RouteDescription<P, Q> & {
    readonly handle: (call: Call<P, Q>, engine: Foldback) => Reply | Promise<Reply>;
  },
): Route {
  const { params = nothing, query = nothing, handle, ...rest } = options;
  return { ...rest, params, query, handle: (call, engine) => handle(call, engine) };
}

/** A route that answers from no engine. */
export function boundRoute<P extends TObject = typeof nothing, Q extends TObject = typeof nothing>(
  options: RouteDescription<P, Q> & {
    readonly handle: (call: Call<P, Q>) => Reply | Promise<Reply>;
  },
): BoundRoute {
  const { params = nothing, query = nothing, handle, ...rest } = options;
  return { ...rest, params, query, handle: (call) => handle(call) };
}

export function boundTo(engine: Foldback, { handle, ...rest }: Route): BoundRoute {
  return { ...rest, handle: (call) => handle(call, engine) };
}

/**
 * Reads the parameters of a query or path as the schema has them: numbers and booleans from their texts, lists from
 * repeated names, defaults for what is not there.
 *
 * What is surely right is not checked against the schema: that takes longer than all else that HTTP does for a request.
 */
export function parameterReader(
  schema: TObject,
): (raw: Readonly<Record<string, unknown>>) => Record<string, unknown> {
  const fields = Object.entries(schema.properties as Record<string, FieldSchema>);
  const names = new Set(Object.keys(schema.properties));
  const required = new Set(schema.required);
  /** @throws FoldbackError REQUEST_INVALID naming the parameter, what came, and what is allowed. */
  return (raw) => {
    const values: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
    let isRight = true;
    for (const [name, value] of Object.entries(raw)) {
      values[name] = value;
      isRight &&= names.has(name);
    }
    for (const [name, field] of fields) {
      const value = values[name];
      if (value === undefined) {
        if (field.default !== undefined) values[name] = field.default;
        else isRight &&= !required.has(name);
      } else {
        values[name] = valueOf(field, value);
        isRight &&= isSurely(field, values[name]);
      }
    }
    if (!isRight) check(schema, values, raw);
    return values;
  };
}

/** Whether the schema allows it for sure; what takes a longer look is not. */
function isSurely(field: FieldSchema, value: unknown): boolean {
  const { type, minimum = -Infinity, maximum = Infinity, multipleOf, pattern } = field;
  if (type === "boolean") return typeof value === "boolean";
  if (type === "integer" && multipleOf === undefined)
    return Number.isInteger(value) && (value as number) >= minimum && (value as number) <= maximum;
  if (type !== "string" || typeof value !== "string" || pattern !== undefined) return false;
  const { minLength = 0, maxLength = Infinity } = field;
  // A character is one or more units of a text.
  return minLength <= 1 && value.length >= minLength && value.length <= maxLength;
}

function check(
  schema: TObject,
  values: Record<string, unknown>,
  raw: Readonly<Record<string, unknown>>,
): void {
  const problem = problemOf(schema, values);
  if (problem === undefined) return;
  const [name] = problem.path;
  if (problem.known !== undefined) {
    const there = problem.known.length === 0 ? "none" : problem.allowed;
    throw refused(name, `there is no parameter ${shown(name)}; there is: ${there}`);
  }
  throw refused(name, `${name} is ${shown(raw[name])}; allowed: ${problem.allowed}`);
}

/** What can't be read stays as it came, and is refused by the schema. */
function valueOf({ type, items }: FieldSchema, raw: unknown): unknown {
  if (type === "array") {
    const list: unknown[] = Array.isArray(raw) ? raw : [raw];
    return list.map((each) => valueOf(items ?? {}, each));
  }
  if (typeof raw !== "string") return raw;
  if (type === "integer" || type === "number") {
    return /^-?\d{1,15}(?:\.\d{1,15})?$/.test(raw) ? Number(raw) : raw;
  }
  if (type === "boolean" && (raw === "true" || raw === "false")) return raw === "true";
  return raw;
}

function refused(parameter: string, message: string): FoldbackError {
  return new FoldbackError("REQUEST_INVALID", message, { details: { parameter } });
}

function shown(value: unknown): string {
  return value === undefined ? "not there" : JSON.stringify(value).slice(0, 80);
}
