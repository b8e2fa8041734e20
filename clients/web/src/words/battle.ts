/** The words of battles: they come with the screens of battles, and no other screen needs them. */
import type { BattleWords } from './en-battle';
import { locale } from './locale';
import type { Locale } from './locale';

export let battleWords: BattleWords;

const BATTLE: Record<Locale, () => Promise<BattleWords>> = {
  en: async () => (await import('./en-battle')).enBattle,
  de: async () => (await import('./de-battle')).deBattle,
};

export function speakBattle(chosen: BattleWords): void {
  battleWords = chosen;
}

export async function loadBattleWords(): Promise<void> {
  speakBattle(await BATTLE[locale]());
}
