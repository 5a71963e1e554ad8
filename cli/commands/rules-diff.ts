/** What differs between two payloads, one line for each leaf. */

/** Attribute lists are told by key. */
function leaves(value: unknown, place: string, out: Map<string, string>): void {
  if (Array.isArray(value)) {
    for (const [i, item] of value.entries()) {
      const key: unknown = (item as { key?: unknown } | null)?.key;
      if (typeof key === "string")
        leaves((item as { value?: unknown }).value ?? {}, `${place}["${key}"]`, out);
      else leaves(item, `${place}[${i}]`, out);
    }
  } else if (typeof value === "object" && value !== null && !isValue(value)) {
    for (const [key, inner] of Object.entries(value)) {
      leaves(inner, place === "" ? key : `${place}.${key}`, out);
    }
  } else out.set(place, JSON.stringify(value));
}

/** A value of OTLP is shown whole. */
const isValue = (value: object): boolean => {
  const names = Object.keys(value);
  return names.length === 0 || (names.length === 1 && /^[a-z]+Value$/.test(names[0]!));
};

export function differences(before: unknown, after: unknown): string[] {
  const [old, now] = [new Map<string, string>(), new Map<string, string>()];
  leaves(before, "", old);
  leaves(after, "", now);
  const lines: string[] = [];
  for (const [place, value] of old) {
    const other = now.get(place);
    if (other === value) continue;
    lines.push(other === undefined ? `- ${place} ${value}` : `~ ${place} ${value} -> ${other}`);
  }
  for (const [place, value] of now) if (!old.has(place)) lines.push(`+ ${place} ${value}`);
  return lines.length === 0 ? ["unchanged"] : lines;
}
