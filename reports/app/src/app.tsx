/** The frame: bar with filter and theme, the list of subjects, and the page. */

import { useEffect, useRef, useState } from "preact/hooks";

import type { Result } from "../../../core/index.ts";
import { filterHelp } from "../../view/filter.ts";
import { formatRoute, type Route } from "../../view/keys.ts";
import { tone, verdictSymbol } from "../../view/words.ts";
import type { Model } from "./data.ts";
import { Overview } from "./overview.tsx";
import { resultHref } from "./parts.tsx";
import { ResultPage } from "./result.tsx";
import { navigate, useRoute } from "./router.ts";
import { SubjectPage } from "./subject.tsx";

export function App({ model }: { model: Model }) {
  const route = useRoute();
  const main = useRef<HTMLElement>(null);
  const page =
    route.page === "result" ? `r ${route.key}` : route.page === "subject" ? `m ${route.id}` : "o";
  const first = useRef(true);
  useEffect(() => {
    if (first.current) first.current = false;
    else {
      // A new page: start at its top, and let screen readers begin there.
      scrollTo(0, 0);
      if (document.activeElement?.id !== "filter") main.current?.focus({ preventScroll: true });
    }
  }, [page]);
  useEffect(() => {
    document.title = `${titleOf(model, route)} · verify report`;
  }, [model, route]);
  return (
    <>
      <a
        class="skip"
        href="#main"
        onClick={(event) => {
          event.preventDefault();
          main.current?.focus();
        }}
      >
        Skip to content
      </a>
      <Bar model={model} route={route} />
      <div class="frame">
        <Sidebar model={model} route={route} />
        <main id="main" tabIndex={-1} ref={main}>
          <Page model={model} route={route} />
        </main>
      </div>
    </>
  );
}

function Page({ model, route }: { model: Model; route: Route }) {
  if (route.page === "overview") return <Overview model={model} query={route.query} />;
  if (route.page === "subject") return <SubjectPage model={model} id={route.id} key={route.id} />;
  const result = model.find(route.key);
  if (result === undefined) {
    return (
      <div class="empty">
        <h1>No such result</h1>
        <p>
          This report has no result <code>{route.key}</code>. <a href="#/">Overview</a>
        </p>
      </div>
    );
  }
  return <ResultPage model={model} result={result} step={route.step} key={route.key} />;
}

function titleOf(model: Model, route: Route): string {
  if (route.page === "result") return model.find(route.key)?.title ?? route.key;
  if (route.page === "subject") return model.subject(route.id)?.title ?? route.id;
  const { unexpected } = model.report.summary;
  return unexpected === 0 ? "nothing unexpected" : `${unexpected} unexpected`;
}

const isTyping = (event: KeyboardEvent): boolean =>
  event.target instanceof HTMLInputElement ||
  event.target instanceof HTMLTextAreaElement ||
  event.ctrlKey ||
  event.metaKey ||
  event.altKey;

function Bar({ model, route }: { model: Model; route: Route }) {
  const input = useRef<HTMLInputElement>(null);
  const query = route.page === "overview" ? route.query : "";
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.key === "/" && !isTyping(event)) {
        event.preventDefault();
        input.current?.focus();
      } else if (event.key === "Escape" && document.activeElement === input.current) {
        navigate({ page: "overview", query: "" }, true);
        input.current?.blur();
      }
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
  return (
    <header class="bar">
      <a class="brand" href="#/" aria-label="verify report, overview">
        <svg viewBox="0 0 16 16" aria-hidden="true">
          <path d="M2 8.5 6.5 13 14 3.5" />
        </svg>
        verify
      </a>
      <label class="filter">
        <span class="hidden">Filter results</span>
        <input
          id="filter"
          ref={input}
          type="search"
          placeholder="Filter: s:violated e:prove text   ( / )"
          title={filterHelp}
          value={query}
          autocomplete="off"
          spellcheck={false}
          onInput={(event) =>
            navigate(
              { page: "overview", query: event.currentTarget.value },
              route.page === "overview",
            )
          }
        />
      </label>
      <span class="run muted">
        seed {model.report.seed} · {model.report.tool.name} {model.report.tool.version}
      </span>
      <ThemeButton />
    </header>
  );
}

const themes = ["system", "light", "dark"] as const;

function ThemeButton() {
  const [theme, setTheme] = useState<string>(document.documentElement.dataset["theme"] ?? "system");
  const next = themes[(themes.findIndex((name) => name === theme) + 1) % themes.length] ?? "system";
  const change = (): void => {
    setTheme(next);
    if (next === "system") delete document.documentElement.dataset["theme"];
    else document.documentElement.dataset["theme"] = next;
    try {
      if (next === "system") localStorage.removeItem("verify-theme");
      else localStorage.setItem("verify-theme", next);
    } catch {
      // Storage may be closed to file:// pages; the choice then lasts until the page is left.
    }
  };
  const sign = theme === "light" ? "☀" : theme === "dark" ? "☾" : "◐";
  return (
    <button
      type="button"
      class="theme"
      onClick={change}
      aria-label={`Theme: ${theme}. Switch to ${next}.`}
      title={`Theme: ${theme}`}
    >
      <span aria-hidden="true">{sign}</span> {theme}
    </button>
  );
}

function Sidebar({ model, route }: { model: Model; route: Route }) {
  const current =
    route.page === "subject"
      ? route.id
      : route.page === "result"
        ? model.find(route.key)?.subject
        : undefined;
  const open = route.page === "result" ? model.find(route.key) : undefined;
  return (
    <nav class="side" aria-label="Subjects">
      <a href="#/" class="overview" aria-current={route.page === "overview" ? "page" : undefined}>
        Overview
      </a>
      <ul>
        {model.subjectIds().map((id) => {
          const results = model.resultsOf(id);
          return (
            <li key={id}>
              <a
                href={formatRoute({ page: "subject", id })}
                class="subject"
                aria-current={route.page === "subject" && route.id === id ? "page" : undefined}
              >
                <span class="name">{id}</span>
                <Unexpected results={results} />
              </a>
              {current === id && (
                <ul class="inner">
                  {results.map((result) => (
                    <li key={model.keyOf(result)}>
                      <a
                        href={resultHref(model, result)}
                        aria-current={result === open ? "page" : undefined}
                        title={`${result.verdict}: ${result.title}`}
                      >
                        <span class={`sign ${tone(result)}`} aria-hidden="true">
                          {verdictSymbol[result.verdict]}
                        </span>
                        <span class="hidden">{result.verdict}: </span>
                        <span class="name">
                          <span class="two-lines">{result.title}</span>
                          {result.implementation !== null && (
                            <span class="at">
                              {result.implementation.name.replace(/^(?!@)/, "@ ")}
                            </span>
                          )}
                        </span>
                      </a>
                    </li>
                  ))}
                </ul>
              )}
            </li>
          );
        })}
      </ul>
    </nav>
  );
}

/** How many results of a subject are unexpected; nothing when none is. */
function Unexpected({ results }: { results: readonly Result[] }) {
  const unexpected = results.filter((result) => !result.asExpected);
  if (unexpected.length === 0) return null;
  const loudest = unexpected.some((result) => tone(result) === "bad") ? "bad" : "open";
  return (
    <span class={`count ${loudest}`} title={`${unexpected.length} unexpected`}>
      {unexpected.length}
      <span class="hidden"> unexpected</span>
    </span>
  );
}
