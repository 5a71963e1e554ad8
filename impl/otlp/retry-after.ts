/**
 * The header Retry-After (RFC 9110, section 10.2.3): a whole number of seconds, or a date in one of
 * the three forms that HTTP recipients must read.
 */

const days = "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)";
const longDays = "(?:Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday)";
const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const month = `(${months.join("|")})`;
const time = "(\\d{2}):(\\d{2}):(\\d{2})";

/** RFC 9110, section 5.6.7: IMF-fixdate, RFC 850 date, asctime date. */
const imf = new RegExp(`^${days}, (\\d{2}) ${month} (\\d{4}) ${time} GMT$`);
const rfc850 = new RegExp(`^${longDays}, (\\d{2})-${month}-(\\d{2}) ${time} GMT$`);
const asctime = new RegExp(`^${days} ${month} ([ \\d]\\d) ${time} (\\d{4})$`);

/**
 * Milliseconds to wait from `nowMs` (milliseconds since the epoch) on, at least 0; null when the
 * value is no legal Retry-After, which a client treats as absent.
 */
export function retryAfterMs(value: string, nowMs: number): number | null {
  const text = value.trim();
  if (/^\d+$/.test(text)) {
    const ms = Number(text) * 1000;
    return Number.isSafeInteger(ms) ? ms : null;
  }
  const dateMs = httpDateMs(text, nowMs);
  return dateMs === null ? null : Math.max(0, dateMs - nowMs);
}

function httpDateMs(text: string, nowMs: number): number | null {
  let match = imf.exec(text);
  if (match !== null) return moment(match[3]!, match[2]!, match[1]!, match.slice(4));
  match = rfc850.exec(text);
  if (match !== null) {
    return moment(fullYear(match[3]!, nowMs), match[2]!, match[1]!, match.slice(4));
  }
  match = asctime.exec(text);
  if (match !== null) return moment(match[6]!, match[1]!, match[2]!, match.slice(3, 6));
  return null;
}

/** A year of two digits that seems to lie more than 50 years ahead is the last one with these digits. */
function fullYear(digits: string, nowMs: number): string {
  const now = new Date(nowMs).getUTCFullYear();
  const year = now - (now % 100) + Number(digits);
  return String(year > now + 50 ? year - 100 : year);
}

function moment(year: string, name: string, day: string, clock: readonly string[]): number | null {
  const [hour, minute, second] = clock.map(Number) as [number, number, number];
  const dayNumber = Number(day);
  const monthIndex = months.indexOf(name);
  if (hour > 23 || minute > 59 || second > 60) return null;
  const date = new Date(Date.UTC(Number(year), monthIndex, dayNumber, hour, minute, second));
  // the 31st of June is no date
  return date.getUTCMonth() === monthIndex || second === 60 ? date.getTime() : null;
}
