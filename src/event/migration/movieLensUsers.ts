/** Users of MovieLens 100K and 1M as descriptions of accounts. */
import type { Properties } from "../description.ts";

/** `u.user`, with `|`: user id, age, gender, occupation, zip code. */
export const tabUserColumns = ["user", "age", "gender", "occupation", "zip"];
/** `users.dat`, with `::`: user id, gender, age, occupation, zip code. */
export const doubleColonUserColumns = ["user", "gender", "age", "occupation", "zip"];

/** By the number that 1M has for it; 100K has names. Source: its README. */
const occupations = [
  "other",
  "academic/educator",
  "artist",
  "clerical/admin",
  "college/grad student",
  "customer service",
  "doctor/health care",
  "executive/managerial",
  "farmer",
  "homemaker",
  "K-12 student",
  "lawyer",
  "programmer",
  "retired",
  "sales/marketing",
  "scientist",
  "self-employed",
  "technician/engineer",
  "tradesman/craftsman",
  "unemployed",
  "writer",
];

/**
 * @param cells of a row, as `columns` name them.
 * @returns `age` as a number (of 1M: the lower end of its group), the others as texts; what is empty is not there.
 */
export function userOf(
  columns: readonly string[],
  cells: readonly string[],
): { readonly user: string; readonly properties: Properties } {
  const {
    user,
    age = "",
    occupation = "",
    ...texts
  } = Object.fromEntries(
    columns.map((column, i): [string, string] => [column, cells[i]]).filter(([, cell]) => cell),
  );
  const isNumber = /^\d{1,3}$/.test(age);
  const named = /^\d{1,2}$/.test(occupation) ? occupations[Number(occupation)] : undefined;
  return {
    user: user ?? "",
    properties: {
      ...(age && { age: isNumber ? Number(age) : age }),
      ...(occupation && { occupation: named ?? occupation }),
      ...texts,
    },
  };
}
