/**
 * A second step: the mean salary by department, from a CSV, by DuckDB, the analytical engine that foldback reads files with.
 *
 * It runs in this process, and reads CSV, Parquet and NDJSON as they lie there, in a few columns or a few million rows. An empty cell is
 * unknown: it counts in no mean, and it is said.
 */
import { fileURLToPath } from "node:url";
import { DuckDBInstance } from "@duckdb/node-api";

const file = fileURLToPath(new URL("../../examples/data/salaries.csv", import.meta.url));
const database = await DuckDBInstance.create(":memory:");
const connection = await database.connect();
const result = await connection.runAndReadAll(
  `SELECT department, avg(salary) AS mean, count(salary)::INTEGER AS known, count(*)::INTEGER AS employees
   FROM read_csv($file) GROUP BY department ORDER BY mean DESC, department`,
  { file },
);
console.table(result.getRowObjects());
connection.closeSync();
