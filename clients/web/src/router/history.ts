/** The browser's address bar: follows links of this page without loading it anew, and hears the back button. */
import { pathOf, routeOf } from './route';
import type { Route } from './route';

export interface Router {
  go(route: Route, how?: 'replace'): void;
}

export function startRouter(went: (route: Route) => void): Router {
  const here = (): string => location.pathname + location.search;
  const look = (): void => {
    went(routeOf(here()));
  };
  const go = (path: string, how?: 'replace'): void => {
    if (how === 'replace') {
      if (path === here()) return;
      history.replaceState(null, '', path);
    } else if (path !== here()) history.pushState(null, '', path);
    window.scrollTo(0, 0);
    look();
  };
  window.addEventListener('popstate', look);
  document.addEventListener('click', (event) => {
    const path = innerPath(event);
    if (path === null) return;
    event.preventDefault();
    go(path);
  });
  look();
  return {
    go: (route, how) => {
      go(pathOf(route), how);
    },
  };
}

/** The path of a plain click on a link to this page's own screens. */
function innerPath(event: MouseEvent): string | null {
  const isPlain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
  const link = event.target instanceof Element ? event.target.closest('a') : null;
  if (!isPlain || event.defaultPrevented || link === null || link.target !== '') return null;
  if (link.origin !== window.location.origin || link.hash !== '') return null;
  return routeOf(link.pathname).at === 'nowhere' ? null : link.pathname;
}
