import { describe, expect, test } from "vitest";
import { readCommand } from "../../../sandbox/play/cli.ts";
import { UsageError } from "../../../sandbox/play/flags.ts";
import { stories } from "../../../sandbox/stories/index.ts";
import { listing, listingText } from "../../../sandbox/stories/listing.ts";

const read = (...args: string[]) => readCommand(args, stories);

describe("npm start", () => {
  test("without flags plays role-removed in its grace phase and stays up", () => {
    expect(read("play")).toMatchObject({
      command: "play",
      story: { name: "role-removed" },
      phase: "grace",
      seed: 7,
      once: false,
      json: false,
    });
  });

  test("takes the story, kind, phase, seed and mode", () => {
    const args = [
      "play",
      "--story",
      "key-expired",
      "--once",
      "--json",
      "--kind",
      "cluster",
      "--phase",
      "revoked",
      "--seed",
      "42",
      "--mode",
      "approve",
    ];
    expect(read(...args)).toMatchObject({
      story: { name: "key-expired" },
      kind: "cluster",
      phase: "revoked",
      seed: 42,
      mode: "approve",
      once: true,
      json: true,
    });
  });

  test("lists", () => {
    expect(read("play", "--list", "--json")).toEqual({ command: "list", json: true });
  });
});

describe("npm run sandbox", () => {
  test("heals unless another mode is said", () => {
    expect(read("serve", "--json")).toEqual({ command: "serve", seed: 7, mode: "heal", json: true, settings: {} });
    expect(read("serve", "--mode", "observe", "--seed", "9")).toEqual({
      command: "serve",
      seed: 9,
      mode: "observe",
      json: false,
      settings: {},
    });
  });

  test.each([
    { args: [], size: undefined },
    { args: ["--vaults", "100"], size: { vaults: 100, databases: 10 } },
    { args: ["--vaults", "4", "--databases", "3"], size: { vaults: 4, databases: 3 } },
  ])("an estate of any size: $args", ({ args, size }) => {
    expect(read("serve", ...args)).toMatchObject({ size });
  });

  test.each([
    ["--vaults", "3"],
    ["--vaults", "many"],
    ["--databases", "3"],
    ["--vaults", "9", "--databases", "0"],
  ])("there is no estate of %s %s", (...args) => {
    expect(() => read("serve", ...args)).toThrow(UsageError);
  });

  test("knows no stories", () => {
    expect(() => read("serve", "--story", "role-removed")).toThrow(UsageError);
  });
});

describe("app settings for the sandbox", () => {
  const names = ["KEYMEND_MODE", "KEYMEND_CAUSES", "KEYMEND_EXPIRY_LEAD"];
  const serveWith = (...args: string[]) => readCommand(["serve", ...args], stories, names);

  test("may be given again and again, and hold anything", () => {
    expect(serveWith("--setting", "KEYMEND_CAUSES=a=b,c", "--setting=KEYMEND_EXPIRY_LEAD=P10D")).toMatchObject({
      command: "serve",
      settings: { KEYMEND_CAUSES: "a=b,c", KEYMEND_EXPIRY_LEAD: "P10D" },
    });
    expect(serveWith("--setting", "KEYMEND_CAUSES=")).toMatchObject({ settings: { KEYMEND_CAUSES: "" } });
    expect(serveWith()).toMatchObject({ settings: {} });
  });

  test("an unknown name is refused with the nearest, and what is none with the form", () => {
    expect(() => serveWith("--setting", "KEYMEND_EXPIRY_LEAF=P1D")).toThrow(/Did you mean 'KEYMEND_EXPIRY_LEAD'\? They are:/);
    expect(() => serveWith("--setting", "KEYMEND_QQQQ=1")).toThrow(/called 'KEYMEND_QQQQ'\. They are:/);
    expect(() => serveWith("--setting", "KEYMEND_MODE")).toThrow(/--setting is NAME=VALUE, not 'KEYMEND_MODE'/);
  });
});

describe("a mistake is answered with the choices", () => {
  const table: [string, string[], RegExp][] = [
    [
      "an unknown story, with the nearest names",
      ["--story", "role-remved"],
      /'role-remved'; the nearest are 'role-removed', .*--list names all/,
    ],
    ["one that is short of a word", ["--story", "vault"], /the nearest are 'vault-/],
    ["a name like none of them", ["--story", "qqqqqqqq"], /^no story is called 'qqqqqqqq'; --list names all \d+$/],
    ["no name", ["--story", ""], /^--story needs the name of a story; --list names all \d+$/],
    ["an unknown flag", ["--fast"], /--fast[^]*the flags are --list, --story/],
    ["a word that is no flag", ["role-removed"], /role-removed/],
    ["a seed that is no number", ["--seed", "abc"], /--seed is a whole number .* not 'abc'/],
    ["a negative seed", ["--seed=-1"], /not '-1'/],
    ["an unknown kind", ["--kind", "database"], /--kind is one of account, cluster, not 'database'/],
    ["an unknown phase", ["--phase", "later"], /--phase is one of grace, revoked/],
    ["an unknown mode", ["--mode", "auto"], /--mode is one of observe, approve, heal/],
    ["a kind that the story does not have", ["--story", "key-rotated-pinned", "--kind", "account"], /is about cluster, not account/],
    ["a phase that the story does not have", ["--story", "nothing-wrong", "--phase", "revoked"], /has the phase grace, not revoked/],
    ["a flag without its value", ["--story"], /--story/],
  ];
  test.each(table)("%s", (_name, args, message) => {
    expect(() => read("play", ...args)).toThrow(UsageError);
    expect(() => read("play", ...args)).toThrow(message);
  });
});

describe("the list", () => {
  test("says for every story what others rely on", () => {
    for (const entry of listing(stories)) {
      expect(Object.keys(entry)).toEqual(["story", "kinds", "phases", "causes", "outcome"]);
    }
  });

  test("gives each phase an outcome, and a dash to those that do not apply", () => {
    expect(listing(stories)).toContainEqual({
      story: "nothing-wrong",
      kinds: ["account", "cluster"],
      phases: ["grace"],
      causes: [],
      outcome: { grace: "NoChangeNeeded", revoked: "-" },
    });
    for (const { name, phases, outcome } of stories) expect([name, ...Object.keys(outcome)]).toEqual([name, ...phases]);
  });

  test("names every story with its title for people", () => {
    for (const { name, title } of stories) expect(listingText(stories)).toMatch(new RegExp(`${name} +${title.slice(0, 20)}`));
  });

  test("names no story twice", () => {
    expect(new Set(stories.map(({ name }) => name)).size).toBe(stories.length);
  });
});
