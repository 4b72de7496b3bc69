/** `identity.ts` in SQL, which is only as much as the data need: most have neither links nor sessions that log in later. */
import { type Database, readRows, renderText, unreadable } from "../../event/index.ts";
import { LinkedAccounts, personMark } from "../identity.ts";
import { columnPlaces } from "./columnPlaces.ts";
import type { Prepared } from "./prepared.ts";

/** What the events have, and what is known of their sessions. */
export interface IdentityNeeds {
  readonly isAnonymous: boolean;
  readonly hasLinks: boolean;
  readonly persons: string | undefined;
}

/** Makes the tables that say whose an event is. */
export async function stageIdentity(
  database: Database,
  events: string,
  { isAnonymous, hasLinks, persons }: IdentityNeeds,
): Promise<Pick<Prepared, "identified" | "isByAccount">> {
  if (hasLinks) await stageLinks(database, events);
  if (isAnonymous) await stageLogins(database, events);
  if (persons !== undefined) await stagePersons(database, persons);
  const link = (account: string): string =>
    hasLinks
      ? `coalesce((SELECT representative FROM linked WHERE linked.account = ${account}), ${account})`
      : account;
  const joined = (from: string, account: string): string => {
    if (persons === undefined) {
      const owner = account === "NULL" ? "event.session" : ownerOf(account, link);
      return `SELECT event.*, ${owner} AS owner, ${account} IS NULL AS is_session, NULL::INTEGER AS person FROM ${from}`;
    }
    return `SELECT event.*, CASE WHEN member.person IS NOT NULL THEN ${account} ELSE ${ownerOf(account, link)} END AS owner,
        ${account} IS NULL AS is_session, member.person AS person
      FROM ${from} LEFT JOIN member ON member.account = ${account} AND member.token = event.session`;
  };
  const identified = (condition: string): string => {
    const named = joined(
      `(SELECT * FROM ${events} WHERE account IS NOT NULL AND (${condition})) AS event`,
      "event.account",
    );
    if (!isAnonymous) return `(${named})`;
    const anonymous = joined(
      `(SELECT * FROM ${events} WHERE account IS NULL AND (${condition})) AS event
         ASOF LEFT JOIN login AS following ON following.session = event.session AND event.time <= following.time
         ASOF LEFT JOIN login AS former ON former.session = event.session AND event.time >= former.time`,
      "coalesce(following.account, former.account)",
    );
    return `(${named} UNION ALL ${anonymous})`;
  };
  return { identified, isByAccount: !isAnonymous && persons === undefined };
}

/** The name of a history, as `keyOf` makes it; `person` may be 0 or NULL where nobody is known. */
export const ownerName = `CASE WHEN coalesce(person, 0) = 0 THEN owner ELSE owner || '${personMark}' || person END`;

/** Of a session that never logs in, the session. */
function ownerOf(account: string, link: (account: string) => string): string {
  return account === "event.account" ? link(account) : `coalesce(${link(account)}, event.session)`;
}

/** A table `linked` of accounts that another stands for. */
async function stageLinks(database: Database, events: string): Promise<void> {
  const connection = await database.connect();
  const found = await connection.run(
    `SELECT DISTINCT account, other_account FROM ${events} WHERE type = 'link'`,
  );
  const accounts = new LinkedAccounts();
  for (const [one, other] of await found.getRows()) accounts.link(String(one), String(other));
  const table = await database.createTable("linked", {
    account: "VARCHAR",
    representative: "VARCHAR",
  });
  for (const pair of accounts.entries()) table.add(pair);
  table.flush();
}

/** A table `login` of the sessions that have events without an account. */
async function stageLogins(database: Database, events: string): Promise<void> {
  const connection = await database.connect();
  await connection.run(
    `CREATE TABLE login AS SELECT session, time, min(account) AS account FROM ${events}
     WHERE account IS NOT NULL AND session IN (SELECT DISTINCT session FROM ${events} WHERE account IS NULL)
     GROUP BY session, time`,
  );
}

/** A table `member` of sessions and their persons; of a session that is there several times, the smallest. */
async function stagePersons(database: Database, path: string): Promise<void> {
  const table = await database.createTable("member_row", {
    account: "VARCHAR",
    token: "VARCHAR",
    person: "INTEGER",
  });
  const names = ["account", "access_token", "person"];
  let places: readonly number[] | undefined;
  let row = 0;
  for await (const { rows } of readRows(path, { delimiter: ",", quotes: true })) {
    for (const cells of rows) {
      row++;
      if (cells === undefined || (cells.length === 1 && cells[0] === "")) continue;
      if (places === undefined) {
        places = columnPlaces(cells, names, {
          path,
          allowed: `${names.join(", ")}, as foldback people count --assignments writes them`,
        });
        continue;
      }
      const [account, token, person] = places.map((at) => cells[at] ?? "");
      if (!/^[1-9]\d{0,8}$/.test(person)) {
        const came = `row ${row} with the person ${renderText(person)}`;
        throw unreadable(
          path,
          came,
          "numbers from 1, as foldback people count --assignments writes",
        );
      }
      table.add([account, token, Number(person)]);
    }
  }
  table.flush();
  const connection = await database.connect();
  await connection.run(
    "CREATE TABLE member AS SELECT account, token, min(person) AS person FROM member_row GROUP BY account, token",
  );
}
