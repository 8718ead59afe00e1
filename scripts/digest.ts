/**
 * What a play rests on, as one digest: while it is the same, the same seed plays the same, and need not be played again. It is taken of the
 * code as it runs, bundled and minified, so that comments, formatting and types are no change: the whole app, since every look asks for
 * every cause; the sandbox without its stories; the story's own file; and the versions of what all of it runs on.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { build, type BuildOptions, transform } from "esbuild";

const STORIES = "sandbox/stories";
const APP = "src/main.ts";
/** The sandbox's own processes, and what plays in them. */
const SANDBOX = ["sandbox/host/main.ts", "sandbox/running/table-server.ts", "sandbox/matrix/run.ts", "sandbox/play/scene.ts"];
/** Neither is bundled: one runs all of it, the other is asked for by its path. */
const RUN_ON = ["node", "azurite"];

const hash = (parts: readonly string[]): string => {
  const sum = createHash("sha256");
  for (const part of parts) sum.update(part).update("\0");
  return sum.digest("hex").slice(0, 20);
};

const SETTINGS = {
  write: false as const,
  bundle: true,
  minify: true,
  legalComments: "none" as const,
  platform: "node" as const,
  format: "esm" as const,
  external: ["@azure/functions-core"],
  logLevel: "error" as const,
} satisfies BuildOptions;

/** All of them in one, each part of it once. */
async function bundleTogether(entries: readonly string[]): Promise<string> {
  // Exported, so that nothing of them counts as unused.
  const contents = entries.map((entry, n) => `export * as entry${n} from "./${entry}";`).join("\n");
  const { outputFiles } = await build({ ...SETTINGS, stdin: { contents, resolveDir: process.cwd(), loader: "ts" } });
  return outputFiles.map(({ text }) => text).join("");
}

/** Each with all that it imports, by the entry's name. */
async function bundleEach(entries: readonly string[]): Promise<Map<string, string>> {
  const named = Object.fromEntries(entries.map((entry, n) => [String(n), entry]));
  const { outputFiles } = await build({ ...SETTINGS, entryPoints: named, outdir: "unused" });
  const textOf = (n: number): string => outputFiles.find(({ path }) => path.endsWith(`/${n}.js`))!.text;
  return new Map(entries.map((entry, n) => [entry, textOf(n)]));
}

function versions(): string[] {
  const lock: { packages: Record<string, { version: string }> } = JSON.parse(readFileSync("package-lock.json", "utf8"));
  return RUN_ON.map((name) => `${name} ${lock.packages[`node_modules/${name}`]!.version}`);
}

/** By a story's file, and whatever else a play is of. */
export type Digest = (storyFile: string, ...more: readonly unknown[]) => string;

export const fileOf = (story: string): string => `${STORIES}/${story}.ts`;

let common: Promise<string> | undefined;

/** What every play rests on; taken once a process. */
async function takeCommon(): Promise<string> {
  return hash([...versions(), await bundleTogether([APP, ...SANDBOX])]);
}

/** storyFiles: all that will be asked for. by: text of more code that every play goes through. */
export async function createDigest(storyFiles: readonly string[], by = ""): Promise<Digest> {
  common ??= takeCommon();
  const [rest, texts, { code }] = await Promise.all([
    common,
    bundleEach([...new Set(storyFiles)]),
    transform(by, { loader: "ts", minify: true }),
  ]);
  return (file, ...more) => hash([rest, code, texts.get(file)!, ...more.map((part) => JSON.stringify(part))]);
}

/** Of the dashboard as it is shown, without the packages that it is made with: while it is the same, so are its pictures. */
export async function digestOfDashboard(): Promise<string> {
  const { outputFiles } = await build({
    ...SETTINGS,
    entryPoints: ["src/dashboard/main.tsx", "src/dashboard/app.css"],
    outdir: "unused",
    platform: "browser",
    packages: "external",
    // The names that minifying gives depend on all that is read, of which most is left out again.
    minify: false,
    minifySyntax: true,
    minifyWhitespace: true,
    jsx: "automatic",
    jsxImportSource: "preact",
  });
  return hash([...outputFiles.map(({ text }) => text), readFileSync("src/dashboard/index.html", "utf8")]);
}
