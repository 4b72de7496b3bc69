/** One socket for several projects. */
import { createServer as createHttpServer, type IncomingHttpHeaders } from "node:http";
import type { FastifyInstance, FastifyServerFactory, FastifyServerOptions } from "fastify";
import { FoldbackError } from "../core/index.ts";
import type { Config } from "../engine/index.ts";
import { EventExports } from "./eventExports.ts";
import { type Caller, Keys, keyHashIn, refuseKey } from "./keys.ts";
import { LiveFeed } from "./liveFeed.ts";
import { joinedMetrics, Metrics } from "./metrics.ts";
import { Project, type ProjectOptions } from "./project.ts";
import { exportRoute } from "./routes/data.ts";
import { liveRoute } from "./routes/live.ts";
import { healthRoute } from "./routes/operations.ts";
import { projectsRoutes } from "./routes/projects.ts";
import { createService, engineRoutes, type RequestLine } from "./server.ts";

export interface FrontOptions {
  /** Of the process: limits of requests of no project, and keys of the operator, who may see how all fare. */
  readonly http: Config["http"];
  readonly projects: readonly ProjectOptions[];
  readonly onRequest?: (line: RequestLine) => void;
}

/**
 * Several projects behind one socket. The key of a request says whose it is, and nothing else does: the project's
 * own service answers it, which asks for the key again.
 *
 * Here is answered what has no key of a project that is open: `/healthz`, `/readyz` and the documentation, keys that
 * nobody has, and the operator's, for the numbers of all projects.
 */
export class Front {
  readonly projects: readonly Project[];
  /** To listen with; its `inject` knows no projects. */
  readonly server: FastifyInstance;
  readonly #keys: Keys | undefined;
  readonly #metrics = new Metrics();

  constructor({ http, projects, onRequest }: FrontOptions) {
    this.#keys = http.keys.length === 0 ? undefined : new Keys(http.keys);
    this.projects = projects.map(
      (options) => new Project(options, (project, config) => this.#claim(project, config)),
    );
    this.server = createService({
      http,
      callerOf: (headers) => this.#callerOf(headers),
      allowsOrigin: (origin) => this.#allowsOrigin(origin, http),
      routes: [
        ...[...engineRoutes, exportRoute(noExports), liveRoute(noFeed)].map((route) => ({
          ...route,
          handle: refuseOperator,
        })),
        healthRoute,
        ...projectsRoutes({
          reports: () => this.projects.map((project) => project.report()),
          whoAsks: (headers) => this.#whoAsks(headers),
          metrics: () => this.#allMetrics(),
        }),
      ],
      metrics: this.#metrics,
      serverFactory: this.#listener(),
      ...(onRequest && { onRequest }),
    });
  }

  /** Answers what is under way, then closes the projects. @throws what one of them failed of. */
  async close(): Promise<void> {
    // All at once: connections must end whoever answers what comes over them.
    await Promise.all([
      this.server.close(),
      ...this.projects.map((project) => project.closeServer()),
    ]);
    const closed = await Promise.allSettled(this.projects.map((project) => project.close()));
    for (const each of closed) if (each.status === "rejected") throw each.reason;
  }

  /** As Fastify makes its own, but for who answers. */
  #listener(): FastifyServerFactory {
    return (handler, options) => {
      // Fastify's own, with its defaults filled in.
      const {
        keepAliveTimeout = 0,
        requestTimeout = 0,
        connectionTimeout = 0,
      } = options as FastifyServerOptions;
      const server = createHttpServer((request, response) => {
        const keyHash = keyHashIn(request.headers);
        const answer = keyHash && this.#projectOf(keyHash)?.answer;
        (answer ?? handler)(request, response);
      });
      server.keepAliveTimeout = keepAliveTimeout;
      server.requestTimeout = requestTimeout;
      return server.setTimeout(connectionTimeout);
    };
  }

  /** All are looked at, whichever it is. */
  #projectOf(keyHash: Buffer): Project | undefined {
    return this.projects.filter((project) => project.find(keyHash) !== undefined).at(0);
  }

  /** Undefined: nobody whom it knows. */
  #whoAsks(headers: IncomingHttpHeaders): "operator" | Project | undefined {
    const keyHash = keyHashIn(headers);
    if (keyHash === undefined) return undefined;
    return this.#keys?.find(keyHash) === undefined ? this.#projectOf(keyHash) : "operator";
  }

  #callerOf(headers: IncomingHttpHeaders): Caller {
    const keyHash = keyHashIn(headers);
    const operator = keyHash && this.#keys?.find(keyHash);
    if (operator !== undefined) return operator;
    const project = keyHash && this.#projectOf(keyHash);
    if (project !== undefined) throw project.whyNotOpen();
    return refuseKey(keyHash);
  }

  /** Before a page sends a key it asks whether it may, without one: yes where any project would have it. */
  #allowsOrigin(origin: string | undefined, http: Config["http"]): boolean {
    const allowed = [http, ...this.projects.map(({ config }) => config?.http)].flatMap(
      (each) => each?.corsOrigins ?? [],
    );
    return allowed.includes("*") || (origin !== undefined && allowed.includes(origin));
  }

  /** @throws FoldbackError CONFIG_INVALID where one of its keys is known already: a key is of one project. */
  #claim(project: Project, { http }: Config): void {
    for (const { name, sha256 } of http.keys) {
      const hash = Buffer.from(sha256, "hex");
      const isOperators = this.#keys?.find(hash) !== undefined;
      const other = this.projects.find((each) => each !== project && each.find(hash) !== undefined);
      if (!isOperators && other === undefined) continue;
      throw new FoldbackError(
        "CONFIG_INVALID",
        `the key ${JSON.stringify(name)} of project ${project.name} is ` +
          `${other === undefined ? "the operator's" : `project ${other.name}'s`}, too; a key is of one project`,
        { details: { setting: "http.keys", key: name } },
      );
    }
  }

  async #allMetrics(): Promise<{ readonly text: string; readonly contentType: string }> {
    const texts = [this.#metrics.text(undefined), ...this.projects.map((each) => each.metrics())];
    const text = joinedMetrics(await Promise.all(texts));
    return { text, contentType: this.#metrics.contentType };
  }
}

/** Who may listen is answered by a project. */
const noFeed = new LiveFeed(() => ({}));
const noExports = new EventExports(refuseOperator);

function refuseOperator(): never {
  throw new FoldbackError(
    "FORBIDDEN",
    "the operator's key is of no project; use one of the project's",
  );
}
