import { expect, test } from 'vitest';
import { browserNotes as notes } from '../../src/storage/notes';

// Node has no localStorage, as some browsers forbid it: a note lasts as long as the page.

test('who leaves is noted until that is done, each with what stays', () => {
  notes.setLeaving('ANA', 'nothing');
  notes.setLeaving('BO', 'outbox');
  expect(notes.leaving()).toEqual([
    ['ANA', 'nothing'],
    ['BO', 'outbox'],
  ]);
  notes.setLeaving('ANA', null);

  expect(notes.leaving()).toEqual([['BO', 'outbox']]);
});

test('whoever comes back does not leave any more, and has used the guest id up', () => {
  const guest = notes.guestId();
  notes.setLeaving('ANA', 'nothing');
  notes.setPlayer('ANA');

  expect([notes.player(), notes.leaving().map(([player]) => player)]).toEqual(['ANA', ['BO']]);
  expect(notes.guestId()).not.toBe(guest);
});
