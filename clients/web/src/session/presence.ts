/** Tells each squad whether this person is here, away or going in: on a change, and anew after each `live`. */
import type { Change } from '../state/changes';
import { toTell } from '../state/presence';
import type { State } from '../state/state';
import type { Cancel, Clock } from '../wire/ports';
import type { Act } from '../wire/types.generated';

/** A squad is not told more often than this. */
export const APART_MS = 2000;
/** So long without a touch or a key, and one is away. */
export const IDLE_AFTER_MS = 3 * 60_000;

export interface PresencePorts {
  clock: Clock;
  send(act: Act): void;
  state(): State;
  isVisible(): boolean;
}

export class Presence {
  private readonly told = new Map<string, number>();
  private readonly toldAt = new Map<string, number>();
  private readonly waiting = new Map<string, Cancel>();
  private touchedAt: number;
  private cancelIdle: Cancel = () => undefined;

  constructor(private readonly ports: PresencePorts) {
    this.touchedAt = ports.clock.now();
    this.touched();
  }

  /** Call after every change of the state. */
  noted(change: Change): void {
    if (change.is === 'live') this.told.delete(change.squad); // perhaps another node, which knows nothing
    this.tell();
  }

  /** A touch, a key; or the page was hidden or is looked at again. */
  touched(): void {
    this.touchedAt = this.ports.clock.now();
    this.cancelIdle();
    this.cancelIdle = this.ports.clock.after(IDLE_AFTER_MS, () => {
      this.tell();
    });
    this.tell();
  }

  private tell(): void {
    const wanted = toTell(this.ports.state(), this.isActive());
    for (const squad of this.told.keys()) if (!wanted.has(squad)) this.told.delete(squad);
    for (const [squad, st] of wanted) if (this.told.get(squad) !== st) this.tellOne(squad, st);
  }

  private tellOne(squad: string, st: number): void {
    const { clock, send } = this.ports;
    const restMs = (this.toldAt.get(squad) ?? -Infinity) + APART_MS - clock.now();
    if (restMs <= 0) {
      this.told.set(squad, st);
      this.toldAt.set(squad, clock.now());
      send({ t: 'act', s: squad, st });
    } else if (!this.waiting.has(squad)) {
      const later = (): void => {
        this.waiting.delete(squad);
        this.tell();
      };
      this.waiting.set(squad, clock.after(restMs, later));
    }
  }

  private isActive(): boolean {
    const { clock, isVisible } = this.ports;
    return isVisible() && clock.now() - this.touchedAt < IDLE_AFTER_MS;
  }
}

/** The one of this page, fed by its events. */
export function browserPresence(ports: Omit<PresencePorts, 'isVisible'>): Presence {
  const presence = new Presence({ ...ports, isVisible: () => document.visibilityState === 'visible' });
  const touched = (): void => {
    presence.touched();
  };
  for (const type of ['pointerdown', 'keydown', 'scroll'] as const)
    window.addEventListener(type, touched, { passive: true });
  document.addEventListener('visibilitychange', touched);
  return presence;
}
