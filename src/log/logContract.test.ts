import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nodeFiles, type StorageFiles } from "../storage/index.ts";
import { logConformance } from "../testing/logConformance.ts";
import type { LogSubject, LogSubjectOptions } from "../testing/logSubject.ts";
import { SimulatedFiles } from "../testing/simulatedFiles.ts";
import { SimulatedLog } from "../testing/simulatedLog.ts";
import { openEmbeddedLog } from "./embeddedLog.ts";

logConformance("embedded, real files", async (options) => {
  const directory = mkdtempSync(join(tmpdir(), "foldback-log-"));
  const subject = await embedded(options, nodeFiles, directory);
  return {
    ...subject,
    async dispose() {
      await subject.dispose();
      rmSync(directory, { recursive: true });
    },
  };
});

logConformance("embedded, simulated files, tiny segments", async (options) => {
  const files = new SimulatedFiles();
  const crash = (): void => {
    files.stopAt(files.operationCount + 1, "before");
  };
  return embedded(options, files, "log", { files, crash });
});

logConformance("simulated", async (options) => {
  const log = new SimulatedLog({ ...options, faults: { delayTurnsMax: 3 } });
  return {
    log,
    async reopen() {
      await log.close();
      log.reopen();
      return log;
    },
    async crash() {
      log.crash();
      log.reopen();
      return log;
    },
    dispose: () => log.close(),
  };
});

async function embedded(
  options: LogSubjectOptions,
  files: StorageFiles,
  directory: string,
  machine?: { files: SimulatedFiles; crash: () => void },
): Promise<LogSubject> {
  const segmentBytesMax = 2_000; // several segments in most tests
  const open = () => openEmbeddedLog({ ...options, directory, files, segmentBytesMax });
  let log = await open();
  const subject = {
    log,
    async reopen() {
      await log.close();
      log = await open();
      return log;
    },
    dispose: () => log.close(),
  };
  if (machine === undefined) return subject;
  return {
    ...subject,
    async crash() {
      machine.crash();
      await log.append([{ type: "heartbeat", time: 0 }]).catch(() => undefined);
      machine.files.restart("torn");
      log = await open();
      return log;
    },
  };
}
