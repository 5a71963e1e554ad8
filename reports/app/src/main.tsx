import { render } from "preact";

import { App } from "./app.tsx";
import { loadModel } from "./data.ts";

const root = document.getElementById("app");

async function start(): Promise<void> {
  const model = await loadModel();
  if (root === null) return;
  document.getElementById("fallback")?.remove();
  render(<App model={model} />, root);
}

start().catch((error: unknown) => {
  // The static summary is better than nothing; the reason is shown above it.
  document.documentElement.classList.remove("js");
  if (root !== null) {
    root.textContent = `The interactive report could not start (${String(error)}). This is the static summary.`;
  }
});
