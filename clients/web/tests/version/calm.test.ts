import { expect, test } from 'vitest';
import { mayReload } from '../../src/version/calm';
import type { Moment } from '../../src/version/calm';
import { entry } from '../hand/state';

const NOW = 1_000_000_000;
const calm: Moment = {
  ...{ outbox: [], isTouched: false, isHidden: false, isTyping: false, reloadedAt: null, now: NOW },
};

test('a page that nobody has touched loads itself anew', () => {
  expect(mayReload(calm)).toBe(true);
});

test('a page that is in use does not, unless nobody looks', () => {
  const used = { ...calm, isTouched: true };

  expect([mayReload(used), mayReload({ ...used, isHidden: true })]).toEqual([false, true]);
});

test('what is half typed keeps the page', () => {
  expect(mayReload({ ...calm, isHidden: true, isTyping: true })).toBe(false);
});

test('a command on its way keeps the page, one that is done or asks does not', () => {
  const withOne = (status: 'queued' | 'sending' | 'saved'): boolean =>
    mayReload({ ...calm, outbox: [entry('squad.leave', {}, { status })] });
  const refused = { code: 'FORBIDDEN', message: '' };
  const asking = entry('squad.leave', {}, { status: 'needs-you', refused });

  expect([withOne('queued'), withOne('sending'), withOne('saved')]).toEqual([false, false, true]);
  expect(mayReload({ ...calm, outbox: [asking] })).toBe(true);
});

test('a page that has just loaded itself anew does not do it again', () => {
  expect(mayReload({ ...calm, reloadedAt: NOW - 60_000 })).toBe(false);
  expect(mayReload({ ...calm, reloadedAt: NOW - 3_600_000 })).toBe(true);
});

test('a page that cannot know whether it has does not', () => {
  expect(mayReload({ ...calm, reloadedAt: undefined })).toBe(false);
});
