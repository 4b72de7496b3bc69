/** Errors as replies have them: problem details of RFC 9457, with our codes. */
import { errorCodes, type Static, Type } from "../core/index.ts";

/** Those of the catalogue, and `INTERNAL` for a bug. */
const problemCodes = [...errorCodes, "INTERNAL"] as const;
export type ProblemCode = (typeof problemCodes)[number];

/** Facts of the error stand beside these. */
export const problemSchema = Type.Object(
  {
    type: Type.String({ description: "`urn:foldback:problem:` and the code: permanent." }),
    title: Type.String({ description: "What the code means." }),
    status: Type.Integer({
      description: "The reply's HTTP status.",
      minimum: 400,
      maximum: 599,
    }),
    detail: Type.String({ description: "What came, what is allowed and what to do, for people." }),
    code: Type.Enum(problemCodes, { type: "string", description: "For programs: permanent." }),
  },
  { title: "Problem", description: "An error, as RFC 9457 has it." },
);

export type Problem = Static<typeof problemSchema> & { readonly [fact: string]: unknown };
