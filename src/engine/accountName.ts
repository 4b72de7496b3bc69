/** As long as an id of an event. */
export const accountLengthMax = 256;

/** Whether it can be an account, or an anonymous session. */
export function isAccountName(came: unknown): came is string {
  return typeof came === "string" && came !== "" && came.length <= accountLengthMax;
}
