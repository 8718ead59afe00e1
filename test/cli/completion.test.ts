import { execFileSync, spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { commands } from "../../src/cli/commands.ts";
import { EXIT } from "../../src/cli/command.ts";
import { deployment } from "./support.ts";

const { keymend } = deployment({});
const scriptFor = async (shell: string): Promise<string> => (await keymend("completion", shell)).out;

/** What bash itself makes of a line that ends where somebody presses tab. */
async function completed(...words: string[]): Promise<string[]> {
  const said = execFileSync(
    "bash",
    [
      "--norc",
      "-c",
      'eval "$(cat)"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _keymend; printf "%s\\n" "${COMPREPLY[@]}"',
      "keymend",
      "keymend",
      ...words,
    ],
    {
      input: await scriptFor("bash"),
      encoding: "utf8",
    },
  );
  return said.split("\n").filter((line) => line !== "");
}

describe("in bash", () => {
  test.each<[string[], string[]]>([
    [["inc"], ["incidents", "incident"]],
    [["operations", "ca"], ["cancel"]],
    [["operations", "list", "--st"], ["--state"]],
    [["incident", "x", "--fo"], ["--follow"]],
    [["help", "res"], ["resume"]],
    [["completion", "z"], ["zsh"]],
    [["nothing", "x"], []],
  ])("keymend %j is completed to %j", async (words, expected) => {
    expect((await completed(...words)).toSorted()).toEqual(expected.toSorted());
  });
});

describe.each(["zsh", "fish"])("in %s", (shell) => {
  test("has every command and option", async () => {
    const script = await scriptFor(shell);
    for (const { name, options, words = [] } of commands) {
      for (const word of [name, ...words]) expect(script).toContain(word);
      for (const option of Object.keys(options))
        expect(script).toMatch(shell === "zsh" ? new RegExp(`--${option}\\[`) : new RegExp(`-l ${option} `));
    }
  });

  test.skipIf(spawnSync(shell, ["--version"]).status !== 0)("is understood by the shell", async () => {
    const said = spawnSync(shell, ["-c", shell === "zsh" ? 'autoload -U compinit; compinit -D; eval "$(cat)"' : "cat | source"], {
      input: await scriptFor(shell),
      encoding: "utf8",
    });
    expect(said).toMatchObject({ status: 0, stderr: "" });
  });
});

test("every command has an example that names it, and what it takes", () => {
  for (const { name, examples } of commands) {
    expect(examples.length).toBeGreaterThan(0);
    expect(examples.some(({ run }) => run.includes(`keymend ${name}`))).toBe(true);
  }
});

test("another shell is none, and JSON holds the script", async () => {
  expect((await keymend("completion", "tcsh")).code).toBe(EXIT.usage);
  expect((await keymend("completion")).code).toBe(EXIT.usage);
  expect(JSON.parse((await keymend("completion", "fish", "--json")).out)).toMatchObject({ shell: "fish" });
});
