/** What is wrong with a value that a schema describes, in words for whoever sent it. */
import { type TSchema, Value } from "./typebox.ts";

/** A part of a schema as JSON Schema has it: what is said of one field. */
export interface FieldSchema {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly multipleOf?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly maxItems?: number;
  readonly pattern?: string;
  readonly const?: unknown;
  readonly anyOf?: readonly FieldSchema[];
  readonly items?: FieldSchema;
  readonly properties?: Readonly<Record<string, FieldSchema>>;
  readonly patternProperties?: Readonly<Record<string, FieldSchema>>;
}

export interface SchemaProblem {
  /** Names and indexes from the value's root to what is wrong; empty: the value itself. */
  readonly path: readonly string[];
  /** What stands there, or undefined where something is missing. */
  readonly came: unknown;
  /** As a phrase. */
  readonly allowed: string;
  /** Of a field that is not known: the names that its parent knows. */
  readonly known?: readonly string[];
}

/** The first thing that is wrong; undefined where nothing is. O(value). */
export function problemOf(schema: TSchema, value: unknown): SchemaProblem | undefined {
  if (Value.Check(schema, value)) return undefined;
  // A field that is not known is reported twice, first as a false schema: the second report has its name.
  const problem = Value.Errors(schema, value).find(({ keyword }) => keyword !== "boolean");
  const path = (problem?.instancePath ?? "")
    .split("/")
    .filter((part) => part !== "")
    .map(unescaped);
  if (problem?.keyword === "additionalProperties" || problem?.keyword === "required") {
    // The parent is reported, and the names in it.
    const [name] = Object.values(problem.params as Record<string, readonly string[]>)[0];
    const { properties = {} } = fieldAt(schema, path) ?? {};
    path.push(name);
    if (problem.keyword === "additionalProperties") {
      const known = Object.keys(properties);
      return { path, came: valueAt(value, path), allowed: known.join(", "), known };
    }
  }
  return {
    path,
    came: valueAt(value, path),
    allowed: allowedBy(fieldAt(schema, path) ?? {}),
  };
}

/** The field of that path, such as `["http", "port"]`; undefined where there is none. */
export function fieldAt(schema: TSchema, path: readonly string[]): FieldSchema | undefined {
  let field: FieldSchema | undefined = schema;
  for (const key of path) {
    const ofAnyName: readonly FieldSchema[] = Object.values(field?.patternProperties ?? {});
    field = field?.properties?.[key] ?? ofAnyName[0] ?? field?.items;
  }
  return field;
}

/** What may stand there, as a phrase. */
export function allowedBy({ type, ...schema }: FieldSchema): string {
  const { minimum, maximum, multipleOf, anyOf, items, maxItems, pattern, properties } = schema;
  if (anyOf !== undefined) {
    return anyOf
      .map((choice) => ("const" in choice ? JSON.stringify(choice.const) : allowedBy(choice)))
      .join(" or ");
  }
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  switch (type) {
    case "integer": {
      const step = multipleOf === undefined ? "" : `, a multiple of ${multipleOf}`;
      return `a whole number from ${minimum} to ${maximum}${step}`;
    }
    case "number":
      return minimum === undefined ? "a number" : `a number from ${minimum} to ${maximum}`;
    case "boolean":
      return "true or false";
    case "null":
      return "null";
    case "string": {
      if (pattern !== undefined) return `a text of the form ${pattern}`;
      const { minLength = 0, maxLength } = schema;
      if (maxLength !== undefined) return `a text of ${minLength} to ${maxLength} characters`;
      return minLength > 0 ? "a text that is not empty" : "a text";
    }
    case "array":
      return `a list of at most ${maxItems}: each ${allowedBy(items ?? {})}`;
    default:
      return properties === undefined
        ? "an object"
        : `an object of ${Object.keys(properties).join(", ")}`;
  }
}

function valueAt(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((of, key) => (of as Record<string, unknown>)?.[key], value);
}

/** JSON pointers write / as ~1 and ~ as ~0. */
function unescaped(part: string): string {
  return part.replaceAll("~1", "/").replaceAll("~0", "~");
}
