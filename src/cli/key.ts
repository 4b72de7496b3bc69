import { createHash, randomBytes } from "node:crypto";
import type { Command } from "commander";
import { type Scope, scopes } from "../http/index.ts";
import { choices } from "./flags.ts";
import { print, printJson } from "./output.ts";

interface KeyFlags {
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly json?: boolean;
}

/** Nobody finds 256 random bits by trying. */
const keyBytes = 32;

export function addKey(program: Command): void {
  program
    .command("key")
    .summary("make a key for callers of the service")
    .description(
      "Make a key for callers of the service. It is shown this once: the config keeps its SHA-256 alone.",
    )
    .requiredOption("--name <name>", "what logs call its holder")
    .option(
      "--scopes <list>",
      `what it is good for, with commas: ${scopes.join(", ")}`,
      choices("--scopes", scopes),
      ["read"],
    )
    .option("--json", "print the result as JSON")
    .addHelpText("after", "\nExample:\n  $ foldback key --name shop-backend --scopes ingest,read")
    .action(({ name, scopes: of, json }: KeyFlags) => {
      const key = `fb_${randomBytes(keyBytes).toString("base64url")}`;
      const sha256 = createHash("sha256").update(key).digest("hex");
      const setting = { name, sha256, scopes: of };
      if (json === true) return printJson({ key, setting });
      print(
        `Key: ${key}\nKeep it: it is not shown again. Callers send it as\n` +
          `  authorization: Bearer ${key}\nThe config takes, in the list http.keys:\n` +
          `  ${JSON.stringify(setting)}`,
      );
    });
}
