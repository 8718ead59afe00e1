import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { causes } from "../../src/domain/causes/index.ts";
import { stepSpecs } from "../../src/domain/steps/index.ts";

const PAGES = [
  "README.md",
  "CONTRIBUTING.md",
  "SECURITY.md",
  "docs/architecture.md",
  "docs/security.md",
  "src/domain/README.md",
  "sandbox/README.md",
  "sandbox/host/README.md",
];

const textOf = (page: string): string => readFileSync(page, "utf8");
const inCode = (page: string): string[] => [...textOf(page).matchAll(/`([^`\s]+)`/g)].map((match) => match[1]!);
/** A file, a folder with a slash in it, or a name with a star. */
const isPath = (word: string): boolean =>
  /^[\w.*/-]+\.(?:ts|cjs|mjs|json|bicep|md)$|^(?:src|sandbox|test|docs|infra|scripts)\/[\w/.*-]+$/.test(word);

/** Named from the root; beside its files a page names them shortly, and the page on the whole those of a room it is in just then. */
function isThere(page: string, word: string): boolean {
  const beside = dirname(page);
  const short = beside === "." ? [] : [join(beside, "**", word)];
  const rooms = page === "docs/architecture.md" ? [join("src/azure", word), join("src/domain/turn", word)] : [];
  return [word, ...short, ...rooms].some((path) => globSync(path).length > 0);
}

describe.each(PAGES)("%s", (page) => {
  test("names files that exist", () => {
    const named = inCode(page).filter((word) => isPath(word));
    expect(named.filter((word) => !isThere(page, word))).toEqual([]);
  });

  test("links to what exists", () => {
    const links = [...textOf(page).matchAll(/\]\((?!https:|#)([^)#]+)(?:#[^)]*)?\)/g)].map((match) => match[1]!);
    expect(links.filter((link) => !existsSync(join(dirname(page), link)))).toEqual([]);
  });
});

test.each(["src/domain", "sandbox"])("the page of %s has a row for each room", (folder) => {
  const rooms = globSync("*/", { cwd: folder }).map((room) => room.replace(/\/$/, ""));
  const page = textOf(`${folder}/README.md`);
  expect(rooms.length).toBeGreaterThan(5);
  expect(rooms.filter((room) => !new RegExp(String.raw`^\| \`${room}\` +\|`, "m").test(page))).toEqual([]);
});

test.each([
  ["src/domain/causes/index.ts", causes.map(({ code }) => code)],
  ["src/domain/steps/index.ts", Object.keys(stepSpecs)],
])("%s, to which the page on the order points, has them all in that order", (file, names) => {
  const listed = [...textOf(file).matchAll(/^ {2}([A-Z]\w+): \w+,$/gm)].map((match) => match[1]!);
  expect(listed).toEqual(names);
});

test("a workflow's actions are pinned by their commit, with the version beside it", () => {
  const uses = globSync(".github/workflows/*.yml").flatMap((file) => [...textOf(file).matchAll(/uses: (.+)$/gm)].map((match) => match[1]!));
  expect(uses.length).toBeGreaterThan(0);
  for (const use of uses) expect(use).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
});

test("the code uses every word that the README explains", () => {
  const words = [...textOf("README.md").matchAll(/^\| \*\*(\w+)\*\*/gm)].map((match) => match[1]!);
  const code = globSync("{src,sandbox}/**/*.ts").map((file) => textOf(file).toLowerCase());
  expect(words.length).toBeGreaterThan(15);
  expect(words.filter((word) => !code.some((text) => text.includes(word)))).toEqual([]);
});

test("the workflow runs on the oldest Node that the README promises, and on newer ones", () => {
  const [, promised] = /^Node (\d+) or later/m.exec(textOf("README.md"))!;
  const [, listed] = /^ +node: \[(.+)\]$/m.exec(textOf(".github/workflows/ci.yml"))!;
  const versions = listed!.split(",").map(Number);
  expect(Math.min(...versions)).toBe(Number(promised));
  expect(versions.length).toBeGreaterThan(1);
});
