/** Where a command prints. Colours only for a person who wants them: no-color.org, and not where the output goes into a file. */

export type Colour = "red" | "yellow" | "green" | "dim" | "bold";

export type Terminal = {
  /** What was asked for, a line. */
  print: (text: string) => void;
  /** What is said beside it, a line: on stderr, so that the output can be piped. */
  say: (text: string) => void;
  /** A line on stderr that takes the place of the one before, where a person watches; else nothing. */
  progress: (text: string) => void;
  paint: (colour: Colour, text: string) => string;
};

type Stream = { isTTY?: boolean; write: (text: string) => unknown };
type Env = Readonly<Record<string, string | undefined>>;

const CODES: Record<Colour, string> = { red: "31", yellow: "33", green: "32", dim: "2", bold: "1" };

/** What Azure answers may hold anything; a terminal must not be told what to do by it, nor to show it in another order (Unicode, TR 9). */
// oxlint-disable-next-line no-control-regex -- these are the ones to take out
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;
export const plain = (text: string): string => text.replaceAll(CONTROL, "");

/** NO_COLOR counts where it is not empty (no-color.org); FORCE_COLOR is for logs of CI that show colours. */
function isColoured({ isTTY = false }: Stream, env: Env): boolean {
  if (env["NO_COLOR"]) return false;
  if (env["FORCE_COLOR"]) return env["FORCE_COLOR"] !== "0";
  return isTTY && env["TERM"] !== "dumb";
}

export function createTerminal(out: Stream, err: Stream, env: Env): Terminal {
  const coloured = isColoured(out, env);
  const watched = err.isTTY === true && env["TERM"] !== "dumb";
  let isUnderWay = false;
  const clear = (): void => {
    if (isUnderWay) err.write("\r\u001B[2K");
    isUnderWay = false;
  };
  return {
    print: (text) => {
      clear();
      out.write(`${text}\n`);
    },
    say: (text) => {
      clear();
      err.write(`${text}\n`);
    },
    progress: (text) => {
      if (!watched) return;
      clear();
      err.write(text);
      isUnderWay = true;
    },
    paint: (colour, text) => (coloured ? `\u001B[${CODES[colour]}m${text}\u001B[0m` : text),
  };
}
