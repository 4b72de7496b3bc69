import type { Contestant } from "../evaluate/index.ts";

export interface Script {
  /** The lists that it gives, in order; an empty one where there is no more. */
  readonly lists?: readonly (readonly string[])[];
  /** The logit of an item, by its name; default 0. */
  readonly logits?: Readonly<Record<string, number>>;
}

export interface ScriptedContestant {
  readonly contestant: Contestant;
  /** What it was asked, for the list: who and when. */
  readonly asked: { readonly account: string; readonly now: number }[];
  /** The pairs that it was asked to compare: the event's item, and the one drawn from the others. */
  readonly pairs: (readonly [string, string])[];
  /** How many records it was given to learn from. */
  learned(): number;
}

/** A contestant that answers what it is told to, and takes note of what it was asked. */
export function scriptedContestant({ lists = [], logits = {} }: Script = {}): ScriptedContestant {
  const asked: ScriptedContestant["asked"] = [];
  const pairs: ScriptedContestant["pairs"] = [];
  const names: string[] = [];
  let learned = 0;
  const contestant = {
    trainer: {
      apply: () => learned++,
      state: { items: { indexOf: (name: string) => names.push(name) - 1 } },
    },
    recommender: {
      usesModel: true,
      recommend: ({ account, now }: { account: string; now: number }) => {
        asked.push({ account, now });
        return (lists[asked.length - 1] ?? []).map((item) => ({ item }));
      },
      logitsOf: (items: Int32Array) => {
        const pair = Array.from(items, (item) => names[item]);
        pairs.push([pair[0], pair[1]]);
        return Float32Array.from(pair, (name) => logits[name] ?? 0);
      },
    },
  };
  // Trainer and Recommender are classes with private fields: nothing else is one, but in what is asked of it.
  return { contestant: contestant as unknown as Contestant, asked, pairs, learned: () => learned };
}
