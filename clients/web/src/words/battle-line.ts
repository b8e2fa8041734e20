/** A battle in words: how long, by which rules, who won, and each moment of its replay. Pure; now is given. */
import type { Result } from '../state/battles';
import { nameOf } from '../state/select';
import type { BattleNow, Moment, SquadView } from '../wire/types.generated';
import { battleWords } from './battle';
import { words } from './inside';

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** "30 minutes", "2 hours", "7 days". */
export function durationText(ms: number): string {
  if (ms >= DAY_MS && ms % DAY_MS === 0) return inUnit(ms / DAY_MS, 'day');
  if (ms >= HOUR_MS && ms % (HOUR_MS / 2) === 0) return inUnit(ms / HOUR_MS, 'hour');
  return ms < MINUTE_MS ? inUnit(ms / SECOND_MS, 'second') : inUnit(ms / MINUTE_MS, 'minute');
}

/** "09:41", with hours before it where there are any: "47:59:59". A second that has begun is still shown. */
export function timeLeft(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / SECOND_MS));
  const parts = [Math.floor(seconds / 60) % 60, seconds % 60];
  if (seconds >= 3600) parts.unshift(Math.floor(seconds / 3600));
  return parts.map((part) => String(part).padStart(2, '0')).join(':');
}

/** "Duel · 30 minutes · With heat". */
export function settingsText({ mode, duration_ms, heat, double_down }: BattleNow): string {
  const { modes, lobby } = battleWords;
  return [
    modes[mode][0],
    durationText(duration_ms),
    ...(heat ? [lobby.heat] : []),
    ...(double_down ? [lobby.doubleDown] : []),
  ].join(' · ');
}

export function resultText(result: Result, me: string | null): string {
  const texts = battleWords.result;
  if (result.at === 'nobody') return texts.nobody;
  if (result.at === 'draw') return texts.draw;
  const [first, ...others] = result.winners.map(({ player, handle }) => {
    return player === me ? words.you : (handle ?? words.formerMember);
  });
  if (others.length > 0)
    return texts.shared(new Intl.ListFormat(words.locale).format([first ?? '', ...others]));
  return result.winners[0]?.player === me ? texts.wonYou : texts.won(first ?? '');
}

/** What happened at a moment of a replay. A kind this page does not know yet has a line, too. */
export function momentText({ kind, player, outcome }: Moment, view: SquadView, me: string | null): string {
  const { moments } = battleWords.replay;
  const who = player != null && player === me ? words.you : nameIn(view, player);
  switch (kind) {
    case 'battle.opened':
      return moments.opened(who);
    case 'battle.joined':
      return moments.joined(who);
    case 'battle.left':
      return moments.left(who);
    case 'battle.countdown_started':
      return moments.countdown;
    case 'battle.went_live':
      return moments.live;
    case 'battle.grace_started':
      return moments.grace;
    case 'battle.finished':
      return moments.finished;
    case 'battle.cancelled':
      return moments.cancelled;
    case 'dare.corrected':
      return moments.corrected(who);
    case 'dare.reported':
      return outcome == null ? moments.other : words.feed.reported[outcome](who);
    default:
      return moments.other;
  }
}

function nameIn(view: SquadView, player: string | null | undefined): string {
  return nameOf(view, player ?? null) ?? words.formerMember;
}

function inUnit(count: number, unit: string): string {
  const long = { style: 'unit', unit, unitDisplay: 'long' } as const;
  return new Intl.NumberFormat(words.locale, long).format(count);
}
