import { describe, expect, test } from "vitest";

import { startTool } from "../../sim/profile/tool.ts";

const node = (program: string) => startTool(process.execPath, ["-e", program], {});
const alive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

describe.skipIf(process.platform === "win32")("a tool", () => {
  test("that ends by itself is described", async () => {
    const tool = node("process.stdout.write('hello\\n'); process.exitCode = 3");
    expect(await tool.waitForEnd(20_000)).toMatchObject({ code: 3 });
    expect(tool.describeEnd()).toBe("exit code 3");
    expect(tool.stdoutText()).toBe("hello\n");
    expect(tool.wasKilled()).toBe(false);
  });

  test("that does not exist is described", async () => {
    const tool = startTool("no-such-program-here", []);
    expect(await tool.waitFor(() => false, 20_000)).toBe("ended");
    expect(tool.describeEnd()).toMatch(/ENOENT/);
  });

  test("that lost the first interrupt gets another one", async () => {
    const tool = node(
      `let seen = 0;
       process.on("SIGINT", () => { if (++seen === 2) process.exit(0); });
       setTimeout(() => process.exit(9), 20000); console.log("up")`,
    );
    await tool.waitFor(() => tool.stdoutText().includes("up"), 20_000);
    await tool.interrupt(10_000);
    expect(tool.describeEnd()).toBe("exit code 0");
    expect(tool.wasKilled()).toBe(false);
  });

  test("that ignores interrupts is killed at the deadline", async () => {
    const tool = node(
      `process.on("SIGINT", () => {}); setTimeout(() => process.exit(9), 20000); console.log("up")`,
    );
    await tool.waitFor(() => tool.stdoutText().includes("up"), 20_000);
    await tool.interrupt(700);
    expect(tool.wasKilled()).toBe(true);
    expect(tool.describeEnd()).toBe("signal SIGKILL");
    expect(alive(tool.child.pid!)).toBe(false);
  });

  test("is killed when the run is aborted, also before it began", async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const sleeper = "setTimeout(() => process.exit(9), 20000)";
    const tool = startTool(process.execPath, ["-e", sleeper], { signal });
    controller.abort();
    expect(await tool.waitFor(() => false, 20_000)).toBe("ended");
    const late = startTool(process.execPath, ["-e", sleeper], { signal });
    expect(await late.waitFor(() => false, 20_000)).toBe("ended");
    expect(alive(tool.child.pid!) || alive(late.child.pid!)).toBe(false);
  });

  test("waiting gives up at its deadline", async () => {
    const tool = node("setTimeout(() => {}, 20000)");
    expect(await tool.waitFor(() => false, 50)).toBe("timeout");
    await tool.kill();
    expect(tool.ended()).toBe(true);
  });
});
