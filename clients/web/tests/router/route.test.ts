import { expect, test } from 'vitest';
import { arrival, pathOf, routeOf } from '../../src/router/route';

test.each([
  ['/', { at: 'start' }],
  ['/j/ABCDE12345', { at: 'join', code: 'ABCDE12345' }],
  ['/j/ABCDE12345?battle=01B', { at: 'join', code: 'ABCDE12345', battle: '01B' }],
  ['/s/01S/battle', { at: 'arena', squad: '01S' }],
  ['/s/01S/b/01B', { at: 'arena', squad: '01S', battle: '01B' }],
  ['/s/01S/b/01B/join', { at: 'arena', squad: '01S', battle: '01B', step: 'join' }],
  ['/s/01S', { at: 'squad', squad: '01S' }],
  ['/s/01S/dare', { at: 'issue', squad: '01S' }],
  ['/s/01S/settings', { at: 'settings', squad: '01S' }],
  ['/s/01S/week', { at: 'week', squad: '01S' }],
  ['/s/01S/week/2026-W47', { at: 'week', squad: '01S', week: '2026-W47' }],
  ['/s/01S/d/01D/report', { at: 'dare', squad: '01S', dare: '01D', step: 'report' }],
  ['/you', { at: 'you' }],
  ['/link', { at: 'link', code: '' }],
  ['/link/ABCDE12345', { at: 'link', code: 'ABCDE12345' }],
  ['/s/01S/d/01D', { at: 'dare', squad: '01S', dare: '01D' }],
] as const)('%s is a screen, and the screen is that address', (path, route) => {
  expect(routeOf(path)).toEqual(route);
  expect(pathOf(route)).toBe(path);
});

test('what a messenger adds to a link changes nothing', () => {
  const to = { at: 'join', code: 'ABCDE12345', battle: '01B' };

  expect(routeOf('/j/ABCDE12345?battle=01B&fbclid=y')).toEqual(to);
  expect(routeOf('/j/ABCDE12345?utm=x&battle=01B')).toEqual(to);
});

test('a code may be typed in small letters', () => {
  expect(routeOf('/j/abcde')).toEqual({ at: 'join', code: 'ABCDE' });
  expect(routeOf('/link/abcde')).toEqual({ at: 'link', code: 'ABCDE' });
});

test('a slash at the end does not matter', () => {
  expect(routeOf('/s/01S/')).toEqual({ at: 'squad', squad: '01S' });
});

test.each([
  '/j',
  '/s',
  '/x/1',
  '/s/1/d',
  '/s/1/b',
  '/s/1/b/2/3',
  '/s/1/battle/2',
  '/s/1/what',
  '/s/1/settings/2',
  '/you/2',
  '/s/1/d/2/3',
  '/s/1/d/2/report/4',
  '/s/1/week/2/3',
  '/j/a/b',
  '/link/a/b',
])('%s is nowhere', (path) => {
  expect(routeOf(path)).toEqual({ at: 'nowhere' });
});

test('a broken escape does not throw', () => {
  expect(routeOf('/j/%E0%A4%A')).toMatchObject({ at: 'join' });
});

test('whoever comes into a squad is in the battle that their link is for', () => {
  const join = routeOf('/j/ABCDE?battle=01B');

  expect(pathOf(arrival(join, '01S'))).toBe('/s/01S/b/01B/join');
  expect(pathOf(arrival(routeOf('/j/ABCDE'), '01S'))).toBe('/s/01S');
  expect(pathOf(arrival({ at: 'start' }, '01S'))).toBe('/s/01S');
});
