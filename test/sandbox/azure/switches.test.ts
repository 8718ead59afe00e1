import { readFileSync } from "node:fs";
import { glob, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

/** Rows of the switches' table: name, default. */
function documented(): Map<string, string> {
  const table = readFileSync(`${ROOT}docs/sandbox.md`, "utf8").split("## Switches")[1] ?? "";
  const rows = table.matchAll(/^\| `([\w.]+)` +\| (?:`([^`]*)`|\(none\)) +\|/gm);
  return new Map([...rows].map(([, name = "", value]) => [name, value ?? ""]));
}

/** Switches stand in files named so, as `name: default,` under a comment; one that stands alone is read as `switches["name"] === true`. */
async function inSources(): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for await (const file of glob("sandbox/azure/**/*.ts", { cwd: ROOT })) {
    const text = await readFile(`${ROOT}${file}`, "utf8");
    if (file.endsWith("switches.ts")) {
      for (const [, name = "", value = ""] of text.matchAll(/^ {2}"?([\w.]+)"?: ([^\n]+),$/gm)) found.set(name, plain(value));
    }
    for (const [, name = ""] of text.matchAll(/switches\["([\w.]+)"\] === true/g)) found.set(name, "false");
  }
  return found;
}

/** `30_000`, `24 * 3_600_000` and `"replace"` as people write them. */
function plain(value: string): string {
  const factors = value.replaceAll("_", "").split(" * ");
  if (!factors.every((factor) => /^\d+$/.test(factor))) return value.replaceAll('"', "");
  return String(factors.map(Number).reduce((product, factor) => product * factor));
}

test("every switch of the simulated Azure is documented with its default, and no other", async () => {
  const sources = await inSources();

  expect(sources.size).toBeGreaterThan(30);
  expect(Object.fromEntries(documented())).toEqual(Object.fromEntries(sources));
});
