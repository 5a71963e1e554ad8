import { describe, expect, test } from "vitest";

import { existsSync, writeFileSync } from "node:fs";

import { demangle } from "../../sim/profile/demangle.ts";
import {
  parsePerfMap,
  perfMapPath,
  readCodeName,
  takePerfMap,
} from "../../sim/profile/perf-map.ts";
import { parseMaps } from "../../sim/profile/proc.ts";
import { shortPath } from "../../sim/profile/short-path.ts";
import { makeSymboliser } from "../../sim/profile/symbolise.ts";

describe("V8's map of generated code", () => {
  const map = parsePerfMap(
    [
      "1000 100 JS:~early /app/a.js:1:1",
      "1080 100 JS:*late /app/b.js:2:2", // used the place again
      "5000 10 Builtin:Something",
      "not a line",
      "6000 0 Empty",
    ].join("\n"),
  );

  test.each([
    [0x1000, "JS:~early /app/a.js:1:1"],
    [0x107f, "JS:~early /app/a.js:1:1"],
    [0x1080, "JS:*late /app/b.js:2:2"],
    [0x10ff, "JS:*late /app/b.js:2:2"], // both cover it: the later one is right
    [0x117f, "JS:*late /app/b.js:2:2"],
    [0x1180, null],
    [0x0fff, null],
    [0x500f, "Builtin:Something"],
    [0x6000, null],
  ])("address %i is %s", (address, name) => {
    expect(map.lookup(address)).toBe(name);
  });

  test("a short entry does not hide a long one that began before it", () => {
    const nested = parsePerfMap("2000 10 small\n1000 2000 big\n2800 8 other");
    expect(nested.lookup(0x2804)).toBe("other");
    expect(nested.lookup(0x2900)).toBe("big");
  });

  test("tier marks are not part of the name", () => {
    for (const mark of ["", "~", "^", "+", "*", "*'"]) {
      expect(readCodeName(`JS:${mark}main /app/x.js:10:14`)).toEqual({
        name: "main",
        file: "/app/x.js",
        line: 10,
        isJavaScript: true,
      });
    }
    expect(readCodeName("JS:~ file:///app/x.mjs:3:1")).toMatchObject({
      name: "(anonymous)",
      file: "/app/x.mjs",
    });
    expect(readCodeName("JS:^emit node:events:465:44")).toMatchObject({
      name: "emit",
      file: "node:events",
      line: 465,
    });
    expect(readCodeName("JS:*get size /app/x.js:1:2")).toMatchObject({ name: "get size" });
    expect(readCodeName("Builtins_LoadIC")).toMatchObject({
      name: "Builtins_LoadIC",
      isJavaScript: false,
    });
  });

  test("is removed from the disk once it is read", () => {
    const pid = 4_100_000 + process.pid; // above the largest possible process id
    writeFileSync(perfMapPath(pid), "1000 10 JS:~f /a.js:1:1\n");
    expect(takePerfMap(pid).entries).toBe(1);
    expect(existsSync(perfMapPath(pid))).toBe(false);
    expect(takePerfMap(pid).entries).toBe(0);
  });
});

describe("C++ names", () => {
  // Expected values as GNU c++filt prints them, without arguments and template parameters.
  test.each([
    ["_ZN4node5StartEiPPc", "node::Start"],
    ["_ZNK2v86String6LengthEv", "v8::String::Length"],
    [
      "_ZN2v88internal12_GLOBAL__N_16InvokeEPNS0_7IsolateE",
      "v8::internal::(anonymous namespace)::Invoke",
    ],
    ["_ZN4node11ReqWrapBaseC2EPNS_11EnvironmentE", "node::ReqWrapBase::ReqWrapBase"],
    ["_ZN4node7FSReqCBD0Ev", "node::FSReqCB::~FSReqCB"],
    ["_Z3fooi", "foo"],
    ["_ZNSt6vectorIiSaIiEE9push_backEOi", "std::vector::push_back"],
    ["_ZN1AILb1ELi3EE3runEv", "A::run"],
    ["uv_run", "uv_run"],
    ["_ZThn8_N1A1fEv", "_ZThn8_N1A1fEv"], // not understood: left as it is
  ])("%s is %s", (symbol, name) => {
    expect(demangle(symbol)).toBe(name);
  });
});

describe("frames", () => {
  const maps = [
    "00400000-00500000 r-xp 00001000 08:01 42                         /usr/bin/absent-binary",
    "7f0000000000-7f0000001000 r-xp 00000000 00:00 0 ",
    "7f0000002000-7f0000003000 rw-p 00000000 00:00 0                  [stack]",
    "7ffd00000000-7ffd00002000 r-xp 00000000 00:00 0                  [vdso]",
    "7f1000000000-7f1000001000 r-xp 00000000 08:01 7                  /lib/x86_64-linux-gnu/libc.so.6 (deleted)",
  ].join("\n");
  const symbolise = makeSymboliser({
    mappings: parseMaps(maps),
    code: parsePerfMap(
      "7f0000000100 40 JS:*handler /srv/app/node_modules/p/lib/x.js:7:1\n7f0000000140 40 Builtins_Foo",
    ),
    base: "/srv/app",
  });
  const stack = (user: number[], kernel: string[] = []) =>
    symbolise({ timeNs: 1, process: 1, thread: 1, user, kernel });

  test("only executable mappings count", () => {
    expect(parseMaps(maps).map((one) => one.path)).toEqual([
      "/usr/bin/absent-binary",
      "",
      "[vdso]",
      "/lib/x86_64-linux-gnu/libc.so.6",
    ]);
  });

  test("generated code gets its name, file and line; the machine's folders are cut off", () => {
    expect(stack([0x7f0000000110]).frames[0]).toMatchObject({
      name: "handler x.js:7",
      type: "js",
      file: "node_modules/p/lib/x.js",
      line: 7,
      known: "symbol",
    });
    expect(shortPath("/srv/app/src/a.js", "/srv/app")).toBe("src/a.js");
    expect(shortPath("/home/somebody/b.js", "/srv/app")).toBe("b.js");
    expect(shortPath("node:events", "/srv/app")).toBe("node:events");
  });

  test("a return address belongs to the call before it", () => {
    // 0x…140 is the first byte of the next function: as a leaf it is that function.
    expect(stack([0x7f0000000140]).frames[0]!.name).toBe("Builtins_Foo");
    expect(stack([0x7f0000000110, 0x7f0000000140]).frames[1]!.name).toBe("handler x.js:7");
  });

  test("a binary that cannot be read leaves the module's name; nothing leaves [unknown]", () => {
    expect(stack([0x400100]).frames[0]).toMatchObject({ name: "[absent-binary]", known: "module" });
    expect(stack([0x7ffd00000010]).frames[0]).toMatchObject({ name: "[vdso]", known: "module" });
    expect(stack([0x7f0000000f00]).frames[0]).toMatchObject({ name: "[unknown]", known: "none" });
    expect(stack([0x10]).frames[0]).toMatchObject({ name: "[unknown]", known: "none" });
  });

  test("kernel frames come first; a stack is complete when it ends where threads begin", () => {
    const whole = stack([0x7f0000000110, 0x7f1000000010], ["tcp_sendmsg", "do_syscall_64"]);
    expect(whole.frames.map((one) => one.type)).toEqual(["kernel", "kernel", "js", "native"]);
    expect(whole.complete).toBe(true);
    expect(stack([0x7f0000000110]).complete).toBe(false);
    expect(stack([], ["tcp_sendmsg"]).complete).toBe(false);
  });
});
