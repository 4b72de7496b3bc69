/** Imports that may be repeated: what the log has of them already is not appended again. */
import { type Clock, FoldbackError, systemClock } from "../core/index.ts";
import {
  type DescribedKind,
  type EventSource,
  engineEventTypes,
  type FileSource,
  knownEventTypes,
  type MissingFile,
  openDescriptionFile,
  openGorse,
  openMovieLens,
  type TableFormat,
} from "../event/index.ts";
import type { Config } from "./configSchema.ts";
import { appendFile, type ImportOptions, type ImportResult } from "./importFile.ts";
import { KnownEvents, somethingSaid } from "./knownEvents.ts";
import { withLog } from "./offlineLog.ts";
import { openPseudonyms } from "./privacy.ts";

export interface MigrationOptions extends Pick<ImportOptions, "onProgress"> {
  /** Told how many records were read, where the log is looked through for what it has already. */
  readonly onLook?: (records: number) => void;
  readonly clock?: Clock;
}

export interface GorseImportOptions extends MigrationOptions {
  /** Event type by feedback type, above the built-in ones. */
  readonly types?: Readonly<Record<string, string>>;
  /** Epoch milliseconds, of feedback without a time; by default it is refused. */
  readonly time?: number;
}

/**
 * Appends what Gorse has exported. Importing it again changes nothing.
 *
 * @param paths as `openGorse` takes them.
 * @throws FoldbackError REQUEST_INVALID for a type that no event has; FILE_UNREADABLE; as `withLog`.
 */
export async function importGorse(
  config: Config,
  paths: readonly string[],
  options: GorseImportOptions = {},
): Promise<ImportResult> {
  const { clock = systemClock, types = {}, time } = options;
  const extraTypes = new Set(config.eventTypes);
  checkTypes(types, extraTypes);
  const source = await openGorse(paths, {
    clock,
    types,
    extraTypes,
    ...(time === undefined ? {} : { time }),
  });
  return importSource(config, source, options);
}

function checkTypes(
  types: Readonly<Record<string, string>>,
  extraTypes: ReadonlySet<string>,
): void {
  const allowed = [...knownEventTypes, ...extraTypes];
  for (const [from, to] of Object.entries(types)) {
    const isOurs = engineEventTypes.some((type) => type === to);
    if (!isOurs && allowed.includes(to)) continue;
    throw new FoldbackError(
      "REQUEST_INVALID",
      `${from} is to become ${to}, which is no event type; allowed: ${allowed.join(", ")}; others must be declared in the config`,
      { details: { type: to } },
    );
  }
}

export interface MovieLensImportResult extends ImportResult {
  /** The sets that are laid out like this one. */
  readonly layout: string;
  /** Files of such a set that are not there. */
  readonly missing: readonly MissingFile[];
}

/** The same of a MovieLens set. @throws FoldbackError FILE_UNREADABLE; as `withLog`. */
export async function importMovieLens(
  config: Config,
  directory: string,
  options: MigrationOptions = {},
): Promise<MovieLensImportResult> {
  const { clock = systemClock } = options;
  const source = await openMovieLens(directory, { clock });
  const { layout, missing } = source;
  return { ...(await importSource(config, source, options)), layout, missing };
}

export interface DescriptionImportOptions extends MigrationOptions {
  readonly format?: TableFormat;
  /** Of the descriptions, epoch milliseconds; default: now. */
  readonly time?: number;
}

/**
 * The same of a file of items: each is described as the file says, and those that are described so already
 * are left alone. Items that the file does not have stay as they are.
 *
 * @throws FoldbackError FILE_UNREADABLE; as `withLog`.
 */
export function importItems(
  config: Config,
  file: FileSource,
  options: DescriptionImportOptions = {},
): Promise<ImportResult> {
  return importDescriptions("item", config, file, options);
}

/** The same of accounts. One of which the file says nothing has no description any more. */
export function importAccounts(
  config: Config,
  file: FileSource,
  options: DescriptionImportOptions = {},
): Promise<ImportResult> {
  return importDescriptions("account", config, file, options);
}

async function importDescriptions(
  kind: DescribedKind,
  config: Config,
  file: FileSource,
  options: DescriptionImportOptions,
): Promise<ImportResult> {
  const { clock = systemClock, format, time = clock.now() } = options;
  const source = await openDescriptionFile(file, {
    kind,
    time,
    ...(format === undefined ? {} : { format }),
  });
  return importSource(config, source, options);
}

async function importSource(
  config: Config,
  source: EventSource,
  options: MigrationOptions,
): Promise<ImportResult> {
  const { clock = systemClock, onLook = () => {}, onProgress } = options;
  const batches = source.batches()[Symbol.asyncIterator]();
  try {
    // Its beginning is read before the log is opened: what is no such file makes no data directory.
    const first = await batches.next();
    return await withLog(config, clock, async (log) => {
      const isEmpty = log.heads().every((head) => head === 0);
      const known = isEmpty ? somethingSaid : await KnownEvents.of(log, onLook);
      const begun = { ...source, batches: () => from(first, batches) };
      return appendFile(log, begun, {
        known,
        pseudonyms: openPseudonyms(config, log),
        ...(onProgress === undefined ? {} : { onProgress }),
      });
    });
  } finally {
    await batches.return?.();
  }
}

async function* from<T>(first: IteratorResult<T>, rest: AsyncIterator<T>): AsyncGenerator<T> {
  for (let next = first; next.done !== true; next = await rest.next()) yield next.value;
}
