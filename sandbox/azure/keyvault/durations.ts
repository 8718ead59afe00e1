/** ISO 8601 periods of rotation policies: P30D, P2Y, P6M. */

const PERIOD = /^P(?=\d)(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?$/;

export const isPeriod = (text: string): boolean => PERIOD.test(text);

/** Unix seconds after (sign 1) or before (-1) a time; months and years by the calendar. */
export function shift(seconds: number, period: string, sign: 1 | -1): number {
  const match = PERIOD.exec(period);
  if (!match) throw new Error(`no period: ${period}`);
  const [years, months, weeks, days] = match.slice(1).map((part) => Number(part ?? 0) * sign);
  const date = new Date(seconds * 1000);
  date.setUTCMonth(date.getUTCMonth() + months! + years! * 12);
  return date.getTime() / 1000 + (weeks! * 7 + days!) * 86_400;
}
