import { beforeEach, expect, test } from 'vitest';
import { leadership } from '../../src/outbox/tabs';
import { HandLocks } from '../hand/locks';

let locks: HandLocks;
/** Who sends, as each tab has been told. */
let leading: Record<string, boolean>;

const tab = (name: string, isLookedAt = true): (() => void) =>
  leadership({ leads: (isLeading) => (leading[name] = isLeading) }, locks, isLookedAt);
const settled = (): Promise<void> => new Promise((done) => setTimeout(done));

beforeEach(() => {
  [locks, leading] = [new HandLocks(), {}];
});

test('the tab that is looked at sends, and the other one does not any more', async () => {
  const first = tab('first');
  tab('second');
  await settled();
  expect(leading).toEqual({ first: false, second: true });
  first();
  await settled();

  expect(leading).toEqual({ first: true, second: false });
});

test('a tab that is opened behind another waits for its end', async () => {
  tab('first');
  tab('second', false);
  await settled();
  expect(leading).toEqual({ first: true });
  locks.free();

  expect(leading['second']).toBe(true);
});

test('however often one goes from tab to tab, each waits once at most', async () => {
  const tabs = [tab('first'), tab('second')];
  for (let turn = 0; turn < 6; turn++) {
    tabs[turn % 2]?.();
    await settled();
  }

  expect(locks.waiting).toBeLessThanOrEqual(2);
  expect(leading).toEqual({ first: false, second: true });
});

test('a tab that waited, sent and lost it again waits again', async () => {
  tab('first');
  tab('second', false);
  locks.free();
  tab('third');
  await settled();
  locks.free();

  expect(leading).toMatchObject({ second: true });
});

test('a browser without locks sends from every tab', () => {
  leadership({ leads: (isLeading) => (leading['only'] = isLeading) }, undefined, true);

  expect(leading).toEqual({ only: true });
});
