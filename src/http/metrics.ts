import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { Status } from "../engine/index.ts";
import { type MetricFamily, metricFamilies, type Sample } from "./metricFamilies.ts";
import { RequestTimes, type RequestTimesReport } from "./requestTimes.ts";

/** From half a millisecond, which a recommendation takes, to where a caller gives up. */
const bucketsSeconds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

/**
 * What `GET /metrics` answers: the engine's numbers, as of the moment when they are asked for; the latency of
 * requests by route, counted as they end; and what the process uses.
 *
 * Those of a project have its name as the label `project`, and nothing of the process.
 */
export class Metrics {
  readonly #registry = new Registry();
  readonly #latency: Histogram<"method" | "route" | "status">;
  /** By method, route and status: to find one in the histogram costs more than a look here. */
  readonly #latencies = new Map<string, { observe(seconds: number): void }>();
  /** By method and route. */
  readonly #times = new Map<string, RequestTimes>();
  readonly #families: readonly ((status: Status | undefined) => void)[];

  constructor(project?: string) {
    const registers = [this.#registry];
    if (project === undefined) collectDefaultMetrics({ register: this.#registry });
    else this.#registry.setDefaultLabels({ project });
    this.#families = metricFamilies.map((family) => writerOf(family, registers));
    this.#latency = new Histogram({
      name: "foldback_http_request_duration_seconds",
      help: "From the head of a request to the end of its reply.",
      labelNames: ["method", "route", "status"],
      buckets: bucketsSeconds,
      registers,
    });
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** A request was answered. @param route its pattern: there are as many as routes, not as URLs. */
  observe(request: { method: string; route: string; status: number; seconds: number }): void {
    const { method, route, status } = request;
    const key = `${method} ${route} ${status}`;
    let latency = this.#latencies.get(key);
    if (latency === undefined) {
      latency = this.#latency.labels(method, route, String(status));
      this.#latencies.set(key, latency);
    }
    latency.observe(request.seconds);
    const ofRoute = `${method} ${route}`;
    let times = this.#times.get(ofRoute);
    if (times === undefined) {
      times = new RequestTimes();
      this.#times.set(ofRoute, times);
    }
    times.observe(performance.now(), request.seconds * 1000);
  }

  /** Of routes that were asked in the last minute, the most asked first. */
  requestTimes(): RequestTimesReport[] {
    const nowMs = performance.now();
    return [...this.#times]
      .flatMap(([ofRoute, times]) => {
        const [method, route] = ofRoute.split(" ");
        const percentiles = times.percentiles(nowMs);
        return percentiles === undefined
          ? []
          : [{ method, route, count: times.count, ...percentiles }];
      })
      .sort((a, b) => b.count - a.count);
  }

  /** All of them, in the Prometheus text format. @param status undefined where there is no engine. */
  text(status: Status | undefined): Promise<string> {
    for (const write of this.#families) write(status);
    return this.#registry.metrics();
  }
}

/**
 * Several texts as one: the format wants all values of a name together, under one head.
 *
 * @param texts as `Metrics.text` gives them.
 */
export function joinedMetrics(texts: readonly string[]): string {
  const blocks = new Map<string, string[]>();
  for (const block of texts.flatMap((text) => text.trimEnd().split("\n\n"))) {
    const [help, type, ...values] = block.split("\n");
    const head = `${help}\n${type}`;
    const of = blocks.get(head);
    if (of === undefined) blocks.set(head, values);
    else of.push(...values);
  }
  return `${[...blocks].map(([head, values]) => [head, ...values].join("\n")).join("\n\n")}\n`;
}

/** What sets a family to what the status says. */
function writerOf(
  family: MetricFamily,
  registers: Registry[],
): (status: Status | undefined) => void {
  const { name, help, type, labels, withoutEngine = [] } = family;
  const samplesOf = (status: Status | undefined): readonly Sample[] =>
    status === undefined ? withoutEngine : family.read(status);
  const options = { name, help, labelNames: labels, registers };
  if (type === "counter") {
    const counter = new Counter(options);
    return (status) => {
      counter.reset(); // a counter can only be added to
      if (labels.length === 0) counter.remove(); // else it is 0 where nothing is known
      for (const [of, value = 0] of samplesOf(status)) counter.inc(of, value);
    };
  }
  const gauge = new Gauge(options);
  return (status) => {
    gauge.reset();
    if (labels.length === 0) gauge.remove();
    for (const [of, value] of samplesOf(status)) {
      if (value === undefined) gauge.remove(of);
      else gauge.set(of, value);
    }
  };
}
