import { expect, test } from 'vitest';
import { HELD_MAX, cursorAt, receive, receiveSnap } from '../../src/wire/cursor';
import type { Cursor, Step } from '../../src/wire/cursor';

const item = (n: number): { n: number; event: string } => ({ n, event: `e${String(n)}` });

function take(cursor: Cursor<string>, ...ns: number[]): { step: Step<string>; applied: number[] } {
  const applied: number[] = [];
  let step: Step<string> = { cursor, apply: [], isGap: false };
  for (const n of ns) {
    step = receive(step.cursor, item(n));
    applied.push(...step.apply.map((one) => one.n));
  }
  return { step, applied };
}

test('the next event is applied', () => {
  const { step, applied } = take(cursorAt(4), 5);

  expect(applied).toEqual([5]);
  expect(step.cursor.have).toBe(5);
});

test('what is already there is dropped', () => {
  const { step, applied } = take(cursorAt(4), 3, 4);

  expect(applied).toEqual([]);
  expect(step).toMatchObject({ isGap: false, cursor: { have: 4 } });
});

test('an event past a gap waits and the gap is told', () => {
  const { step, applied } = take(cursorAt(4), 6);

  expect(applied).toEqual([]);
  expect(step.isGap).toBe(true);
});

test('filling the gap releases what waited, in order', () => {
  const { step, applied } = take(cursorAt(4), 7, 6, 5);

  expect(applied).toEqual([5, 6, 7]);
  expect(step).toMatchObject({ isGap: false, cursor: { have: 7 } });
});

test('a blank counts and carries nothing', () => {
  const step = receive(cursorAt<string>(4), { n: 5, event: null });

  expect(step.apply).toEqual([{ n: 5, event: null }]);
  expect(step.cursor.have).toBe(5);
});

test('a held blank is released too', () => {
  const { cursor } = receive(cursorAt<string>(4), { n: 6, event: null });

  expect(receive(cursor, item(5)).apply.map(({ n }) => n)).toEqual([5, 6]);
});

test('no more than 64 events are held', () => {
  const far = Array.from({ length: 100 }, (_, i) => 10 + i);
  const { step } = take(cursorAt(4), ...far);

  expect(step.cursor.held.size).toBe(HELD_MAX);
});

test('before a snapshot everything waits', () => {
  const { applied } = take(cursorAt(null), 8, 9);

  expect(applied).toEqual([]);
});

test('a snapshot drops what it contains and releases what follows it', () => {
  const { step } = take(cursorAt(null), 8, 9, 10);
  const snapped = receiveSnap(step.cursor, 8);

  expect(snapped.apply.map(({ n }) => n)).toEqual([9, 10]);
  expect(snapped.cursor).toEqual(cursorAt(10));
});

test('any order and repetition of 1..40 is applied once each, in order', () => {
  let seed = 7;
  const random = (): number => (seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31) / 2 ** 31;
  const ns = [...Array(40).keys()].flatMap((i) => [i + 1, i + 1]).toSorted(() => random() - 0.5);

  expect(take(cursorAt(0), ...ns).applied).toEqual([...Array(40).keys()].map((i) => i + 1));
});
