import { expect, test } from 'vitest';
import { News } from '../../src/parts/news.svelte';
import { HandClock } from '../hand/clock';

function listener(): { clock: HandClock; news: News; came: (what: string) => void } {
  const clock = new HandClock();
  const untold: string[] = [];
  const news = new News(
    () => untold.splice(0).join(', '),
    (ms, run) => clock.after(ms, run),
  );
  const came = (what: string): void => {
    untold.push(what);
    news.came();
  };
  return { clock, news, came };
}

test('what comes together is said together, a little later', () => {
  const { clock, news, came } = listener();
  came('a cheer');
  clock.advance(1000);
  came('a no');
  expect(news.said).toBe('');
  clock.advance(500);
  expect(news.said).toBe('a cheer, a no');
});

test('what was said is gone before the same is said again', () => {
  const { clock, news, came } = listener();
  came('a cheer');
  clock.advance(1500);
  came('a cheer');
  expect(news.said).toBe('');
  clock.advance(1500);
  expect(news.said).toBe('a cheer');
});

test('nothing stays that is news no more', () => {
  const { clock, news, came } = listener();
  came('a cheer');
  clock.advance(1500);
  expect(news.said).toBe('a cheer');
  clock.advance(5000);
  expect(news.said).toBe('');
});

test('nothing is said on a screen that is gone', () => {
  const { clock, news, came } = listener();
  came('a cheer');
  news.stop();
  clock.advance(10_000);
  expect(news.said).toBe('');
});
