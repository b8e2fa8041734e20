/** A double tap of a nervous finger counts once: what a tap has just put under it takes no tap for a moment. */
import type { Attachment } from 'svelte/attachments';

const SETTLES_IN_MS = 400;

/**
 * Swallows taps for a moment at first, and again whenever `step` is another one. Not `inert`: a tap would fall
 * through to what lies beneath, and the focus would be lost. Keys are never swallowed.
 */
export function settle(step: unknown): Attachment<HTMLElement> {
  void step;
  return (node) => {
    const swallow = (event: MouseEvent): void => {
      if (event.detail === 0) return;
      event.preventDefault();
      event.stopPropagation();
    };
    const settled = (): void => {
      node.removeAttribute('aria-disabled');
      node.removeEventListener('click', swallow, true);
    };
    node.setAttribute('aria-disabled', 'true');
    node.addEventListener('click', swallow, true);
    const timer = setTimeout(settled, SETTLES_IN_MS);
    return () => {
      clearTimeout(timer);
      settled();
    };
  };
}
