/** `keymend completion`: what a shell needs to complete commands and options, made from what the commands say of themselves. */
import { COMMON, type Command, EXIT, meant, UsageError } from "./command.ts";

const optionsOf = ({ options }: Command) => Object.entries({ ...options, ...COMMON });
const flags = (command: Command): string =>
  optionsOf(command)
    .map(([name]) => `--${name}`)
    .join(" ");
const wordsOf = ({ words = [] }: Command): string => words.join(" ");
/** In single quotes. */
const quoted = (text: string): string => text.replaceAll("'", `'\\''`);

const bash = (commands: readonly Command[]): string =>
  `_keymend() {
  local word=\${COMP_WORDS[COMP_CWORD]} command=\${COMP_WORDS[1]} words=
  if [ "$COMP_CWORD" = 1 ]; then
    words='${commands.map(({ name }) => name).join(" ")} help --version'
  else
    case "$command" in
${commands.map((command) => `      ${command.name}) [ "$COMP_CWORD" = 2 ] && words='${wordsOf(command)} ${flags(command)}' || words='${flags(command)}' ;;`).join("\n")}
      help) words='${commands.map(({ name }) => name).join(" ")}' ;;
    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -o default -F _keymend keymend`;

/** In a description of zsh's. */
const zshText = (text: string): string => quoted(text).replaceAll(/[[\]:]/g, String.raw`\$&`);

const zsh = (commands: readonly Command[]): string =>
  `#compdef keymend
_keymend() {
  local -a commands=(
${commands.map(({ name, does }) => `    '${name}:${zshText(does)}'`).join("\n")}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  case $words[2] in
${commands
  .map((command) => {
    const options = optionsOf(command).map(
      ([name, { type, does }]) => `'--${name}[${zshText(does)}]${type === "string" ? `:${name}:_files` : ""}'`,
    );
    const words = wordsOf(command);
    return `    ${command.name}) _arguments ${words === "" ? "" : `'2:what:(${words})' `}${options.join(" ")} '*:: :_files' ;;`;
  })
  .join("\n")}
    help) _describe command commands ;;
  esac
}
compdef _keymend keymend`;

const fish = (commands: readonly Command[]): string =>
  [
    "complete -c keymend -f",
    ...commands.flatMap((command) => {
      const { name, does, words = [] } = command;
      const on = `-n '__fish_seen_subcommand_from ${name}'`;
      return [
        `complete -c keymend -n __fish_use_subcommand -a ${name} -d '${quoted(does)}'`,
        ...words.map((word) => `complete -c keymend ${on} -a ${word}`),
        ...optionsOf(command).map(
          ([option, { short, type, does: what }]) =>
            `complete -c keymend ${on} -l ${option}${short === undefined ? "" : ` -s ${short}`}${type === "string" ? " -r" : ""} -d '${quoted(what)}'`,
        ),
      ];
    }),
  ].join("\n");

const SHELLS: Record<string, (commands: readonly Command[]) => string> = { bash, zsh, fish };

/** all: every command, this one among them. */
export const completion = (all: () => readonly Command[]): Command => ({
  name: "completion",
  does: "Prints what completes commands and options in a shell",
  takes: Object.keys(SHELLS).join("|"),
  words: Object.keys(SHELLS),
  about: "",
  options: {},
  examples: [
    { run: 'eval "$(keymend completion bash)"', does: "in ~/.bashrc" },
    { run: 'eval "$(keymend completion zsh)"', does: "in ~/.zshrc, after compinit" },
    { run: "keymend completion fish > ~/.config/fish/completions/keymend.fish", does: "once" },
  ],
  run: async ({ positionals, terminal, values }) => {
    const [shell = "", ...more] = positionals;
    const make = meant(SHELLS, shell);
    if (!make || more.length > 0) throw new UsageError(`for which shell? one of ${Object.keys(SHELLS).join(", ")}`);
    const script = make(all());
    terminal.print(values["json"] === true ? JSON.stringify({ shell, script }) : script);
    return EXIT.nothing;
  },
});
