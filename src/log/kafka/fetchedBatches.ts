import type { fetchV17, RecordsBatch } from "@platformatic/kafka";
import type { Offset } from "../../event/index.ts";
import type { Fetched, TopicRecord } from "./topicPartition.ts";

const isLogAppendTime = 1 << 3;
const isTransactional = 1 << 4;
const isControl = 1 << 5;
/** The second number of a control record's key: what became of the transaction. */
const abortType = 0;

/**
 * The records of a fetch from `from` on. A fetch gives whole batches, so it may begin before; and it gives what
 * transactions wrote that were aborted, with the list of those.
 */
export function recordsIn(
  partition: fetchV17.FetchResponsePartition | undefined,
  from: Offset,
): Fetched {
  const batches = partition?.records ?? [];
  const aborted = (partition?.abortedTransactions ?? [])
    .map(({ producerId, firstOffset }) => ({ producerId, first: Number(firstOffset) }))
    .sort((a, b) => a.first - b.first);
  const abortedNow = new Set<bigint>();
  const records: TopicRecord[] = [];
  let nextOffset = from;
  for (const batch of batches) {
    const end = Number(batch.firstOffset) + batch.lastOffsetDelta + 1;
    while (aborted.length > 0 && aborted[0].first < end) {
      const [{ producerId }] = aborted.splice(0, 1);
      abortedNow.add(producerId);
    }
    const { attributes, producerId } = batch;
    if ((attributes & isControl) !== 0) {
      if (endsAborted(batch)) abortedNow.delete(producerId);
    } else if ((attributes & isTransactional) === 0 || !abortedNow.has(producerId)) {
      addRecords(batch, from, records);
    }
    nextOffset = Math.max(nextOffset, end);
  }
  return { records, nextOffset };
}

function endsAborted({ records }: RecordsBatch): boolean {
  const key = records[0]?.key;
  return (key?.length ?? 0) >= 4 && key?.readInt16BE(2) === abortType;
}

function addRecords(batch: RecordsBatch, from: Offset, into: TopicRecord[]): void {
  const firstOffset = Number(batch.firstOffset);
  const firstTime = Number(batch.firstTimestamp);
  const brokerTime =
    (batch.attributes & isLogAppendTime) === 0 ? undefined : Number(batch.maxTimestamp);
  for (const { offsetDelta, timestampDelta, value, headers } of batch.records) {
    const offset = firstOffset + offsetDelta;
    if (offset < from) continue;
    into.push({
      offset,
      time: brokerTime ?? firstTime + Number(timestampDelta),
      value: value ?? undefined,
      isOurs: headers.some(([name]) => name?.toString() === "foldback"),
    });
  }
}
