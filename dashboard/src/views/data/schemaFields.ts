/** Fields of events, as the service's own schema has them. */

/** Of a JSON Schema, what events' has. */
interface FieldSchema {
  readonly type?: string;
  readonly description?: string;
  readonly pattern?: string;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly format?: string;
  readonly anyOf?: readonly FieldSchema[];
  readonly properties?: Readonly<Record<string, FieldSchema>>;
  readonly additionalProperties?: FieldSchema | boolean;
}

export interface Field {
  /** Dotted for what is inside. */
  readonly path: string;
  readonly allowed: string;
  readonly description: string;
}

/** In the order of the schema. */
export function fieldsOf(schema: object, prefix = ""): Field[] {
  // It is the service's own, and what it lacks is not shown.
  const { properties = {} } = schema as FieldSchema;
  return Object.entries(properties).flatMap(([name, field]) => {
    const path = prefix + name;
    if (field.properties !== undefined) return fieldsOf(field, `${path}.`);
    return [{ path, allowed: allowedOf(field), description: field.description ?? "" }];
  });
}

function allowedOf(field: FieldSchema): string {
  const { type, anyOf, pattern, format, maxLength, minimum, maximum, additionalProperties } = field;
  if (anyOf !== undefined) return anyOf.map(allowedOf).join(" or ");
  if (type === "object") {
    const inside = typeof additionalProperties === "object" ? allowedOf(additionalProperties) : "";
    return `names with ${inside}`;
  }
  if (type === "string") {
    if (pattern !== undefined) return `text like ${pattern}`;
    if (format === "date-time") return "RFC 3339";
    return maxLength === undefined ? "text" : `text, ${maxLength} characters at most`;
  }
  const kind = type === "integer" ? "whole number" : (type ?? "");
  if (minimum === undefined) return kind;
  return maximum === undefined
    ? `${kind} from ${minimum}`
    : `${kind} from ${minimum} to ${maximum}`;
}
