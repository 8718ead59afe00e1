/** What the pages say to type is there to be typed. What they say to the Azure CLI is read by its own parser (test/e2e/guides.test.ts). */
import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { COMMON } from "../../src/cli/command.ts";
import { commands } from "../../src/cli/commands.ts";
import { type Said, saidLines } from "../support/command-lines.ts";

const { scripts, bin } = JSON.parse(readFileSync("package.json", "utf8")) as {
  scripts: Record<string, string>;
  bin: Record<string, string>;
};
const NPM_ITSELF = ["ci", "install", "start", "test"];
const said = saidLines();

/** Every call of it, wherever in a line it stands, as its first words. */
function calls(program: string): (Said & { words: string[] })[] {
  const begin = new RegExp(String.raw`(?:^|[;&|(] ?)${program} ([^;&|)]*)`, "g");
  return said.flatMap((one) => [...one.line.matchAll(begin)].map(([, rest]) => ({ ...one, words: rest!.trim().split(/\s+/) })));
}

test("npm has each script", () => {
  const asked = calls("npm").map(({ page, line, words }) => {
    const [first = "", second = ""] = words.filter((word) => !word.startsWith("--"));
    return { page, line, name: first === "run" ? second : first, isScript: first === "run" };
  });
  expect(asked.length).toBeGreaterThan(40);
  expect(asked.filter(({ name, isScript }) => !(isScript ? name in scripts : NPM_ITSELF.includes(name)))).toEqual([]);
});

test("node and vitest are given files that are there", () => {
  const files = [...calls("node"), ...calls("npx vitest run")].flatMap(({ page, words }) =>
    words.filter((word) => /^(?:bench|test|scripts|dist)\//.test(word)).map((file) => ({ page, file })),
  );
  expect(files.length).toBeGreaterThan(5);
  // A fresh clone has not built.
  const isBuilt = (file: string): boolean => Object.values(bin).includes(file);
  expect(files.filter(({ file }) => !existsSync(file) && !isBuilt(file))).toEqual([]);
});

test("keymend has each command, with its options", () => {
  const known = new Map(commands.map((command) => [command.name, command]));
  const asked = calls("keymend").filter(({ words }) => !words[0]!.startsWith("--") && !words.includes("of"));
  expect(asked.length).toBeGreaterThan(15);
  expect(asked.filter(({ words }) => !known.has(words[0]!)).map(({ line }) => line)).toEqual([]);
  const options = asked.flatMap(({ words, line }) =>
    words.filter((word) => word.startsWith("--")).map((word) => ({ line, command: words[0]!, option: word.slice(2).split("=")[0]! })),
  );
  expect(options.filter(({ command, option }) => !(option in { ...COMMON, ...known.get(command)!.options }))).toEqual([]);
});
