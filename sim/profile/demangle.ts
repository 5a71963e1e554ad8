/**
 * Readable names for C++ symbols (Itanium ABI): the nested name without arguments and template
 * parameters, which is all that a flame graph has room for. What it does not understand stays as it
 * is; profiles keep the full symbol besides.
 */

const abbreviations: Readonly<Record<string, string>> = {
  St: "std",
  Sa: "std::allocator",
  Sb: "std::basic_string",
  Ss: "std::string",
  Si: "std::istream",
  So: "std::ostream",
  Sd: "std::iostream",
};

export function demangle(symbol: string): string {
  if (!symbol.startsWith("_Z")) return symbol;
  const reader = new Reader(symbol);
  reader.at = 2;
  const name = reader.name();
  return name === "" ? symbol : name;
}

class Reader {
  at = 0;
  private readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  /** The function's own name; of a local name, the enclosing function's. */
  name(): string {
    if (this.text[this.at] === "Z") {
      this.at += 1;
      return this.name();
    }
    if (this.text[this.at] !== "N") return this.parts(1);
    this.at += 1;
    while (/[rVKRO]/.test(this.text[this.at] ?? "")) this.at += 1; // const, &, && of a method
    return this.parts(Number.POSITIVE_INFINITY);
  }

  private parts(most: number): string {
    const parts: string[] = [];
    while (parts.length < most) {
      const two = this.text.slice(this.at, this.at + 2);
      const length = /^\d+/.exec(this.text.slice(this.at, this.at + 6))?.[0];
      if (length !== undefined) {
        this.at += length.length;
        const part = this.text.slice(this.at, this.at + Number(length));
        this.at += Number(length);
        parts.push(part.startsWith("_GLOBAL__N") ? "(anonymous namespace)" : part);
      } else if (abbreviations[two] !== undefined) {
        this.at += 2;
        parts.push(abbreviations[two]);
        if (two === "St" && most === 1) most = 2;
      } else if (/^[CD][0-5]$/.test(two) && parts.length > 0) {
        parts.push(`${two.startsWith("D") ? "~" : ""}${parts.at(-1)!}`);
        break;
      } else if (this.text[this.at] === "L") {
        this.at += 1; // internal linkage
      } else if (this.text[this.at] === "I" && this.skipTemplate()) {
        continue;
      } else {
        break; // operators, lambdas, substitutions: the prefix is good enough
      }
    }
    return parts.join("::");
  }

  /** Skips balanced template arguments of the common shapes; false when it cannot. */
  private skipTemplate(): boolean {
    let at = this.at + 1;
    let depth = 1;
    while (depth > 0 && at < this.text.length) {
      const length = /^\d+/.exec(this.text.slice(at, at + 6))?.[0];
      const letter = this.text[at]!;
      if (length !== undefined && this.text[at - 1] !== "L") at += length.length + Number(length);
      else if (letter === "I" || letter === "N" || letter === "X" || letter === "J") {
        depth += 1;
        at += 1;
      } else if (letter === "L") {
        const literal = /^L[a-z]n?\d+E/.exec(this.text.slice(at)); // a constant such as Lb1E
        if (literal === null) {
          depth += 1;
          at += 1;
        } else at += literal[0].length;
      } else if (letter === "E") {
        depth -= 1;
        at += 1;
      } else at += letter === "S" ? 2 : 1;
    }
    if (depth > 0) return false;
    this.at = at;
    return true;
  }
}
