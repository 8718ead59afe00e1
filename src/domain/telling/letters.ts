/**
 * Who is told, when, and what becomes of it where they can't be reached. A letter is one piece of news for one channel. Machines hear all,
 * one by one and at once; people hear what presses at once, and the rest together, outside of quiet hours.
 */
import { DAY, HOUR, MINUTE, toIso, toMs } from "../time.ts";
import type { News } from "./news.ts";
import { isQuiet, type QuietHours } from "./quiet-hours.ts";

export const CHANNELS = ["topic", "webhook", "teams", "mail"] as const;
export type Channel = (typeof CHANNELS)[number];

const PEOPLE: readonly Channel[] = ["teams", "mail"];

export type Letter = {
  channel: Channel;
  news: News;
  since: string;
  tries: number;
  /** Not sent before. */
  nextAt: string;
  /** Why the last try came to nothing; null before one did. */
  failure: string | null;
};

/** Whether people hear of it: what they were not told of is told them when it comes again. */
export const tellsPeople = (letters: readonly Letter[]): boolean => letters.some(({ channel }) => PEOPLE.includes(channel));

/** What people were told of already within this is no news to them. */
const REPEAT_MS = DAY;

/** likeToldAt: when something like it was last told; null where that is long ago. */
export function lettersFor(news: News, channels: readonly Channel[], at: string, likeToldAt: string | null): Letter[] {
  const isRepeat = likeToldAt !== null && toMs(at) - toMs(likeToldAt) < REPEAT_MS;
  const forPeople = news.weight === "now" || (news.weight === "soon" && !isRepeat);
  return channels
    .filter((channel) => forPeople || !PEOPLE.includes(channel))
    .map((channel) => ({ channel, news, since: at, tries: 0, nextAt: at, failure: null }));
}

export type Pace = { digestMs: number; quietHours: QuietHours | null };

const waits = ({ channel, news }: Letter): boolean => PEOPLE.includes(channel) && news.weight !== "now";

/** Of one digest: what a card or a mail holds. */
export const MOST_IN_A_DIGEST = 20;

/** What goes out now: each bundle is one message. */
export function bundlesDue<T extends Letter>(letters: readonly T[], now: string, { digestMs, quietHours }: Pace): T[][] {
  const due = letters.filter(({ nextAt }) => toMs(nextAt) <= toMs(now)).toSorted((a, b) => toMs(a.since) - toMs(b.since));
  const alone = due.filter((letter) => !waits(letter)).map((letter) => [letter]);
  if (isQuiet(toMs(now), quietHours)) return alone;
  const together = PEOPLE.flatMap((channel) => {
    const own = due.filter((letter) => letter.channel === channel && waits(letter));
    const [oldest] = own;
    return oldest && toMs(now) - toMs(oldest.since) >= digestMs ? [own.slice(0, MOST_IN_A_DIGEST)] : [];
  });
  return [...alone, ...together];
}

/** How a try has ended. why: without the address, which may hold a secret. */
export type Sent = { ok: true } | { ok: false; why: string; retryAfterMs: number | null };

/** For so long a receiver may be away. */
export const GIVE_UP_AFTER_MS = DAY;

/** While it is being sent nobody else sends it; where whoever sends it dies, it is sent again after this. */
export const SENDING_MS = 5 * MINUTE;

export const asSending = <T extends Letter>(letter: T, now: string): T => ({ ...letter, nextAt: toIso(toMs(now) + SENDING_MS) });

/** 1, 2, 4 ... minutes, an hour at most, or as long as the receiver asks for, within reason. */
const nextTryAfterMs = (tries: number, askedMs: number | null): number => {
  const own = Math.min(MINUTE * 2 ** Math.min(tries - 1, 10), HOUR);
  return Math.max(own, Math.min(askedMs ?? 0, 6 * HOUR));
};

/** As it stands after a try that came to nothing; dead: it is not sent again. */
export function afterFailure<T extends Letter>(letter: T, failure: Extract<Sent, { ok: false }>, now: string) {
  const tries = letter.tries + 1;
  const tried = { ...letter, tries, failure: failure.why, nextAt: toIso(toMs(now) + nextTryAfterMs(tries, failure.retryAfterMs)) };
  return { letter: tried, dead: toMs(now) - toMs(letter.since) >= GIVE_UP_AFTER_MS };
}
