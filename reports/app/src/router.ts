/** The address bar is the only navigation state, so every view can be linked to. */

import { useEffect, useState } from "preact/hooks";

import { formatRoute, parseRoute, type Route } from "../../view/keys.ts";

const changed = "verify:navigate";

export function useRoute(): Route {
  const [route, setRoute] = useState(() => parseRoute(location.hash));
  useEffect(() => {
    const read = (): void => setRoute(parseRoute(location.hash));
    addEventListener("hashchange", read);
    addEventListener(changed, read);
    return () => {
      removeEventListener("hashchange", read);
      removeEventListener(changed, read);
    };
  }, []);
  return route;
}

/** `replace` for moves within a page (steps, typing), so that "back" leaves the page. */
export function navigate(route: Route, replace = false): void {
  const hash = formatRoute(route);
  if (hash === location.hash) return;
  if (replace) {
    history.replaceState(null, "", hash);
    dispatchEvent(new Event(changed));
  } else {
    location.hash = hash;
  }
}
