/**
 * Tells people and machines. What is to be told is written down first, so that no receiver that is away loses it; it is sent from there, by
 * whoever comes by. A receiver's failure is nobody else's: nothing here fails for it. At least once: each message has an id.
 */
import {
  afterFailure,
  asSending,
  bundlesDue,
  type Channel,
  CHANNELS,
  type Letter,
  lettersFor,
  type Pace,
  type Sent,
  tellsPeople,
} from "../domain/telling/letters.ts";
import type { News } from "../domain/telling/news.ts";
import { SECOND } from "../domain/time.ts";
import type { Log } from "../log.ts";

type Kept = Letter & { row: { key: string; etag: string } };

export type TellerDeps = {
  letters: {
    likeToldAt: (like: string) => Promise<string | null>;
    put: (id: string, letters: readonly Letter[], at: string, like: string | null) => Promise<boolean>;
    list: () => Promise<Kept[]>;
    keep: (letter: Kept) => Promise<Kept | undefined>;
    drop: (letter: Kept) => Promise<void>;
    bury: (letter: Kept, at: string) => Promise<void>;
  };
  /** Those that are set. */
  channels: Partial<Record<Channel, (bundle: readonly News[]) => Promise<Sent>>>;
  pace: Pace;
  /** Settings whose reference to a secret is not resolved: their channels are not set. */
  unresolved: readonly string[];
  now: () => Date;
};

/** Both throw a TransientError where the storage does not answer, and for nothing else that a receiver does. */
export type Teller = {
  /** Writes down who is to be told; news that was put before is none. What is written down for the first time, of all that is. */
  put: (news: readonly News[]) => Promise<News[]>;
  /** Sends what is due. */
  deliver: (log: Log) => Promise<void>;
  /** The same, and says who can't be told at all. */
  round: (log: Log) => Promise<void>;
};

/** For one channel; what is left goes out with the next. */
const MOST_AT_ONCE = 50;
/** For one channel too, as a look may be waiting: a receiver that takes its time over each would hold it up for many minutes. */
const SENDING_FOR_MS = 30 * SECOND;

/** Of a mistake of this program, or a setting that nothing can be made of. Its own words may hold the address, what kind it is does not. */
const kindOf = (error: unknown): string =>
  error instanceof Error ? [error.name, ...("code" in error ? [String(error.code)] : [])].join(" ") : typeof error;

export function createTeller({ letters, channels, pace, unresolved, now }: TellerDeps): Teller {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the keys of channels are channels
  const set = Object.keys(channels) as Channel[];
  const at = (): string => now().toISOString();

  async function settle(letter: Kept, sent: Sent, log: Log): Promise<void> {
    if (sent.ok) return letters.drop(letter);
    const { letter: tried, dead } = afterFailure(letter, sent, at());
    const { channel, news, tries, failure } = tried;
    const fields = {
      channel,
      vaultId: news.about,
      incidentId: news.incidentId,
      tries,
      text: `${news.title}: ${channel} was not told: ${failure}`,
    };
    if (!dead) {
      log.warn("notTold", fields);
      await letters.keep(tried);
      return;
    }
    log.error("deadLetter", { ...fields, text: `${fields.text}; given up` });
    await letters.bury(tried, at());
  }

  async function sendBy(channel: Channel, bundle: readonly Kept[], log: Log): Promise<Sent> {
    const tell = channels[channel];
    if (!tell) return { ok: false, why: "the channel is not set any more", retryAfterMs: null };
    try {
      return await tell(bundle.map(({ news }) => news));
    } catch (error) {
      const why = `nothing could be sent: ${kindOf(error)}`;
      log.error("channelFailed", { channel, text: `${channel}: ${why}` });
      return { ok: false, why, retryAfterMs: null };
    }
  }

  /** Whether the receiver took it. */
  async function send(bundle: readonly Kept[], log: Log): Promise<boolean> {
    const own: Kept[] = [];
    for (const letter of bundle) {
      const claimed = await letters.keep(asSending(letter, at()));
      if (claimed) own.push(claimed);
    }
    const [first] = own;
    // Somebody else has it, or the channel was taken out of the settings: it waits until it is there again, or dies.
    if (!first) return true;
    const sent = await sendBy(first.channel, own, log);
    for (const letter of own) await settle(letter, sent, log);
    return sent.ok;
  }

  /** One after the other; who is away is asked once, and the rest keeps its turn. */
  async function sendAll(bundles: readonly Kept[][], log: Log): Promise<void> {
    const until = now().getTime() + SENDING_FOR_MS;
    for (const bundle of bundles.slice(0, MOST_AT_ONCE)) if (now().getTime() >= until || !(await send(bundle, log))) return;
  }

  const deliver = async (log: Log): Promise<void> => {
    if (set.length === 0) return;
    const due = bundlesDue(await letters.list(), at(), pace);
    await Promise.all(
      CHANNELS.map((channel) =>
        sendAll(
          due.filter(([first]) => first!.channel === channel),
          log,
        ),
      ),
    );
  };

  return {
    put: async (news) => {
      const put: News[] = [];
      for (const one of news) {
        if (set.length === 0 && !one.isLogged) continue;
        const likeToldAt = one.weight === "soon" ? await letters.likeToldAt(one.like) : null;
        const own = lettersFor(one, set, at(), likeToldAt);
        if (await letters.put(one.id, own, at(), tellsPeople(own) ? one.like : null)) put.push(one);
      }
      return put;
    },
    deliver,
    round: async (log) => {
      for (const name of unresolved)
        log.error("channelLost", { text: `${name}: its reference to a secret is not resolved, so nobody is told by it` });
      await deliver(log);
    },
  };
}
