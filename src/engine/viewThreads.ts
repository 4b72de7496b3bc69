import type { View } from "../event/index.ts";
import type { SharedLog } from "../log/index.ts";
import type { SessionPerson } from "../people/index.ts";
import type { AttributionQuestions } from "./attributionQuestions.ts";
import type { Config } from "./configSchema.ts";
import type { Notice } from "./foldbackTypes.ts";
import { keptAttribution } from "./keptAttribution.ts";
import { keptPeople } from "./keptPeople.ts";
import type { PeopleQuestions } from "./peopleQuestions.ts";
import { notifyRefused } from "./snapshotNotices.ts";
import { checkLogReaches } from "./training.ts";
import type { QuestionsLike } from "./viewProtocol.ts";
import { type KeptView, removeViewSnapshots } from "./viewSnapshots.ts";
import { ViewThread, type ViewThreadOptions } from "./viewThread.ts";

/** What is known of a thread whatever it is asked. */
type AnyThread = Pick<ViewThread<PeopleQuestions>, "ended" | "stop" | "applied" | "keepOnlyFrom">;

export interface ViewThreadsParts {
  readonly config: Config;
  readonly log: SharedLog;
  /** Where the log ends. */
  readonly logEnd: number;
  readonly onNotice: (notice: Notice) => void;
}

/** The threads of the views that have one each; undefined where the config has them off. */
export class ViewThreads {
  readonly people: ViewThread<PeopleQuestions, SessionPerson> | undefined;
  readonly attribution: ViewThread<AttributionQuestions> | undefined;
  /** Settles when all are gone, or fails with the first that does. */
  readonly ended: Promise<unknown>;
  /** When all are gone, failed or not. */
  readonly gone: Promise<unknown>;
  readonly #all: readonly AnyThread[];

  private constructor({ people, attribution }: Pick<ViewThreads, "people" | "attribution">) {
    this.people = people;
    this.attribution = attribution;
    this.#all = [people, attribution].filter((thread) => thread !== undefined);
    this.ended = Promise.all(this.#all.map((thread) => thread.ended));
    this.gone = Promise.allSettled(this.#all.map((thread) => thread.ended));
  }

  /** Once all have restored their state. @throws FoldbackError DATA_CORRUPT, LOG_UNAVAILABLE: none of them runs on. */
  static async start(parts: ViewThreadsParts): Promise<ViewThreads> {
    const { people, attribution } = parts.config;
    const started: AnyThread[] = [];
    const startIf = async <Questions extends QuestionsLike<Questions>, Saying = never>(
      isOn: boolean,
      name: string,
      file: URL,
      kept: KeptView<View>,
    ): Promise<ViewThread<Questions, Saying> | undefined> => {
      if (!isOn) {
        removeViewSnapshots(kept.directory);
        return undefined;
      }
      const thread = await startView<Questions, Saying>({ name, file }, kept, parts);
      started.push(thread);
      return thread;
    };
    try {
      return new ViewThreads({
        people: await startIf(
          people.enabled,
          "people",
          new URL("./peopleWorker.js", import.meta.url),
          keptPeople(parts.config),
        ),
        attribution: await startIf(
          attribution.enabled,
          "attribution",
          new URL("./attributionWorker.js", import.meta.url),
          keptAttribution(parts.config),
        ),
      });
    } catch (error) {
      for (const thread of started) thread.stop();
      await Promise.allSettled(started.map((thread) => thread.ended));
      throw error;
    }
  }

  stop(): void {
    for (const thread of this.#all) thread.stop();
  }

  /** As `ViewThread.applied`, of all. */
  async applied(offset: number): Promise<void> {
    await Promise.all(this.#all.map((thread) => thread.applied(offset)));
  }

  /** As `ViewThread.keepOnlyFrom`, of all. */
  async keepOnlyFrom(offset: number): Promise<void> {
    await Promise.all(this.#all.map((thread) => thread.keepOnlyFrom(offset)));
  }
}

async function startView<Questions extends QuestionsLike<Questions>, Saying>(
  named: Pick<ViewThreadOptions, "name" | "file">,
  { directory }: KeptView<View>,
  { config, log, logEnd, onNotice }: ViewThreadsParts,
): Promise<ViewThread<Questions, Saying>> {
  const thread = await ViewThread.start<Questions, Saying>({
    ...named,
    workerData: { config, log },
    onSaveFailed: ({ sequence, reason }) =>
      onNotice({ kind: "snapshotFailed", offset: sequence, reason }),
  });
  const { sequence, refused } = thread.restored;
  try {
    checkLogReaches(sequence, logEnd, directory);
  } catch (error) {
    thread.stop();
    await Promise.allSettled([thread.ended]);
    throw error;
  }
  notifyRefused(refused, { from: sequence, to: logEnd }, onNotice);
  return thread;
}
