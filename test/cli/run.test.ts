import { describe, expect, test } from "vitest";
import { type Command, EXIT, isOn, text, texts, UsageError } from "../../src/cli/command.ts";
import { run } from "../../src/cli/run.ts";
import { createTerminal } from "../../src/cli/terminal.ts";

const look: Command = {
  name: "look",
  does: "Looks at things",
  takes: "[THING]",
  about: "Writes nothing.",
  options: {
    at: { type: "string", value: "ID", multiple: true, does: "where to look" },
    as: { type: "string", short: "a", does: "how it is told" },
  },
  examples: [{ run: "keymend look --at here", does: "looks here" }],
  run: async (given) => {
    const [thing] = given.positionals;
    if (thing === "wrong") throw new UsageError("there is no such thing");
    if (thing === "broken") throw new Error("Azure does not answer");
    given.terminal.print(JSON.stringify({ thing, at: texts(given, "at"), as: text(given, "as"), json: isOn(given, "json") }));
    return EXIT.warnings;
  },
};
const bare: Command = { ...look, name: "bare", takes: "", about: "", run: async () => EXIT.nothing };

async function call(...args: string[]) {
  const said = { out: "", err: "" };
  const stream = (name: "out" | "err") => ({ write: (words: string) => void (said[name] += words) });
  const env = {};
  const code = await run({
    args,
    commands: [look, bare],
    version: "1.2.3",
    terminal: createTerminal(stream("out"), stream("err"), env),
    env,
  });
  return { code, ...said };
}

describe("the command line", () => {
  test("hands a command what it was given, and ends with its code", async () => {
    const { code, out } = await call("look", "keys", "--at", "a", "--at", "b", "-a", "table", "--json");
    expect({ code, ...JSON.parse(out) }).toEqual({ code: 1, thing: "keys", at: ["a", "b"], as: "table", json: true });
  });

  test("what is not given is not there", async () => {
    expect(JSON.parse((await call("look")).out)).toEqual({ at: [], json: false });
  });

  test.each([
    ["a command that is none, with the one that was meant", ["lok"], "there is no command 'lok': did you mean keymend look?"],
    ["a command that is like none", ["unheard-of"], "there is no command 'unheard-of'\n"],
    ["an option that is none", ["look", "--deep"], "Unknown option '--deep'"],
    ["an option without its value", ["look", "--at"], "'--at <value>' argument missing"],
    ["an argument where none is taken", ["bare", "thing"], "Unexpected argument 'thing'"],
    ["what the command itself does not take", ["look", "wrong"], "there is no such thing"],
  ])("says what is wrong: %s", async (_, args, words) => {
    const { code, out, err } = await call(...args);
    expect({ code, out }).toEqual({ code: EXIT.usage, out: "" });
    expect(err).toContain(words);
    expect(err).toContain("keymend --help");
  });

  test("a failure is told with where it was, and has a code of its own", async () => {
    const { code, err } = await call("look", "broken");
    expect(code).toBe(EXIT.failed);
    expect(err).toContain("Azure does not answer");
  });

  test.each([[["--help"]], [["-h"]], [["help"]]])("%j lists the commands", async (args) => {
    const { code, out } = await call(...args);
    expect(code).toBe(0);
    expect(out).toContain("  look  Looks at things");
    expect(out).toContain("Exit codes: 0 nothing, 1 warnings, 2 trouble");
  });

  test("called with nothing it shows the same, and that this was not enough", async () => {
    expect(await call()).toMatchObject({ code: EXIT.usage, out: (await call("--help")).out });
  });

  test.each([[["look", "--help"]], [["help", "look"]]])("%j shows options and examples", async (args) => {
    const { code, out } = await call(...args);
    expect(code).toBe(0);
    for (const words of [
      "keymend look [THING]",
      "Writes nothing.",
      "keymend look --at here  looks here",
      "--at ID",
      "-a, --as VALUE",
      "--json",
    ])
      expect(out).toContain(words);
  });

  test("a command that says no more of itself has shorter help", async () => {
    expect((await call("bare", "-h")).out).toMatch(/^keymend bare\n\nLooks at things\.\n\nExamples:/);
  });

  test("--version", async () => {
    expect(await call("--version")).toEqual({ code: 0, out: "1.2.3\n", err: "" });
  });
});
