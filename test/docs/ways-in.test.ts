import { existsSync, globSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { type Route, ROUTES, templateOf } from "../../src/api/routes.ts";
import { causes } from "../../src/domain/causes/index.ts";
import { stepSpecs } from "../../src/domain/steps/index.ts";
import { digestOfDashboard } from "../../scripts/digest.ts";

type Rule = { name: string; from: { path?: string }; to: { pathNot?: string } };
const RULES = "../../.dependency-cruiser.mjs";

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

/** What `npm run build` makes is there for whoever has built: a fresh clone has not. */
const isBuilt = (word: string): boolean => word.startsWith("dist/");

/** Named from the root; beside its files a page names them shortly, and the page on the whole those of a room it is in just then. */
function isThere(page: string, word: string): boolean {
  const beside = dirname(page);
  const short = beside === "." ? [] : [join(beside, "**", word)];
  const rooms = page === "docs/architecture.md" ? [join("src/azure", word), join("src/domain/turn", word)] : [];
  return [word, ...short, ...rooms].some((path) => globSync(path).length > 0);
}

describe.each(PAGES)("%s", (page) => {
  test("names files that exist", () => {
    const named = inCode(page).filter((word) => isPath(word) && !isBuilt(word));
    expect(named.filter((word) => !isThere(page, word))).toEqual([]);
  });

  test("links to what exists", () => {
    // What lies above the root is GitHub's own: the releases of whichever repository shows the page.
    const links = [...textOf(page).matchAll(/\]\((?!https:|#|\.\.\/\.\.\/releases\/)([^)#]+)(?:#[^)]*)?\)/g)].map((match) => match[1]!);
    expect(links.filter((link) => !existsSync(join(dirname(page), link)))).toEqual([]);
  });
});

test("the README shows each picture that is taken (npm run pictures), small enough for a page", () => {
  const shown = [...textOf("README.md").matchAll(/!\[[^\]]+\]\((docs\/pictures\/[^)]+)\)/g)].map((match) => match[1]!);
  expect(shown.toSorted()).toEqual(globSync("docs/pictures/*.jpg").toSorted());
  expect(shown.length).toBe(2);
  expect(shown.filter((picture) => statSync(picture).size > 150_000)).toEqual([]);
});

test("the pictures are of the dashboard as it is (npm run pictures)", async () => {
  expect(textOf("docs/pictures/taken-of.txt").trim()).toBe(await digestOfDashboard());
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

test("each line of the causes' registry has above it why it stands there", () => {
  const lines = textOf("src/domain/causes/index.ts").split("\n");
  const unsaid = lines.filter((line, i) => /^ {2}[A-Z]\w+: \w+,$/.test(line) && !lines[i - 1]!.startsWith("  // "));
  expect(unsaid).toEqual([]);
});

test.each(["src/domain", "sandbox", "sandbox/azure"])("the floor plan of %s is that of the import rules", async (house) => {
  const { forbidden } = ((await import(RULES)) as { default: { forbidden: Rule[] } }).default;
  const below = (room: string, allowed: string): string => {
    const rooms = allowed.split("(")[1]!.split(")")[0]!.split("|");
    return rooms.filter((one) => one !== room).join(", ") || "nothing";
  };
  const plan = forbidden.flatMap(({ from, to }) => {
    const room = new RegExp(`^\\^${house}/([\\w-]+)/$`).exec(from.path ?? "")?.[1];
    return room === undefined || !to.pathNot?.startsWith(`^${house}/(${room}`) ? [] : [[room, below(room, to.pathNot)]];
  });
  const table = textOf("docs/architecture.md").split(`| Room of \`${house}\``)[1]!.split("\n\n")[0]!;
  const rows = [...table.matchAll(/^\| `([\w-]+)` +\| (.+?) +\|$/gm)].map(([, room, cell]) => [room, cell!.replaceAll("`", "")]);
  expect(plan.length).toBeGreaterThan(5);
  expect(rows, "the floor plan in docs/architecture.md is that of .dependency-cruiser.mjs").toEqual(plan);
});

describe("the operations", () => {
  const routes: Route[] = Object.values(ROUTES);
  const told = ({ roles, isOpen = false }: Route): string => {
    const names = roles.map((role) => role.replace("Keymend.", ""));
    return `${isOpen ? "none, or " : ""}${names.length === 3 ? "any" : names.join(", ")}`;
  };

  test("have a row in the README, with the roles that the code asks for", () => {
    const rows = [...textOf("README.md").matchAll(/^\| (`(?:GET|POST) \/api.*?) +\| (.+?) +\| /gm)];
    const rowOf = (route: Route) => rows.find(([, calls]) => calls!.split(/[`?]/).includes(`${route.method} /api${templateOf(route)}`));
    expect(routes.map((route) => [route.path, rowOf(route)?.[2]])).toEqual(routes.map((route) => [route.path, told(route)]));
  });

  test("stand in the guide", () => {
    const guide = textOf("docs/operate.md");
    const called = (route: string): RegExp => new RegExp(`(?:\\$API|/api)/${route.replace("{id}", "(?:<id>|\\{id\\})")}["\`?]`);
    expect(routes.map((route) => templateOf(route).slice(1)).filter((path) => !called(path).test(guide))).toEqual([]);
  });
});

describe("the updates", () => {
  const renovate = JSON.parse(textOf("renovate.json")) as {
    customManagers: { managerFilePatterns: string[]; matchStrings: string[] }[];
    packageRules: { matchDepTypes?: string[]; enabled?: boolean }[];
  };
  const inSlashes = (pattern: string): RegExp => new RegExp(/^\/(.+)\/$/.exec(pattern)![1]!);

  test("find the version that a script names", () => {
    const found = renovate.customManagers.flatMap(({ managerFilePatterns, matchStrings }) => {
      const files = globSync("{scripts,src,test}/**/*.ts").filter((file) => managerFilePatterns.some((one) => inSlashes(one).test(file)));
      return files.flatMap((file) => matchStrings.flatMap((one) => [...textOf(file).matchAll(new RegExp(one, "g"))]));
    });
    expect(found.map(({ groups }) => groups!["currentValue"])).toEqual([expect.stringMatching(/^\d+\.\d+\.\d+$/)]);
    expect(found.map(({ input }) => input)).toEqual([expect.stringContaining("Azure.Bicep.CommandLine")]);
  });

  test("leave the range of Node that is promised", () => {
    expect(renovate.packageRules.filter(({ matchDepTypes }) => matchDepTypes?.includes("engines"))).toMatchObject([{ enabled: false }]);
  });
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

/** Azure's own things, by Azure's own names; and names that say what they are as any reader reads them. */
const AZURES =
  "AccessPolicy AccountFeatures DefaultIdentity DeletedVault DenyAssignment LiveVault RoleAssignment RoleDefinition RolePermission ServiceStatus SubscriptionEvents VaultNetwork";
const PLAIN =
  "AuditEntry AuditInput AuditRow Before Default Grant Held Holder KeyScope LiftedTag Loses Mend Next OperationName OperationParams OutcomeCode Pace Progress Repair Rotation Sent StepName StepParams TargetKind TicketPlace Weight WishOnRecord WishState WishStatus Wished WriteRequest";

test("the README explains every name of the shapes that all rooms share", () => {
  const words = new Set(
    [
      ...textOf("README.md")
        .split("## Words")[1]!
        .matchAll(/\*\*(\w+)\*\*|_(\w+)_/g),
    ].map(([, bold, italic]) => bold ?? italic!),
  );
  const files = ["cause", "facts", "incident", "plan", "wish", "arming", "steps/step", "telling/news", "telling/letters", "doctor/gap"];
  const shapes = [...files.map((file) => textOf(`src/domain/${file}.ts`)), textOf("src/storage/audit-chain.ts")].join("\n");
  const names = [...shapes.matchAll(/^export type (\w+)/gm)].map(([, name]) => name!);
  // Its last word tells what a thing is: a PlannedStep is a step.
  const isExplained = (name: string): boolean => words.has(/[A-Z][a-z]*$/.exec(name)![0].toLowerCase());
  expect(names.length).toBeGreaterThan(40);
  expect(names.filter((name) => !isExplained(name)).toSorted()).toEqual(`${AZURES} ${PLAIN}`.split(" ").toSorted());
});

test("the workflow runs on the oldest Node that the README promises, and on newer ones", () => {
  const [, promised] = /^Node (\d+) or later/m.exec(textOf("README.md"))!;
  const [, listed] = /^ +node: \[(.+)\]$/m.exec(textOf(".github/workflows/ci.yml"))!;
  const versions = listed!.split(",").map(Number);
  expect(Math.min(...versions)).toBe(Number(promised));
  expect(versions.length).toBeGreaterThan(1);
});

test("the README has both set-up commands as they are typed into a fresh clone", () => {
  const lines = readFileSync("README.md", "utf8").split("\n");
  expect(lines).toEqual(expect.arrayContaining(["npm ci && npm start", "npm ci && npm test"]));
});
