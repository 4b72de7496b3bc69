import { problemSchema } from "../contract/index.ts";
import { assert, type TObject, type TSchema } from "../core/index.ts";
import { problemType } from "./problem.ts";
import { type BoundRoute, type ReplyDescription, tags } from "./route.ts";

/** How TypeBox writes that a record's names are texts. */
const anyName = "^.*$";

type Json = Readonly<Record<string, unknown>>;

/** Errors that each route may answer with, by status. */
const common: Readonly<Record<number, string>> = {
  400: "The request is not what it may be.",
  401: "No key, or one that is not known. Only where the config has keys.",
  403: "The key has not the scope.",
  429: "Too many requests of this caller a second.",
  500: "A bug; or damaged bytes on disk.",
  503: "The engine can't take it now, or is stopping: try again after `retry-after` seconds.",
};

/**
 * The contract as OpenAPI 3.1 has it, from the routes themselves.
 *
 * Schemas with a title are components of that name, once.
 */
export function openApiOf(routes: readonly BoundRoute[], version: string): Json {
  const components = new Components();
  const paths: Record<string, Record<string, Json>> = {};
  for (const route of routes) {
    const ofPath = (paths[route.path] ??= {});
    ofPath[route.method.toLowerCase()] = operationOf(route, components);
  }
  return {
    openapi: "3.1.1",
    info: {
      title: "foldback",
      version,
      description:
        "A real-time engine for streaming services: events go in; who is behind an account, what to show next and why they came come out.",
      license: { name: "Apache 2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: "/" }],
    tags: Object.entries(tags).map(([name, description]) => ({ name, description })),
    security: [{ bearer: [] }, { key: [] }],
    paths,
    components: {
      schemas: components.schemas,
      securitySchemes: {
        bearer: { type: "http", scheme: "bearer" },
        key: { type: "apiKey", in: "header", name: "x-api-key" },
      },
    },
  };
}

/** A schema with a title as the document has it. */
export function schemaOf(schema: TSchema): unknown {
  const components = new Components();
  components.refer(schema);
  const { title = "" } = schema as { readonly title?: string };
  return components.schemas[title];
}

function operationOf(route: BoundRoute, components: Components): Json {
  const { method, path, tag, summary, description, requestHeaders = {}, body, scope } = route;
  const statuses = { ...errorsOf(route), ...route.replies };
  const responses = Object.fromEntries(
    Object.entries(statuses).map(([status, reply]) => [status, responseOf(reply, components)]),
  );
  return {
    operationId: operationIdOf(method, path),
    tags: [tag],
    summary,
    ...(description === undefined ? {} : { description }),
    ...(scope === "none" ? { security: [] } : { "x-scope": scope }),
    parameters: [
      ...parametersIn("path", route.params, components),
      ...parametersIn("query", route.query, components),
      ...Object.entries(requestHeaders).map(([name, said]) => ({
        name,
        in: "header",
        required: false,
        description: said,
        schema: { type: "string" },
      })),
    ],
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            description: body.description,
            required: true,
            content: Object.fromEntries(
              Object.entries(body.content).map(([type, schema]) => [
                type,
                { schema: components.refer(schema) },
              ]),
            ),
          },
        }),
    responses,
  };
}

/** `GET /v1/items/{item}/similar` is `getItemsSimilar`; `GET /` is `getPage`. */
function operationIdOf(method: string, path: string): string {
  if (path === "/") return `${method.toLowerCase()}Page`;
  const words = path.split("/").filter((part) => /^[a-z]/.test(part) && part !== "v1");
  const name = words
    .flatMap((word) => word.split(/[^a-zA-Z0-9]+/))
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join("");
  const isOne = path.endsWith("}") ? "One" : "";
  return `${method.toLowerCase()}${name}${isOne}`;
}

function errorsOf({ scope, body }: BoundRoute): Record<number, ReplyDescription> {
  const statuses = Object.entries(common).filter(
    ([status]) => scope !== "none" || (status !== "401" && status !== "403" && status !== "429"),
  );
  const errors = Object.fromEntries(
    statuses.map(([status, description]) => [status, { description, schema: problemSchema }]),
  );
  if (body === undefined) return errors;
  return {
    ...errors,
    413: { description: "More than is allowed at once.", schema: problemSchema },
    415: { description: "A media type or encoding that is not read.", schema: problemSchema },
  };
}

function responseOf(
  { description, schema, mediaType, headers }: ReplyDescription,
  components: Components,
): Json {
  const isProblem = schema === problemSchema;
  const type = mediaType ?? (isProblem ? problemType : "application/json").split(";", 1)[0];
  const hasBody = schema !== undefined || mediaType !== undefined;
  return {
    description,
    ...(headers === undefined
      ? {}
      : {
          headers: Object.fromEntries(
            Object.entries(headers).map(([name, said]) => [
              name,
              { description: said, schema: { type: "string" } },
            ]),
          ),
        }),
    ...(hasBody
      ? {
          content: {
            [type]: {
              schema: schema === undefined ? { type: "string" } : components.refer(schema),
            },
          },
        }
      : {}),
  };
}

function parametersIn(place: "path" | "query", schema: TObject, components: Components): Json[] {
  const required: readonly string[] = (schema as { required?: readonly string[] }).required ?? [];
  return Object.entries(schema.properties as Record<string, Json>).map(([name, field]) => {
    const { description, ...rest } = field;
    // With a default it may be left out, whatever the value that is checked has.
    const isRequired = place === "path" || (required.includes(name) && !("default" in field));
    return {
      name,
      in: place,
      required: isRequired,
      ...(description === undefined ? {} : { description }),
      schema: components.refer(rest),
    };
  });
}

/** Schemas under their titles. */
class Components {
  readonly schemas: Record<string, unknown> = {};

  refer(schema: object): unknown {
    const { title } = schema as { readonly title?: unknown };
    if (typeof title !== "string") return this.#inside(schema);
    if (!(title in this.schemas)) {
      this.schemas[title] = {}; // its place, for one that refers to itself
      this.schemas[title] = this.#inside(schema);
    }
    return { $ref: `#/components/schemas/${title}` };
  }

  #inside(schema: object): unknown {
    const { patternProperties, ...rest } = schema as { readonly patternProperties?: Json };
    const { [anyName]: ofAnyName, ...ofSome } = patternProperties ?? {};
    assert(Object.keys(ofSome).length === 0, "names of records are of any form");
    // Says the same, and is what generators know.
    const known = ofAnyName === undefined ? rest : { ...rest, additionalProperties: ofAnyName };
    return Object.fromEntries(
      Object.entries(known).map(([key, value]) => [key, this.#part(key, value)]),
    );
  }

  #part(key: string, value: unknown): unknown {
    if (key === "properties") {
      return Object.fromEntries(
        Object.entries(value as Record<string, object>).map(([name, field]) => [
          name,
          this.refer(field),
        ]),
      );
    }
    if (key === "items" || (key === "additionalProperties" && typeof value === "object")) {
      return this.refer(value as object);
    }
    if (key === "anyOf") return (value as readonly object[]).map((each) => this.refer(each));
    return value;
  }
}
