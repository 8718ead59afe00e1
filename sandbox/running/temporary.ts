/** A folder for temporary files that goes with the process, also where it ends without waiting: on a second Ctrl-C. */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export type TemporaryFolder = { readonly path: string; remove(): void };

const PASSES = 100;
const PAUSE_MS = 20;

const pause = (): void => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);

/**
 * Until it is gone, which one pass may not achieve: whoever else writes there is ending too, but perhaps a moment later. A file that is new
 * fails the pass, and one that is gone before its turn ends it without a word, as rmSync takes that for the folder's own absence.
 */
export function removeFolder(path: string): void {
  for (let pass = 1; existsSync(path); pass++) {
    if (pass > 1) pause();
    try {
      rmSync(path, { recursive: true, force: true });
    } catch (error) {
      if (pass >= PASSES) throw error;
    }
  }
}

/** within: the folder to make it in; the system's for temporary files where none is given. */
export function createTemporaryFolder(prefix: string, within: string = tmpdir()): TemporaryFolder {
  // Made and remembered in one go: no signal may find a folder that nobody would remove.
  const path = mkdtempSync(join(within, prefix));
  const atExit = (): void => removeFolder(path);
  process.once("exit", atExit);
  return {
    path,
    remove() {
      removeFolder(path);
      process.removeListener("exit", atExit);
    },
  };
}
