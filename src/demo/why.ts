import { type CreditModel, liftOf } from "../attribution/index.ts";
import type { Foldback } from "../engine/index.ts";
import type { CampaignTruth, Simulated, Simulation } from "../simulate/index.ts";

/** In the order of the table: what most services count by, first. */
export const shownModels = [
  "last-click",
  "last-touch",
  "linear",
  "time-decay",
  "markov",
  "shapley",
] as const satisfies readonly CreditModel[];
export type ShownModel = (typeof shownModels)[number];

/** Of the touches that may earn a conversion. */
const lookback = "30d";
/** Fewer accounts in a group give an interval that says nothing. */
const groupMin = 5;

export interface CampaignFigures
  extends Pick<CampaignTruth, "campaign" | "channel" | "audience" | "effect"> {
  /** Conversions that would not have happened without it. */
  readonly caused: number;
  readonly credit: Readonly<Record<ShownModel, number>>;
}

export interface WhyFigures {
  readonly conversions: number;
  /** By all campaigns together. */
  readonly caused: number;
  readonly campaigns: readonly CampaignFigures[];
  /** By model: Σ |credit − caused| over campaigns ÷ Σ caused; null before anything was caused. */
  readonly errors: Readonly<Record<ShownModel, number>> | null;
  /** By the accounts that are kept from ads; null before there is enough to compare. */
  readonly lift: LiftFigures | null;
}

export interface LiftFigures {
  /** Accounts that see ads, and that don't. */
  readonly test: number;
  readonly control: number;
  /** Conversions that would not have happened, with a 95 % interval; and in truth. */
  readonly estimate: number;
  readonly low: number;
  readonly high: number;
  readonly truth: number;
}

interface Group {
  accounts: number;
  converted: number;
  value: number;
  valueSquares: number;
}

/** What brought conversions: credit by the engine, lift by a hold-out, and in truth. */
export class Why {
  readonly #attribution: Pick<Foldback["attribution"], "credit">;
  readonly #simulation: Simulation;
  readonly #isHeldOut: ReadonlyMap<string, boolean>;
  readonly #caused = new Map<string, number>();
  readonly #conversions = new Map<string, number>();
  #conversionCount = 0;
  #credit: ReadonlyMap<ShownModel, ReadonlyMap<string, number>> = new Map();

  constructor(attribution: Pick<Foldback["attribution"], "credit">, simulation: Simulation) {
    this.#attribution = attribution;
    this.#simulation = simulation;
    // Who is held out is nothing that only the truth knows: the service has drawn it.
    this.#isHeldOut = new Map(
      Array.from(simulation.accounts(), ({ account, isHeldOut }) => [account, isHeldOut]),
    );
  }

  note({ event, truth }: Simulated): void {
    const { account } = event;
    if (truth.conversion === undefined || account === undefined) return;
    const { campaign } = truth.conversion;
    this.#conversionCount++;
    this.#conversions.set(account, (this.#conversions.get(account) ?? 0) + 1);
    if (campaign !== undefined) this.#caused.set(campaign, (this.#caused.get(campaign) ?? 0) + 1);
  }

  /** Asks the engine anew. */
  async refresh(): Promise<void> {
    const { models } = await this.#attribution.credit({
      by: "campaign",
      lookback,
      model: shownModels.join(","),
    });
    this.#credit = new Map(
      shownModels.map((model) => [
        model,
        new Map(
          (models[model] ?? []).map(({ channel, conversions }) => [channel ?? "", conversions]),
        ),
      ]),
    );
  }

  figures(): WhyFigures {
    const campaigns = this.#simulation.campaigns().map(
      ({ campaign, channel, audience, effect }): CampaignFigures => ({
        campaign,
        channel,
        audience,
        effect,
        caused: this.#caused.get(campaign) ?? 0,
        credit: byModel((model) => this.#credit.get(model)?.get(campaign) ?? 0),
      }),
    );
    const caused = campaigns.reduce((sum, one) => sum + one.caused, 0);
    const errorOf = (model: ShownModel): number =>
      campaigns.reduce((sum, one) => sum + Math.abs(one.credit[model] - one.caused), 0) / caused;
    return {
      conversions: this.#conversionCount,
      caused,
      campaigns,
      errors: caused === 0 ? null : byModel(errorOf),
      lift: this.#lift(),
    };
  }

  /**
   * By conversions of an account, not by whether it converted: in a month nearly all do. What a hold-out measures is the difference of the
   * totals, a few fewer than were caused at their moment: docs/SIMULATION.md has why.
   */
  #lift(): LiftFigures | null {
    const [test, control] = [newGroup(), newGroup()];
    for (const [account, isHeldOut] of this.#isHeldOut) {
      const count = this.#conversions.get(account) ?? 0;
      const group = isHeldOut ? control : test;
      group.accounts++;
      group.converted += count > 0 ? 1 : 0;
      group.value += count;
      group.valueSquares += count * count;
    }
    if (Math.min(test.accounts, control.accounts) < groupMin) return null;
    const { estimate, low, high } = liftOf({ test, control }).incrementalValue;
    if (low === null || high === null) return null;
    const { conversions, withoutAds } = this.#simulation.conversions();
    const truth = conversions - withoutAds;
    return { test: test.accounts, control: control.accounts, estimate, low, high, truth };
  }
}

function newGroup(): Group {
  return { accounts: 0, converted: 0, value: 0, valueSquares: 0 };
}

function byModel(of: (model: ShownModel) => number): Record<ShownModel, number> {
  return Object.fromEntries(shownModels.map((model) => [model, of(model)])) as Record<
    ShownModel,
    number
  >; // each of them, by the line above
}
