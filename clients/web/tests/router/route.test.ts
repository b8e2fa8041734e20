import { expect, test } from 'vitest';
import { pathOf, routeOf } from '../../src/router/route';

test.each([
  ['/', { at: 'start' }],
  ['/j/ABCDE12345', { at: 'join', code: 'ABCDE12345' }],
  ['/s/01S', { at: 'squad', squad: '01S' }],
  ['/s/01S/dare', { at: 'issue', squad: '01S' }],
  ['/s/01S/settings', { at: 'settings', squad: '01S' }],
  ['/you', { at: 'you' }],
  ['/link', { at: 'link', code: '' }],
  ['/link/ABCDE12345', { at: 'link', code: 'ABCDE12345' }],
  ['/s/01S/d/01D', { at: 'dare', squad: '01S', dare: '01D' }],
] as const)('%s is a screen, and the screen is that address', (path, route) => {
  expect(routeOf(path)).toEqual(route);
  expect(pathOf(route)).toBe(path);
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
  '/s/1/what',
  '/s/1/settings/2',
  '/you/2',
  '/s/1/d/2/3',
  '/j/a/b',
  '/link/a/b',
])('%s is nowhere', (path) => {
  expect(routeOf(path)).toEqual({ at: 'nowhere' });
});

test('a broken escape does not throw', () => {
  expect(routeOf('/j/%E0%A4%A')).toMatchObject({ at: 'join' });
});
