/** News for those who listen: several in one announcement, and not for long, so that the same can be said again. */

/** Runs something after so many ms, unless what it returns is called before. */
type After = (ms: number, run: () => void) => () => void;

/** What happens within this time is one announcement. */
const BATCH_MS = 1500;
/** Long enough to be picked up; read later, it would be news no more. */
const SAID_MS = 5000;

export class News {
  /** For an element with role "status" that is there from the start. */
  said = $state('');
  private isWaiting = false;
  private cancel: (() => void) | undefined;

  /** `tell`: the words for all that came together; empty for nothing. */
  constructor(
    private readonly tell: () => string,
    private readonly after: After = byTimer,
  ) {}

  came(): void {
    if (this.isWaiting) return;
    this.isWaiting = true;
    this.said = '';
    this.next(BATCH_MS, () => {
      this.isWaiting = false;
      this.said = this.tell();
      this.next(SAID_MS, () => (this.said = ''));
    });
  }

  stop(): void {
    this.cancel?.();
  }

  private next(ms: number, run: () => void): void {
    this.stop();
    this.cancel = this.after(ms, run);
  }
}

function byTimer(ms: number, run: () => void): () => void {
  const timer = setTimeout(run, ms);
  return () => {
    clearTimeout(timer);
  };
}
