import { createHash, randomBytes } from "node:crypto";
import type { Command } from "commander";
import { FoldbackError } from "../core/index.ts";
import { type Scope, scopes } from "../http/index.ts";
import { choices, projectsFlag } from "./flags.ts";
import { print, printJson } from "./output.ts";
import { type AccessKey, addKeyTo } from "./projects.ts";

interface KeyFlags {
  readonly name: string;
  readonly project?: string;
  readonly projects?: string;
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
      "Make a key for callers of the service. It is shown this once: the config keeps its SHA-256 alone. With " +
        "--project it is put into the config of that project, which is made if there is none.",
    )
    .requiredOption("--name <name>", "what logs call its holder")
    .option(
      "--scopes <list>",
      `what it is good for, with commas: ${scopes.join(", ")}`,
      choices("--scopes", scopes),
      ["read"],
    )
    .option("--project <name>", "whose key it is, of several projects in --projects")
    .option(...projectsFlag)
    .option("--json", "print the result as JSON")
    .addHelpText(
      "after",
      "\nExamples:\n  $ foldback key --name shop-backend --scopes ingest,read\n" +
        "  $ foldback key --projects projects --project shop --name shop-backend --scopes ingest,read",
    )
    .action(async ({ name, scopes: of, project, projects, json }: KeyFlags) => {
      const key = `fb_${randomBytes(keyBytes).toString("base64url")}`;
      const sha256 = createHash("sha256").update(key).digest("hex");
      const setting = { name, sha256, scopes: [...of] };
      const file = await fileOf(project, projects, setting);
      if (json === true) return printJson({ key, setting, ...(file && { project, file }) });
      print(
        `Key: ${key}\nKeep it: it is not shown again. Callers send it as\n` +
          `  authorization: Bearer ${key}\n` +
          (file === undefined
            ? `The config takes, in the list http.keys:\n  ${JSON.stringify(setting)}`
            : `It is in the list http.keys of ${file}: good for project ${project} alone, from its next start on.`),
      );
    });
}

/** The config file that the key was put into; undefined where no project is named. */
async function fileOf(
  project: string | undefined,
  projects: string | undefined,
  setting: AccessKey,
): Promise<string | undefined> {
  if (project === undefined && projects === undefined) return undefined;
  if (project !== undefined && projects !== undefined) return addKeyTo(projects, project, setting);
  throw new FoldbackError(
    "CONFIG_INVALID",
    "--project and --projects go together: whose key it is, and where the projects are",
  );
}
