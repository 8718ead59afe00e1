/** Every story: each file of this folder that exports one, by its name. One more story is one more file. */
import { readdirSync } from "node:fs";
import type { Story } from "./story.ts";

const isStory = (value: unknown): value is Story => typeof value === "object" && value !== null && "break" in value && "outcome" in value;

async function storiesIn(file: string): Promise<Story[]> {
  const exported: Record<string, unknown> = await import(new URL(file, import.meta.url).href);
  return Object.values(exported).filter((value) => isStory(value));
}

const files = readdirSync(new URL(".", import.meta.url)).filter((name) => name.endsWith(".ts") && name !== "index.ts");
const found = (await Promise.all(files.map(storiesIn))).flat();

export const stories: readonly Story[] = found.toSorted((a, b) => (a.name < b.name ? -1 : 1));
