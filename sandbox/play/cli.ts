/** The command line: flags in, a command or a clear complaint out. Reads nothing else and prints nothing. */
import type { Kind, Size } from "../estate/estate.ts";
import type { Mode } from "../running/sandbox.ts";
import type { StoryPhase, Story } from "../stories/story.ts";
import { type Flags, flagsOf, KINDS, numberOf, oneOf, PHASES, storyOf, text, UsageError } from "./flags.ts";
import { nearestOf } from "./nearest.ts";

export type PlayCommand = {
  command: "play";
  story: Story;
  kind: Kind | undefined;
  phase: StoryPhase;
  seed: number;
  mode: Mode | undefined;
  once: boolean;
  json: boolean;
};
export type Command =
  | PlayCommand
  | { command: "list"; json: boolean }
  | { command: "serve"; seed: number; mode: Mode; json: boolean; settings: Record<string, string>; size: Size | undefined }
  | { command: "help"; text: string };

const MODES = ["observe", "approve", "heal"] as const;
const DEFAULT_STORY = "role-removed";
const DEFAULT_SEED = 7;

const HELP = `npm start                                  plays the story ${DEFAULT_STORY} and stays up
npm start -- --list [--json]               all stories
npm start -- --story NAME [--kind account|cluster] [--phase grace|revoked] [--seed N]
             [--mode observe|approve|heal] [--once] [--json]
npm run sandbox -- [--json] [--mode observe|approve|heal] [--seed N] [--setting NAME=VALUE ...]
             [--vaults N] [--databases N]  no story: serves until a signal; --vaults is how many there are in all, --databases
                                           how many each has beyond the sample's (10);
                                           --setting is an app setting, as in local.settings.sample.json`;

const seedOf = (value: string | undefined): number => numberOf("seed", value, 0) ?? DEFAULT_SEED;

function playOf(args: string[], stories: readonly Story[]): Command {
  const flags = flagsOf(args, {
    list: "boolean",
    story: "string",
    once: "boolean",
    json: "boolean",
    kind: "string",
    phase: "string",
    seed: "string",
    mode: "string",
    help: "boolean",
  });
  if (flags["help"]) return { command: "help", text: HELP };
  const json = flags["json"] === true;
  const seed = seedOf(text(flags["seed"]));
  const kind = oneOf("kind", text(flags["kind"]), KINDS);
  const phase = oneOf("phase", text(flags["phase"]), PHASES);
  const mode = oneOf("mode", text(flags["mode"]), MODES);
  if (flags["list"]) return { command: "list", json };
  const story = storyOf(text(flags["story"]) ?? DEFAULT_STORY, stories);
  if (kind && !story.kinds.includes(kind))
    throw new UsageError(`the story '${story.name}' is about ${story.kinds.join(" or ")}, not ${kind}`);
  const chosen = phase ?? story.phases[0] ?? "grace";
  if (!story.phases.includes(chosen)) {
    throw new UsageError(`the story '${story.name}' has the phase ${story.phases.join(" or ")}, not ${chosen}`);
  }
  return { command: "play", story, kind, phase: chosen, seed, mode, once: flags["once"] === true, json };
}

/** `NAME=VALUE`, each with a name that the app has. */
function settingsOf(given: Flags[string], known: readonly string[]): Record<string, string> {
  const settings: Record<string, string> = {};
  for (const setting of Array.isArray(given) ? given.map(String) : []) {
    const [, name, value = ""] = /^([^=]+)=(.*)$/s.exec(setting) ?? [];
    if (name === undefined) throw new UsageError(`--setting is NAME=VALUE, not '${setting}'`);
    if (!known.includes(name)) {
      const [nearest] = nearestOf(name, known, 1);
      const meant = nearest === undefined ? "" : ` Did you mean '${nearest}'?`;
      throw new UsageError(`no app setting is called '${name}'.${meant} They are:\n  ${known.join("\n  ")}`);
    }
    settings[name] = value;
  }
  return settings;
}

function serveOf(args: string[], settingNames: readonly string[]): Command {
  const flags = flagsOf(args, {
    json: "boolean",
    seed: "string",
    mode: "string",
    setting: "strings",
    vaults: "string",
    databases: "string",
    help: "boolean",
  });
  if (flags["help"]) return { command: "help", text: HELP };
  const mode = oneOf("mode", text(flags["mode"]), MODES) ?? "heal";
  return {
    command: "serve",
    seed: seedOf(text(flags["seed"])),
    mode,
    json: flags["json"] === true,
    settings: settingsOf(flags["setting"], settingNames),
    size: sizeOf(text(flags["vaults"]), text(flags["databases"])),
  };
}

/** The sample estate has this many. */
const FEWEST_VAULTS = 4;

function sizeOf(vaults: string | undefined, databases: string | undefined): Size | undefined {
  const count = numberOf("vaults", vaults, FEWEST_VAULTS);
  const each = numberOf("databases", databases, 1);
  if (count === undefined && each !== undefined) throw new UsageError("--databases needs --vaults: how many vaults have so many");
  return count === undefined ? undefined : { vaults: count, databases: each ?? 10 };
}

/** args: what follows the script's name; the first word may say `play` (the default) or `serve`. settingNames: the app settings that there are. */
export function readCommand(args: readonly string[], stories: readonly Story[], settingNames: readonly string[] = []): Command {
  const [first, ...rest] = args;
  if (first === "serve") return serveOf(rest, settingNames);
  return playOf(first === "play" ? rest : [...args], stories);
}
