import { beforeEach, expect, test } from 'vitest';
import { APART_MS, IDLE_AFTER_MS, Presence } from '../../src/session/presence';
import { AWAY, GOING_IN, HERE } from '../../src/state/presence';
import type { State } from '../../src/state/state';
import { HandClock } from '../hand/clock';
import { started } from '../hand/squad';
import { base, told } from '../hand/state';

let clock: HandClock;
let state: State;
let isVisible: boolean;
let sent: string[];
let presence: Presence;

const offline = (): State => ({
  ...base,
  squads: { S: { ...base.squads['S'], isLive: false } as State['squads'][string] },
});
const change = (next: State): void => {
  state = next;
  presence.noted({ is: 'tick', now: clock.now() });
};

beforeEach(() => {
  clock = new HandClock();
  [state, isVisible, sent] = [base, true, []];
  presence = new Presence({
    ...{ clock, state: () => state, isVisible: () => isVisible },
    send: ({ s, st }) => sent.push(`${s} ${String(st)}`),
  });
});

test('a squad is told once that one is here', () => {
  presence.touched();
  change({ ...base });

  expect(sent).toEqual([`S ${HERE}`]);
});

test('after each live it is told again, since the node may be another', () => {
  clock.advance(APART_MS);
  presence.noted({ is: 'live', squad: 'S' });

  expect(sent).toEqual([`S ${HERE}`, `S ${HERE}`]);
});

test('changes close together are one message, with the last of them', () => {
  change({ ...told(started), route: { at: 'dare', squad: 'S', dare: 'D1' } });
  isVisible = false;
  presence.touched();
  change(base);

  expect(sent).toEqual([`S ${HERE}`]);
  clock.advance(APART_MS);
  expect(sent).toEqual([`S ${HERE}`, `S ${AWAY}`]);
});

test('who goes in is going in until the report is made', () => {
  clock.advance(APART_MS);
  change({ ...told(started), route: { at: 'dare', squad: 'S', dare: 'D1' } });
  clock.advance(APART_MS);
  change({ ...told(started), route: { at: 'squad', squad: 'S' } });

  expect(sent).toEqual([`S ${HERE}`, `S ${GOING_IN}`, `S ${HERE}`]);
});

test('minutes without a touch are away, and a touch is back', () => {
  clock.advance(IDLE_AFTER_MS);
  expect(sent).toEqual([`S ${HERE}`, `S ${AWAY}`]);
  clock.advance(APART_MS);
  presence.touched();

  expect(sent).toEqual([`S ${HERE}`, `S ${AWAY}`, `S ${HERE}`]);
});

test('a hidden page is away', () => {
  clock.advance(APART_MS);
  isVisible = false;
  presence.touched();

  expect(sent).toEqual([`S ${HERE}`, `S ${AWAY}`]);
});

test('without a connection nothing is sent, and with the next one it is told anew', () => {
  change(offline());
  clock.advance(APART_MS);
  expect(sent).toEqual([`S ${HERE}`]);
  change(base);

  expect(sent).toEqual([`S ${HERE}`, `S ${HERE}`]);
});
