/** The routes of Segment's HTTP tracking API, so that its SDKs can point here. */
import { problemSchema, segmentResultSchema } from "../../contract/index.ts";
import { FoldbackError, type Stages, Type } from "../../core/index.ts";
import {
  type Foldback,
  type SegmentBatch,
  type SegmentType,
  segmentTypes,
} from "../../engine/index.ts";
import { parse } from "../body.ts";
import { problemFor, problemType } from "../problem.ts";
import { type Reply, type Route, route } from "../route.ts";

const messageSchema = Type.Object(
  {},
  {
    title: "SegmentMessage",
    description: "As Segment's spec has it; docs/SEGMENT.md says what becomes of it.",
    additionalProperties: true,
  },
);
const batchSchema = Type.Object(
  {
    batch: Type.Array(messageSchema, { description: "Messages, each with its `type`." }),
    sentAt: Type.Optional(
      Type.String({ description: "By the sender's clock.", format: "date-time" }),
    ),
    context: Type.Optional(Type.Object({}, { description: "Of all.", additionalProperties: true })),
  },
  { title: "SegmentBatch", additionalProperties: true },
);

// The browser SDK calls each by its first letter.
export const segmentRoutes: readonly Route[] = [
  ...segmentTypes.flatMap((type) => [messageRoute(type, type), messageRoute(type, type[0])]),
  batchRoute("batch"),
  batchRoute("b"),
];

function messageRoute(type: SegmentType, name: string): Route {
  return route({
    ...described(name, type, `Take a ${type} message of Segment's`),
    body: {
      description: "One message.",
      content: { "application/json": messageSchema },
    },
    handle: ({ body, keyName, stages }, engine) => {
      const message = parse(body, "a message as JSON");
      return take({ messages: [message], type, source: sourceOf(keyName) }, engine, stages);
    },
  });
}

function batchRoute(name: string): Route {
  return route({
    ...described(name, "batch", "Take a batch of Segment's messages"),
    body: {
      description: "Messages of any type.",
      content: { "application/json": batchSchema },
    },
    handle: ({ body, keyName, stages }, engine) =>
      take({ ...batchOf(parse(body, allowedBatch)), source: sourceOf(keyName) }, engine, stages),
  });
}

const allowedBatch = '{"batch": […]} as JSON';

/** @throws FoldbackError REQUEST_INVALID. */
function batchOf(body: unknown): Omit<SegmentBatch, "source"> {
  // What is no object has no such property, but null and undefined.
  const { batch, sentAt, context } = (body ?? {}) as Partial<Record<string, unknown>>;
  if (Array.isArray(batch)) return { messages: batch, sentAt, context };
  throw new FoldbackError(
    "REQUEST_INVALID",
    `the body has no list named batch; allowed: ${allowedBatch}`,
  );
}

/** What routes of one kind have in common. */
function described(name: string, kind: SegmentType | "batch", summary: string) {
  return {
    method: "POST",
    path: `/v1/${name}`,
    scope: "ingest",
    tag: "Segment",
    summary: name === kind ? summary : `Short for /v1/${kind}`,
    replies: {
      200: {
        description:
          "On disk, where not refused. What no event says is acknowledged, and named under `unmapped`.",
        schema: segmentResultSchema,
      },
      400: {
        description:
          "The body is no JSON, or no batch; or nothing of it could be taken, and `refused` says why.",
        schema: problemSchema,
      },
    },
  } as const;
}

/** Messages of one key are of one sender, whose ids are unique. */
function sourceOf(keyName: string | undefined): string {
  return keyName === undefined ? "segment" : `segment:${keyName}`;
}

async function take(
  batch: SegmentBatch,
  engine: Foldback,
  stages: Stages | undefined,
): Promise<Reply> {
  const result = await engine.ingestSegment(batch, stages);
  const [first] = result.refused;
  const isTaken =
    result.accepted + result.duplicates > 0 ||
    result.unmapped.some(({ kind }) => kind === "message");
  if (first === undefined || isTaken) return { body: { success: true, ...result } };
  const detail = `${first.field} is ${first.came}; allowed: ${first.allowed}`;
  const problem = problemFor("EVENT_INVALID", detail, { ...result });
  return { status: 400, body: problem, headers: { "content-type": problemType } };
}
