import { existsSync } from "node:fs";
import { join } from "node:path";
import { FoldbackError } from "../../core/index.ts";
import { corrupt, type StorageFiles } from "../../storage/index.ts";

/** Which partition of which topic a directory is a copy of. */
export interface CopyIdentity {
  readonly topic: string;
  readonly topicId: string;
  readonly partition: number;
}

const fileName = "kafka.json";
const temporaryName = "kafka.json.tmp";

/**
 * Notes whose copy the directory is, or checks that it is that: a topic that was made again has other records
 * under the same offsets.
 *
 * @param isEmpty whether the directory holds no records yet.
 * @throws FoldbackError CONFIG_INVALID, DATA_CORRUPT, LOG_UNAVAILABLE.
 */
export async function checkIdentity(
  { files, directory }: { files: StorageFiles; directory: string },
  identity: CopyIdentity,
  isEmpty: boolean,
): Promise<void> {
  const path = join(directory, fileName);
  if (!files.list(directory).includes(fileName)) {
    if (!isEmpty) {
      const message =
        `the log in ${directory} is not a copy of a topic: its events would not be in Kafka. Copy them there first ` +
        `(docs/KAFKA.md), or name another data directory`;
      throw new FoldbackError("CONFIG_INVALID", message, { details: { path } });
    }
    await write(files, directory, identity);
    return;
  }
  const known = await read(files, path);
  const { topic, topicId, partition } = identity;
  if (known.topic === topic && known.topicId === topicId && known.partition === partition) return;
  const message =
    `${directory} is the copy of partition ${known.partition} of topic ${known.topic} (${known.topicId}), not of ` +
    `partition ${partition} of ${topic} (${topicId}). Name that topic and partition, or another data directory; a topic ` +
    `that was deleted and made again is another one`;
  throw new FoldbackError("CONFIG_INVALID", message, { details: { path } });
}

/**
 * Refuses to open the copy of a topic as a log of its own: what it would append is in no topic, under offsets that
 * the topic gives to others.
 *
 * @throws FoldbackError CONFIG_INVALID.
 */
export function checkIsNoCopy(directory: string): void {
  const path = join(directory, fileName);
  if (!existsSync(path)) return;
  const message =
    `the log in ${directory} is the copy of a Kafka topic; allowed: to open it with the brokers. Set log.kafka.brokers ` +
    `as it was, or name another data directory`;
  throw new FoldbackError("CONFIG_INVALID", message, { details: { path } });
}

async function write(
  files: StorageFiles,
  directory: string,
  identity: CopyIdentity,
): Promise<void> {
  const temporaryPath = join(directory, temporaryName);
  if (files.list(directory).includes(temporaryName)) files.removeSync(temporaryPath);
  const file = files.create(temporaryPath);
  try {
    await file.write(Buffer.from(`${JSON.stringify(identity)}\n`), 0);
    await file.sync();
  } finally {
    file.close();
  }
  files.rename(temporaryPath, join(directory, fileName));
  await files.syncDirectory(directory);
}

async function read(files: StorageFiles, path: string): Promise<CopyIdentity> {
  const file = files.open(path, "read");
  try {
    const bytes = Buffer.alloc(file.sizeBytes());
    await file.read(bytes, 0);
    return JSON.parse(bytes.toString()) as CopyIdentity; // its name came after its bytes were on the disk
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw corrupt(path, 0, "it is no JSON");
  } finally {
    file.close();
  }
}
