import { type Config, resolveConfig } from "../engine/index.ts";
import { heardType } from "./householdStream.ts";

export interface DemoHttp {
  readonly host?: string;
  readonly port?: number;
}

/**
 * The engine as the demo has it: everything on. The model of responses is that of examples/simulated.config.json, and knows the place in the list; look-backs
 * are long enough for all that happens.
 */
export function demoConfig(dataDirectory: string, days: number, http: DemoHttp = {}): Config {
  return resolveConfig({
    dataDirectory,
    http,
    eventTypes: [heardType],
    people: { enabled: true },
    attribution: { enabled: true, conversionDays: days + 1, lookbackDays: 30 },
    // Songs of households are no candidates: nobody's feedback names them, and what is new without it is left out.
    serving: { candidates: { new: 0 } },
    response: {
      slots: {
        account: { of: ["account"] },
        item: { of: ["item"] },
        artist: { of: ["artist"] },
        categories: { of: ["categories"] },
        taste: { of: ["account", "categories"] },
        position: { of: ["position"] },
      },
      linear: { alpha: 0.2, beta: 1 },
      learningRate: 0.1,
      initialAccumulator: 0.1,
      initialScale: 0.02,
    },
  });
}

/** The same model that learns no more: who is behind accounts and why they came is not asked of it. */
export function frozenConfig(config: Config, dataDirectory: string): Config {
  return {
    ...config,
    dataDirectory,
    people: { ...config.people, enabled: false },
    attribution: { ...config.attribution, enabled: false },
  };
}
