import { describe, expect, test } from "vitest";
import { createTerminal, plain } from "../../src/cli/terminal.ts";

function open(isTTY: boolean, env: Record<string, string>) {
  const written: string[] = [];
  const stream = { isTTY, write: (text: string) => void written.push(text) };
  return { written, terminal: createTerminal(stream, stream, env) };
}

describe("colours", () => {
  test.each([
    ["for a person", true, {}, true],
    ["not into a file", false, {}, false],
    ["not where NO_COLOR says so", true, { NO_COLOR: "1" }, false],
    ["an empty NO_COLOR says nothing", true, { NO_COLOR: "" }, true],
    ["NO_COLOR goes before FORCE_COLOR", true, { NO_COLOR: "1", FORCE_COLOR: "1" }, false],
    ["in logs that show them", false, { FORCE_COLOR: "1" }, true],
    ["not where FORCE_COLOR is 0", true, { FORCE_COLOR: "0" }, false],
    ["not on a dumb terminal", true, { TERM: "dumb" }, false],
  ])("%s", (_, isTTY, env, coloured) => {
    expect(open(isTTY, env).terminal.paint("red", "lost")).toBe(coloured ? "\u001B[31mlost\u001B[0m" : "lost");
  });
});

describe("progress", () => {
  test("stands in one line, which what is printed takes the place of", () => {
    const { written, terminal } = open(true, {});
    terminal.progress("1 of 2");
    terminal.progress("2 of 2");
    terminal.print("done");
    terminal.say("and more");
    expect(written).toEqual(["1 of 2", "\r\u001B[2K", "2 of 2", "\r\u001B[2K", "done\n", "and more\n"]);
  });

  test("nobody watches a file", () => {
    const { written, terminal } = open(false, {});
    terminal.progress("1 of 2");
    terminal.print("done");
    expect(written).toEqual(["done\n"]);
  });
});

test("what comes from elsewhere can't speak to the terminal", () => {
  expect(plain("kv\u001B[2J-a\u009B1m\tb\nc\u0007")).toBe("kv[2J-a1m\tb\nc");
  // What is read from right to left shows a name as another (Unicode, TR 9).
  expect(plain("kv-\u202Eazure\u202C\u2067x")).toBe("kv-azurex");
});
