/** The one loud moment, for one's own deed: a buzz, and paper for a no. Nothing moves for those who asked for calm. */
import type { Outcome } from '../wire/types.generated';

const BUZZ_MS = 20;
/** At 60 frames a second this is 1.2 s. */
const TICKS = 72;

export function celebrate(outcome: Outcome): void {
  if (matchMedia('(prefers-reduced-motion: reduce)').matches) return;
  if ('vibrate' in navigator) navigator.vibrate(BUZZ_MS);
  if (outcome === 'REJECTED') void throwPaper();
}

async function throwPaper(): Promise<void> {
  try {
    const { default: confetti } = await import('canvas-confetti');
    const canvas = document.createElement('canvas');
    canvas.className = 'confetti';
    canvas.setAttribute('aria-hidden', 'true');
    document.body.append(canvas);
    const style = getComputedStyle(document.documentElement);
    const colors = ['--ember', '--sun', '--plum'].map((name) => style.getPropertyValue(name).trim());
    // No worker: it would come from a blob, which the CSP does not allow.
    const fire = confetti.create(canvas, { resize: true, useWorker: false });
    await fire({
      particleCount: 90,
      spread: 100,
      startVelocity: 38,
      ticks: TICKS,
      origin: { y: 0.3 },
      colors,
    });
    canvas.remove();
  } catch {
    // Without a net the paper may be missing; the stamp is there.
  }
}
