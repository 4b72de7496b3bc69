/** The OpenAPI document as one page, without scripts and without anything from elsewhere. */

interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxLength?: number;
  readonly anyOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
}

interface Operation {
  readonly tags: readonly string[];
  readonly summary: string;
  readonly description?: string;
  readonly "x-scope"?: string;
  readonly parameters: readonly {
    readonly name: string;
    readonly in: string;
    readonly required: boolean;
    readonly description?: string;
    readonly schema: Schema;
  }[];
  readonly requestBody?: {
    readonly description: string;
    readonly content: Readonly<Record<string, { readonly schema: Schema }>>;
  };
  readonly responses: Readonly<
    Record<
      string,
      {
        readonly description: string;
        readonly content?: Readonly<Record<string, { readonly schema: Schema }>>;
      }
    >
  >;
}

interface OpenApi {
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly tags: readonly { readonly name: string; readonly description: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

const style = `
:root { color-scheme: light dark; --line: #8884; --soft: #8881; --mark: #0a7d5a; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 58rem; margin: 0 auto; padding: 1.5rem; }
h1 { margin: 0; } h2 { margin-top: 2.5rem; border-bottom: 1px solid var(--line); }
section { margin: 1.25rem 0; padding: 0.75rem 1rem; border: 1px solid var(--line); border-radius: 0.5rem; }
section h3 { margin: 0; font-size: 1rem; overflow-wrap: anywhere; }
code, .method { font-family: ui-monospace, monospace; font-size: 0.9em; }
.method { display: inline-block; min-width: 4.5em; color: var(--mark); font-weight: 700; }
.scope { float: right; font-size: 0.8rem; padding: 0 0.5em; border-radius: 1em; background: var(--soft); }
table { border-collapse: collapse; width: 100%; margin: 0.5rem 0; font-size: 0.9rem; }
th, td { text-align: left; vertical-align: top; padding: 0.2rem 0.75rem 0.2rem 0; border-top: 1px solid var(--line); }
td:first-child { white-space: nowrap; }
h4 { margin: 1rem 0 0; font-size: 0.85rem; text-transform: uppercase; letter-spacing: 0.05em; opacity: 0.7; }
nav a { margin-right: 1rem; }
`;

/** @param document as `openApiOf` makes it. */
export function documentationPage(document: object): string {
  const api = document as OpenApi; // by whoever made it
  const operations = Object.entries(api.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );
  const parts = api.tags.map(({ name, description }) => {
    const own = operations.filter(({ operation }) => operation.tags.includes(name));
    if (own.length === 0) return "";
    const sections = own.map(({ path, method, operation }) => sectionOf(method, path, operation));
    return `<h2 id="${escaped(name)}">${escaped(name)}</h2><p>${said(description)}</p>${sections.join("")}`;
  });
  const schemas = Object.entries(api.components.schemas).map(
    ([name, schema]) =>
      `<section id="schema-${escaped(name)}"><h3>${escaped(name)}</h3>${said(schema.description ?? "")}${fieldsOf(schema)}</section>`,
  );
  const { title, version, description } = api.info;
  return (
    `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${escaped(title)}: API</title>` +
    `<meta name="viewport" content="width=device-width, initial-scale=1"><style>${style}</style></head><body>` +
    `<h1>${escaped(title)} <small>${escaped(version)}</small></h1><p>${said(description)}</p>` +
    `<nav>${api.tags.map(({ name }) => `<a href="#${escaped(name)}">${escaped(name)}</a>`).join("")}` +
    `<a href="#schemas">Schemas</a><a href="/openapi.json">openapi.json</a></nav>` +
    `${parts.join("")}<h2 id="schemas">Schemas</h2>${schemas.join("")}</body></html>`
  );
}

function sectionOf(method: string, path: string, operation: Operation): string {
  const { summary, description = "", parameters, requestBody, responses } = operation;
  const scope = operation["x-scope"];
  const rows = parameters.map(
    ({ name, in: place, required, description: meaning = "", schema }) =>
      `<tr><td><code>${escaped(name)}</code></td><td>${place}${required ? ", required" : ""}</td>` +
      `<td>${typeOf(schema)}</td><td>${said(meaning)}</td></tr>`,
  );
  const body =
    requestBody === undefined
      ? ""
      : `<h4>Body</h4><p>${said(requestBody.description)}</p>${contentOf(requestBody.content)}`;
  const replies = Object.entries(responses).map(
    ([status, reply]) =>
      `<tr><td><code>${escaped(status)}</code></td><td>${said(reply.description)}</td><td>${contentOf(reply.content ?? {})}</td></tr>`,
  );
  return (
    `<section>${scope === undefined ? "" : `<span class="scope">${escaped(scope)}</span>`}` +
    `<h3><span class="method">${method.toUpperCase()}</span><code>${escaped(path)}</code></h3>` +
    `<p><strong>${said(summary)}</strong></p>` +
    (description === "" ? "" : `<p>${said(description)}</p>`) +
    (rows.length === 0 ? "" : `<h4>Parameters</h4><table>${rows.join("")}</table>`) +
    `${body}<h4>Replies</h4><table>${replies.join("")}</table></section>`
  );
}

function contentOf(content: Readonly<Record<string, { readonly schema: Schema }>>): string {
  return Object.entries(content)
    .map(([type, { schema }]) => `<code>${escaped(type)}</code> ${typeOf(schema)}`)
    .join("<br>");
}

function fieldsOf({ properties = {}, required = [] }: Schema): string {
  const rows = Object.entries(properties).map(
    ([name, field]) =>
      `<tr><td><code>${escaped(name)}</code></td><td>${required.includes(name) ? "required" : ""}</td>` +
      `<td>${typeOf(field)}</td><td>${said(field.description ?? "")}</td></tr>`,
  );
  return rows.length === 0 ? "" : `<table>${rows.join("")}</table>`;
}

function typeOf(schema: Schema): string {
  const { $ref, type, anyOf, items, minimum, maximum, maxLength } = schema;
  if ($ref !== undefined) {
    const name = $ref.split("/").at(-1) ?? "";
    return `<a href="#schema-${escaped(name)}">${escaped(name)}</a>`;
  }
  if (anyOf !== undefined) return anyOf.map(typeOf).join(" or ");
  if (schema.const !== undefined) return `<code>${escaped(JSON.stringify(schema.const))}</code>`;
  if (schema.enum !== undefined) {
    return schema.enum
      .map((value) => `<code>${escaped(JSON.stringify(value))}</code>`)
      .join(" or ");
  }
  if (type === "array") return `list of ${typeOf(items ?? {})}`;
  const range = minimum === undefined ? "" : `, ${minimum} to ${maximum ?? "∞"}`;
  const length = maxLength === undefined ? "" : `, up to ${maxLength} characters`;
  const byDefault =
    schema.default === undefined ? "" : `, default ${escaped(JSON.stringify(schema.default))}`;
  return `${escaped(type ?? "anything")}${range}${length}${byDefault}`;
}

/** Words, in which `code` is marked. */
function said(words: string): string {
  return escaped(words).replaceAll(/`([^`]+)`/g, "<code>$1</code>");
}

function escaped(words: string): string {
  return words
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
