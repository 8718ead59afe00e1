/** Plays the examples that are due and hands each on as soon as it is there, so that an interruption loses only what is being played. */
import { type Example, type Examples, isCurrent, type MarkOf, playExamples, SEED, type Showing, showings } from "./examples.ts";

/** Sandboxes at once. */
const WORKERS = 2;

type Due = {
  markOf: MarkOf;
  /** Which of them; those alone that were played with other code, unless told otherwise. */
  isDue?: (showing: Showing) => boolean;
  play?: (showing: Showing) => Promise<Example[]>;
  say?: (line: string) => void;
  /** With all that is there by now: what is not played yet is as it was. */
  save?: (played: Examples) => Promise<void>;
};

/** In the order of the causes; of those that are no more nothing is left. */
function inOrder({ playedWith, examples }: Examples): Examples {
  const only = <T>(kept: Record<string, T>): Record<string, T> =>
    Object.fromEntries(showings.flatMap(({ code }) => (kept[code] === undefined ? [] : [[code, kept[code]]])));
  return { seed: SEED, playedWith: only(playedWith), examples: only(examples) };
}

export async function playDue(kept: Examples, { markOf, isDue, play = playExamples, say, save }: Due): Promise<Examples> {
  let all = inOrder(kept);
  const waiting = showings.filter(isDue ?? ((showing) => !isCurrent(kept, showing, markOf)));
  const work = async (): Promise<void> => {
    for (let showing = waiting.shift(); showing; showing = waiting.shift()) {
      const { code } = showing;
      say?.(`${code}: ${showing.story.name}`);
      const played = await play(showing);
      const { playedWith, examples } = all;
      all = inOrder({
        seed: SEED,
        playedWith: { ...playedWith, [code]: markOf(showing, played) },
        examples: { ...examples, [code]: played },
      });
      await save?.(all);
    }
  };
  await Promise.all(Array.from({ length: WORKERS }, work));
  return all;
}
