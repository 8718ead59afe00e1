/** A folder for temporary files that goes with the process, also where it ends without waiting: on a second Ctrl-C. */
import { mkdtempSync, rmSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

export type TemporaryFolder = { readonly path: string; remove(): Promise<void> };

/** What still writes into it is ending too, but may do so a moment later. */
const REMOVAL = { recursive: true, force: true, maxRetries: 5 };

/** within: the folder to make it in; the system's for temporary files where none is given. */
export function createTemporaryFolder(prefix: string, within: string = tmpdir()): TemporaryFolder {
  // Made and remembered in one go: no signal may find a folder that nobody would remove.
  const path = mkdtempSync(join(within, prefix));
  const atExit = (): void => rmSync(path, REMOVAL);
  process.once("exit", atExit);
  return {
    path,
    async remove() {
      await rm(path, REMOVAL);
      process.removeListener("exit", atExit);
    },
  };
}
