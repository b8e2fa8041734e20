/** The other tabs of this browser: one sends for all, each hears what became of a command and who came or left. */
import type { Answer } from './entry';

export type TabNews =
  | { is: 'outbox-changed' }
  | { is: 'answered'; id: string; answer: Answer }
  /** This player has signed in here, or out. */
  | { is: 'came' | 'left'; player: string };

export interface Tabs {
  tell(news: TabNews): void;
  /** The tab that is looked at takes the sending over: a sleeping one would sit on it. */
  lookedAt(): void;
}

export interface TabsEvents {
  heard(news: TabNews): void;
  /** This tab is, or no longer is, the one that sends. */
  leads(isLeading: boolean): void;
}

const NAME = 'gutsy-tabs';

export function browserTabs(events: TabsEvents): Tabs {
  const channel = new BroadcastChannel(NAME);
  channel.onmessage = ({ data }: MessageEvent<TabNews>) => {
    events.heard(data);
  };
  const isLookedAt = document.visibilityState === 'visible';
  const { locks }: { locks?: LockManager } = navigator; // absent without https, and in old browsers
  const lookedAt = leadership(events, locks, isLookedAt);
  return {
    tell: (news) => {
      channel.postMessage(news);
    },
    lookedAt,
  };
}

/** Holds the lock for as long as the tab lives, or until another one, looked at, steals it. */
export function leadership(
  { leads }: Pick<TabsEvents, 'leads'>,
  locks: Pick<LockManager, 'request'> | undefined,
  isLookedAt: boolean,
): () => void {
  if (locks === undefined) {
    leads(true); // ids make a double send harmless
    return () => undefined;
  }
  let asked = 0;
  let held = 0;
  /** One request of this tab in the queue is enough, however often the lock is stolen. */
  let isQueued = false;
  const hold = (steal: boolean): void => {
    const mine = (asked += 1);
    if (!steal) isQueued = true;
    locks
      .request(NAME, { steal }, () => {
        if (!steal) isQueued = false;
        held = mine;
        leads(true);
        return new Promise<never>(() => undefined);
      })
      .catch(() => {
        if (held !== mine) return;
        held = 0;
        leads(false);
        if (!isQueued) hold(false);
      });
  };
  hold(isLookedAt);
  return () => {
    if (held === 0) hold(true);
  };
}
