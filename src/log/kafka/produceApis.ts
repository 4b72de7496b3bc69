import {
  createAPI,
  ProduceAcks,
  produceV9,
  produceV10,
  produceV11,
  Writer,
} from "@platformatic/kafka";

/** One batch for one partition, as `encodeRecordBatch` made it. */
export interface ProduceRequest {
  readonly topic: string;
  readonly partition: number;
  readonly batch: Buffer;
  /** How long the leader waits for the other copies before it says that they were too few. */
  readonly timeoutMs: number;
}

/** The library's own API takes records, and encodes them itself. Newest first; the three have the same request. */
export const produceApis = [
  createAPI<[ProduceRequest], produceV11.ProduceResponse>(0, 11, request, produceV11.parseResponse),
  createAPI<[ProduceRequest], produceV10.ProduceResponse>(0, 10, request, produceV10.parseResponse),
  createAPI<[ProduceRequest], produceV9.ProduceResponse>(0, 9, request, produceV9.parseResponse),
];

function request({ topic, partition, batch, timeoutMs }: ProduceRequest): Writer {
  return Writer.create()
    .appendString(null)
    .appendInt16(ProduceAcks.ALL)
    .appendInt32(timeoutMs)
    .appendArray([topic], (topics, name) => {
      topics.appendString(name).appendArray([partition], (partitions, index) => {
        partitions
          .appendInt32(index)
          .appendUnsignedVarInt(batch.length + 1)
          .append(batch);
      });
    })
    .appendTaggedFields();
}
