/** Texts measured in UTF-8 bytes, as Go measures them. */

export const utf8Length = (text: string): number => Buffer.byteLength(text);

/**
 * The bytes from `start` to `end`. `whole` moves the end back to the start of a character; without
 * it a character that is cut becomes U+FFFD, where Go keeps the bytes.
 */
export function utf8Slice(text: string, start: number, end: number, whole: boolean): string {
  const bytes = Buffer.from(text);
  let to = Math.max(0, end);
  if (whole) while (to > 0 && to < bytes.length && (bytes[to]! & 0xc0) === 0x80) to--;
  return bytes.subarray(start, to).toString("utf8");
}
