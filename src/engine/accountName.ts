import { FoldbackError } from "../core/index.ts";

/** As long as an id of an event. */
export const accountLengthMax = 256;

/** Whether it can be an account, or an anonymous session. */
export function isAccountName(came: unknown): came is string {
  return typeof came === "string" && came !== "" && came.length <= accountLengthMax;
}

/** @throws FoldbackError REQUEST_INVALID. */
export function checkAccount(account: string): void {
  if (isAccountName(account)) return;
  const came: unknown = account;
  throw new FoldbackError(
    "REQUEST_INVALID",
    `the account is ${typeof came === "string" ? `${came.length} characters long` : typeof came}; ` +
      `allowed: a string of 1 to ${accountLengthMax} characters`,
  );
}
