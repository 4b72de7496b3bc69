/**
 * Traces to an OpenTelemetry collector, where the standard environment variables name one. The SDK is loaded then
 * alone: whoever does not trace pays for none of it.
 *
 * Source: https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
 */
import { FoldbackError } from "../core/index.ts";
import { isTraced } from "../http/index.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** What the specification names first, and every collector takes. */
const protocol = "http/protobuf";

/**
 * Registers the SDK in this process, where the environment asks for traces: before a server is made.
 *
 * @param onProblem told what goes wrong with sending, in words, once for each.
 * @returns sends what is still to be sent, and ends it; undefined where nothing is traced.
 * @throws FoldbackError CONFIG_INVALID for what the environment asks for and there is not.
 */
export async function startTelemetry(
  environment: Environment,
  onProblem: (reason: string) => void,
): Promise<(() => Promise<void>) | undefined> {
  // An SDK that was loaded before the program has read the same variables.
  if (!wantsTraces(environment) || isTraced()) return undefined;
  const asked =
    environment["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"] ?? environment["OTEL_EXPORTER_OTLP_PROTOCOL"];
  if (asked !== undefined && asked !== "" && asked !== protocol) {
    throw new FoldbackError(
      "CONFIG_INVALID",
      `OTEL_EXPORTER_OTLP_PROTOCOL is ${JSON.stringify(asked)}; allowed: ${protocol}`,
    );
  }
  const [api, core, resources, sdk, { OTLPTraceExporter }] = await Promise.all([
    import("@opentelemetry/api"),
    import("@opentelemetry/core"),
    import("@opentelemetry/resources"),
    import("@opentelemetry/sdk-trace-base"),
    import("@opentelemetry/exporter-trace-otlp-proto"),
  ]);
  const ignore = () => {};
  let told = "";
  const tell = (reason: string) => {
    if (reason !== told) onProblem(reason); // it is tried every few seconds
    told = reason;
  };
  const logger = { error: tell, warn: tell, info: ignore, debug: ignore, verbose: ignore };
  api.diag.setLogger(logger, { logLevel: api.DiagLogLevel.WARN });
  const provider = new sdk.BasicTracerProvider({
    // `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES` stand above our name.
    resource: resources
      .defaultResource()
      .merge(resources.resourceFromAttributes({ "service.name": "foldback" }))
      .merge(resources.detectResources({ detectors: [resources.envDetector] })),
    spanProcessors: [new sdk.BatchSpanProcessor(new OTLPTraceExporter())],
  });
  api.trace.setGlobalTracerProvider(provider);
  api.propagation.setGlobalPropagator(new core.W3CTraceContextPropagator());
  return () => provider.shutdown();
}

function wantsTraces(environment: Environment): boolean {
  const { OTEL_SDK_DISABLED: disabled, OTEL_TRACES_EXPORTER: exporter } = environment;
  if (disabled?.toLowerCase() === "true" || (exporter ?? "otlp") !== "otlp") return false;
  const endpoint =
    environment["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"] ?? environment["OTEL_EXPORTER_OTLP_ENDPOINT"];
  return exporter === "otlp" || (endpoint ?? "") !== "";
}
