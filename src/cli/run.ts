/** One call of the command line: finds the command, reads its options, runs it. Anything that goes wrong is said on stderr, never swallowed. */
import { parseArgs } from "node:util";
import { COMMON, type Command, EXIT, type Given, UsageError } from "./command.ts";
import { helpOf, helpOfAll, nearest } from "./help.ts";

export type Call = Pick<Given, "terminal" | "env"> & { args: readonly string[]; commands: readonly Command[]; version: string };

function parse({ name, options, takes }: Command, args: readonly string[]): Pick<Given, "values" | "positionals"> {
  const all = Object.entries({ ...options, ...COMMON }).map(
    ([option, { type, short, multiple }]) => [option, { type, ...(short && { short }), ...(multiple && { multiple }) }] as const,
  );
  try {
    return parseArgs({ args: [...args], options: Object.fromEntries(all), strict: true, allowPositionals: takes !== "" });
  } catch (error) {
    // parseArgs says in its message what is wrong with an argument.
    if (error instanceof TypeError && "code" in error) throw new UsageError(`keymend ${name}: ${error.message}`);
    throw error;
  }
}

function find(word: string, commands: readonly Command[]): Command {
  const command = commands.find(({ name }) => name === word);
  if (command) return command;
  const meant = nearest(word, commands);
  throw new UsageError(`there is no command '${word}'${meant === undefined ? "" : `: did you mean keymend ${meant}?`}`);
}

async function runOne({ args, commands, version, terminal, env }: Call): Promise<number> {
  const [word, ...rest] = args;
  if (word === "--version") terminal.print(version);
  else if (word === undefined || word === "--help" || word === "-h" || (word === "help" && rest[0] === undefined))
    terminal.print(helpOfAll(commands));
  else if (word === "help") terminal.print(helpOf(find(rest[0]!, commands)));
  else {
    const command = find(word, commands);
    const { values, positionals } = parse(command, rest);
    if (values["help"] !== true) return command.run({ values, positionals, terminal, env });
    terminal.print(helpOf(command));
  }
  return word === undefined ? EXIT.usage : EXIT.nothing;
}

export async function run(call: Call): Promise<number> {
  try {
    return await runOne(call);
  } catch (error) {
    if (error instanceof UsageError) {
      call.terminal.say(error.message);
      call.terminal.say("keymend --help says what there is.");
      return EXIT.usage;
    }
    call.terminal.say(error instanceof Error ? (error.stack ?? error.message) : String(error));
    return EXIT.failed;
  }
}
