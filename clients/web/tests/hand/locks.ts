/** One lock, as the tabs of a browser share it: held by one, waited for in a queue, or stolen. */

interface Request {
  granted: () => Promise<unknown>;
  lost: (error: Error) => void;
}

export class HandLocks {
  private holder: Request | null = null;
  private queue: Request[] = [];

  get waiting(): number {
    return this.queue.length;
  }

  readonly request = ((_: string, { steal }: LockOptions, granted: () => Promise<unknown>) =>
    new Promise((_, lost) => {
      const request = { granted, lost };
      if (steal === true) {
        this.holder?.lost(new Error('stolen'));
        this.grant(request);
      } else if (this.holder === null) this.grant(request);
      else this.queue.push(request);
    })) as LockManager['request'];

  /** The tab that holds it is closed. */
  free(): void {
    this.holder = null;
    const next = this.queue.shift();
    if (next !== undefined) this.grant(next);
  }

  private grant(request: Request): void {
    this.holder = request;
    void request.granted();
  }
}
