import {
  accountParameters,
  recommendationsQuery,
  recommendationsSchema,
} from "../../contract/index.ts";
import type { RequestMoment } from "../../engine/index.ts";
import { route } from "../route.ts";
import { rulesIn } from "./rules.ts";

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
    params: accountParameters,
    query: recommendationsQuery,
    replies: { 200: { description: "The list.", schema: recommendationsSchema } },
    handle: ({ params, query, stages }, engine) => {
      const { n, session, device, platform, country, explain, missing, preview } = query;
      const moment: RequestMoment = {
        ...(session !== undefined && { session }),
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
        stages,
        ...(rules && { rules }),
        ...(missing && { missing }),
      };
      const isServed = engine.config.serving.log && !preview;
      const { missing: ofMissing, ...answer } = isServed
        ? engine.serve(call)
        : engine.recommendList({ ...call, experiments: preview });
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
