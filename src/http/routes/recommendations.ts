import { Type } from "typebox";
import { type RequestMoment, recommendationsMax } from "../../engine/index.ts";
import { route } from "../route.ts";
import { recommendationsSchema } from "../schemas.ts";

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
    handle: ({ params, query: { n, ...known } }, engine) => {
      const moment: RequestMoment = known;
      const call = { account: params.account, count: n, moment };
      const answer = engine.config.serving.log
        ? engine.serve(call)
        : { items: engine.recommend(call) };
      return { body: { account: params.account, ...answer } };
    },
  }),
];
