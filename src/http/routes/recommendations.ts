import { Type } from "typebox";
import { type RequestMoment, recommendationsMax } from "../../engine/index.ts";
import { route } from "../route.ts";
import { recommendationsSchema } from "../schemas.ts";
import { ruleParameters, rulesIn } from "./rules.ts";

const account = Type.Object(
  {
    account: Type.String({
      description: "The account, or an anonymous session; one that nobody has heard of is welcome.",
      minLength: 1,
      maxLength: 256,
    }),
  },
  { additionalProperties: false },
);

const feature = (description: string) =>
  Type.Optional(Type.String({ description, minLength: 1, maxLength: 256 }));

const query = Type.Object(
  {
    n: Type.Integer({
      description: "How many items at most.",
      default: 10,
      minimum: 1,
      maximum: recommendationsMax,
    }),
    device: feature("What is known of the moment: the device."),
    platform: feature("The platform."),
    country: feature("The country."),
    ...ruleParameters,
    explain: Type.Boolean({
      description: "Whether each item says why it is there.",
      default: false,
    }),
    missing: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 256 }), {
        description: "Items of which the reply says why they are not in the list.",
        maxItems: 100,
      }),
    ),
  },
  { additionalProperties: false },
);

export const recommendationRoutes = [
  route({
    method: "GET",
    path: "/v1/accounts/{account}/recommendations",
    scope: "read",
    tag: "Recommendations",
    summary: "What to show next",
    description:
      "Best first, and never what the account already had. `request` names the list: send it with the impressions " +
      "and with what is done about them.",
    params: account,
    query,
    replies: { 200: { description: "The list.", schema: recommendationsSchema } },
    handle: ({ params, query }, engine) => {
      const { n, device, platform, country, explain, missing } = query;
      const moment: RequestMoment = {
        ...(device !== undefined && { device }),
        ...(platform !== undefined && { platform }),
        ...(country !== undefined && { country }),
      };
      const rules = rulesIn(query);
      const call = {
        account: params.account,
        count: n,
        moment,
        explain,
        ...(rules && { rules }),
        ...(missing && { missing }),
      };
      const { missing: ofMissing, ...answer } = engine.config.serving.log
        ? engine.serve(call)
        : engine.recommendList(call);
      return {
        body: {
          account: params.account,
          ...answer,
          ...(missing === undefined ? {} : { missing: ofMissing }),
        },
      };
    },
  }),
];
