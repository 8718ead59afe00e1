/**
 * What time it is in Azure: deadlines, expiries and times of change come from there, and an app whose own clock is wrong must not
 * judge them by it. Every answer says the time in its `Date` header (RFC 9110, section 6.6.1), to the second.
 */
export type AzureClock = {
  /** Azure's time as far as an answer has told it; the machine's before the first one. */
  now: () => Date;
  /** date: the header. sentAt, receivedAt: by the machine's clock, when the request began and the answer was there. */
  hear: (date: string | undefined, sentAt: number, receivedAt: number) => void;
};

const RESOLUTION_MS = 1000;

export function createAzureClock(machine: () => number): AzureClock {
  let offset = 0;
  return {
    now: () => new Date(machine() + offset),
    hear(date, sentAt, receivedAt) {
      const said = Date.parse(date ?? "");
      if (Number.isNaN(said)) return;
      // Any time between question and answer is explained by the way; what lies outside is the machine's mistake.
      offset = said > receivedAt ? said - receivedAt : said + RESOLUTION_MS < sentAt ? said + RESOLUTION_MS - sentAt : 0;
    },
  };
}
