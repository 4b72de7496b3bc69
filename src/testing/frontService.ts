/** Several small projects behind one socket, as a process serves them. */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { type Foldback, resolveConfig, type UserConfig } from "#foldback/engine";
import { Front, type ProjectOptions, type Scope } from "#foldback/http";
import { smallConfig } from "./smallEngine.ts";

export type Http = NonNullable<UserConfig["http"]>;

/** The setting of a key that is called as it is. */
export function keySetting(key: string, scopes: Scope[]) {
  return { name: key, sha256: createHash("sha256").update(key).digest("hex"), scopes };
}

/** Keys `PROJECT-ingest`, `PROJECT-read` and `PROJECT-admin`. */
export function keysOf(project: string) {
  return (["ingest", "read", "admin"] as const).map((scope) =>
    keySetting(`${project}-${scope}`, [scope]),
  );
}

/** A small project in a folder of its own below `directory`. */
export function smallProject(directory: string, name: string, http: Http = {}): ProjectOptions {
  return {
    name,
    load: () =>
      Promise.resolve(
        resolveConfig({
          ...smallConfig(join(directory, name)),
          http: { keys: keysOf(name), ...http },
        }),
      ),
    retryMs: 20,
  };
}

export interface FrontService {
  readonly front: Front;
  readonly address: string;
  /** The reply, and all of it that a caller can see, as one text. */
  ask(path: string, key?: string, init?: RequestInit): Promise<Seen>;
  post(path: string, key: string, body: unknown): Promise<Seen>;
  engine(project: string): Foldback;
}

export interface Seen {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
  readonly text: string;
}

/** Listens at any port; whoever starts it closes it. */
export async function startFront(
  projects: readonly ProjectOptions[],
  http: Http = {},
): Promise<FrontService> {
  const front = new Front({ http: resolveConfig({ http }).http, projects });
  const address = await front.server.listen({ port: 0, host: "127.0.0.1" });
  await Promise.all(front.projects.map(({ tried }) => tried));
  const ask: FrontService["ask"] = async (path, key, init = {}) => {
    const headers = new Headers(init.headers);
    if (key !== undefined) headers.set("x-api-key", key);
    const reply = await fetch(`${address}${path}`, { ...init, headers });
    const body = await reply.text();
    const lines = [...reply.headers].map(([name, value]) => `${name}: ${value}`);
    return {
      status: reply.status,
      headers: reply.headers,
      body,
      text: [...lines, body].join("\n"),
    };
  };
  return {
    front,
    address,
    ask,
    post: (path, key, body) => ask(path, key, { method: "POST", body: JSON.stringify(body) }),
    engine: (name) => {
      const engine = front.projects.find((project) => project.name === name)?.engine;
      if (engine === undefined) throw new Error(`project ${name} is not open`);
      return engine;
    },
  };
}

/** The same, closed at the end of the test. */
export async function frontOfTest(
  projects: readonly ProjectOptions[],
  http: Http = {},
): Promise<FrontService> {
  const service = await startFront(projects, http);
  onTestFinished(() => service.front.close());
  return service;
}

/** A list that is told what a project tells of itself. */
export function noticesOf(project: ProjectOptions): {
  readonly project: ProjectOptions;
  readonly kinds: string[];
} {
  const kinds: string[] = [];
  const onNotice: NonNullable<ProjectOptions["onNotice"]> = ({ kind }) => kinds.push(kind);
  return { project: { ...project, onNotice }, kinds };
}
