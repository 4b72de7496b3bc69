import {
  type AttributionComparison,
  type FoldbackClient,
  FoldbackClientError,
} from "foldback/client";
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { useScope, useSession } from "../../api/session.ts";
import { useAnswer } from "../../api/useAnswer.ts";
import { Message, Trouble } from "../../components/message.tsx";
import { moment } from "../../format.ts";
import { usePlace } from "../../place.ts";
import {
  askedOf,
  campaignsQuery,
  creditQuery,
  gridQuery,
  pathsQuery,
  timesQuery,
} from "./asked.ts";
import "./attribution.css";
import { Campaigns } from "./campaigns.tsx";
import { Filters } from "./filters.tsx";
import { Grid } from "./grid.tsx";
import { Headline } from "./headline.tsx";
import { Models } from "./models.tsx";
import { Paths } from "./paths.tsx";
import { Times } from "./times.tsx";

/** What ads earned under each choice of windows, and how models divide it. */
export function AttributionView(): JSX.Element {
  const mayRead = useScope("admin");
  const { client } = useSession();
  if (!mayRead) {
    return (
      <>
        <h1>Attribution</h1>
        <Message>
          Your key has not the scope <code>admin</code>, which this view needs: rows can be of
          single people.
        </Message>
      </>
    );
  }
  return <Report client={client} />;
}

function Report({ client }: { readonly client: FoldbackClient }): JSX.Element {
  const { settings } = usePlace();
  const [turn, setTurn] = useState(0);
  const asked = askedOf(settings);
  const key = (query: object) => `${turn} ${JSON.stringify(query)}`;
  const grid = gridQuery(asked);
  const comparison = useAnswer((signal) => client.compareAttribution(grid, { signal }), key(grid));
  // One after the other: each takes the service's thread of attribution for a while.
  const isThere = comparison.data !== undefined;
  const then = (query: object) => (isThere ? key(query) : undefined);
  const byCampaign = campaignsQuery(asked);
  const campaigns = useAnswer(
    (signal) => client.compareAttribution(byCampaign, { signal }),
    then(byCampaign),
  );
  const models = creditQuery(asked);
  const credit = useAnswer((signal) => client.attributionCredit(models, { signal }), then(models));
  const ways = pathsQuery(asked);
  const paths = useAnswer((signal) => client.attributionPaths(ways, { signal }), then(ways));
  const when = timesQuery(asked);
  const times = useAnswer((signal) => client.timeToConversion(when, { signal }), then(when));
  if (isOff(comparison.error)) return <Off />;
  const { data, error, isLoading } = comparison;
  return (
    <>
      <div class="view-head">
        <h1>Attribution</h1>
        <span class="small soft" role="status">
          {asOf(data, isLoading)}
        </span>
        <button type="button" disabled={isLoading} onClick={() => setTurn(turn + 1)}>
          Refresh
        </button>
      </div>
      {error !== undefined && <Trouble error={error} />}
      <Filters asked={asked} comparison={data} campaigns={campaigns.data} />
      <Headline asked={asked} comparison={data} />
      <div class="columns">
        <Grid asked={asked} comparison={data} />
        <Campaigns asked={asked} answer={campaigns} />
      </div>
      <Models asked={asked} answer={credit} />
      <div class="columns halves">
        <Times asked={asked} answer={times} />
        <Paths asked={asked} answer={paths} />
      </div>
    </>
  );
}

function asOf(data: AttributionComparison | undefined, isLoading: boolean): string {
  if (data === undefined) return isLoading ? "Asking" : "";
  if (data.logTime === 0) return "There is no event yet.";
  const of = data.settings.key === "person" ? "people" : "accounts";
  return `By ${of}, with all events up to ${moment(data.logTime)}`;
}

function isOff(error: unknown): boolean {
  return error instanceof FoldbackClientError && error.code === "NOT_FOUND";
}

function Off(): JSX.Element {
  return (
    <>
      <h1>Attribution</h1>
      <Message>
        Attribution is off. With it, this view shows what ads earned: conversions under each click
        and view window side by side, what each campaign cost, and how ten models divide the
        conversions among channels. It needs events of ads (<code>ad_click</code>,{" "}
        <code>ad_impression</code>) and of conversions (<code>purchase</code>,{" "}
        <code>subscribe</code>). This in the config switches it on, for all events that are in the
        log already:
      </Message>
      <pre class="panel">
        <code>{'{ "attribution": { "enabled": true } }'}</code>
      </pre>
    </>
  );
}
