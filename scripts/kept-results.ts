/** What plays that take hours keep in a file, and how they are asked for. */
import { readFile } from "node:fs/promises";
import { UsageError } from "../sandbox/play/flags.ts";

/** Undefined where nothing was kept yet. */
export async function readKept<T>(file: string): Promise<T | undefined> {
  let kept: string;
  try {
    kept = await readFile(file, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
  const results: T = JSON.parse(kept);
  return results;
}

/** What can't be done ends the program with words and no trace. */
export function orUsage<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(error.message);
    process.exit(2);
  }
}
