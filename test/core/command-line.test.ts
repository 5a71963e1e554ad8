import { expect, test } from "vitest";

import { splitCommand } from "../../core/command-line.ts";

test.each([
  ["node app.js", ["node", "app.js"]],
  ["  node   app.js  ", ["node", "app.js"]],
  [`node "my app.js" 'a b'`, ["node", "my app.js", "a b"]],
  [String.raw`node my\ app.js "say \"hi\""`, ["node", "my app.js", 'say "hi"']],
  ["node ''", ["node", ""]],
  ["a $HOME *.js | x", ["a", "$HOME", "*.js", "|", "x"]],
])("%s", (line, words) => {
  expect(splitCommand(line)).toEqual(words);
});

test.each(["", "   ", "node 'app.js"])("%j is refused", (line) => {
  expect(() => splitCommand(line)).toThrow(/command line/);
});
