/** When a row goes, or what was tapped in it, the focus does not fall out of the page with it. */
import type { Attachment } from 'svelte/attachments';

const FOCUSABLE = 'button:not(:disabled), a[href], input:not(:disabled), select, textarea, summary';

/**
 * For a list of rows, its children. What had the focus and is gone hands it to its row, else to the row that took
 * its place, else to the last row, else to the heading of its section.
 */
export const keepFocus: Attachment<HTMLElement> = (list) => {
  let last: { element: Element; row: Element; place: number } | null = null;
  const focused = ({ target }: FocusEvent): void => {
    const row = [...list.children].findIndex((child) => child.contains(target as Node));
    const element = list.children[row];
    last = element === undefined ? null : { element: target as Element, row: element, place: row };
  };
  const changed = (): void => {
    if (last === null || last.element.isConnected) return;
    const isLost = document.activeElement === null || document.activeElement === document.body;
    const { row, place } = last;
    last = null;
    if (!isLost) return;
    if (row.isConnected) focusOn(row);
    else focusOn(list.children[Math.min(place, list.children.length - 1)] ?? headingOf(list));
  };
  // Whoever goes elsewhere by themselves is not called back.
  const left = (): void => {
    queueMicrotask(() => {
      if (last?.element.isConnected === true && document.activeElement !== last.element) last = null;
    });
  };
  const observer = new MutationObserver(changed);
  observer.observe(list, { childList: true, subtree: true });
  list.addEventListener('focusin', focused);
  list.addEventListener('focusout', left);
  return () => {
    observer.disconnect();
    list.removeEventListener('focusin', focused);
    list.removeEventListener('focusout', left);
    // The list went with its last row, and its heading perhaps, too.
    const gone = last?.element;
    queueMicrotask(() => {
      const isLost = document.activeElement === null || document.activeElement === document.body;
      if (gone?.isConnected === false && isLost) focusOn(document.querySelector('h1'));
    });
  };
};

function focusOn(place: Element | null): void {
  if (place === null) return;
  const target = place.querySelector<HTMLElement>(FOCUSABLE) ?? (place as HTMLElement);
  if (!target.matches(FOCUSABLE)) target.tabIndex = -1;
  target.focus({ preventScroll: true });
}

function headingOf(list: Element): Element | null {
  return list.closest('section')?.querySelector('h2, h3') ?? document.querySelector('h1');
}
