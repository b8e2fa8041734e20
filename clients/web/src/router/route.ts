/** Addresses and what they mean, both ways. Pure. */

export type Route =
  | { at: 'start' }
  /** With a battle: that is what the link is for. */
  | { at: 'join'; code: string; battle?: string }
  /** One more device; without a code it is asked for. */
  | { at: 'link'; code: string }
  | { at: 'squad'; squad: string }
  | { at: 'issue'; squad: string }
  /** `step`: reporting what was done without having tapped "going in". */
  | { at: 'dare'; squad: string; dare: string; step?: 'report' }
  | { at: 'settings'; squad: string }
  /** Without a battle: one is to be opened. `step`: a link led here to take part. */
  | { at: 'arena'; squad: string; battle?: string; step?: 'join' }
  /** Without a week: the current one. */
  | { at: 'week'; squad: string; week?: string }
  | { at: 'you' }
  | { at: 'nowhere' };

export function routeOf(path: string): Route {
  const [, battle] = /[?&]battle=(\w+)/.exec(path) ?? [];
  const [first, id, third, dare, step, ...rest] = path
    .replace(/\?.*/, '')
    .split('/')
    .filter((part) => part !== '');
  if (first === undefined) return { at: 'start' };
  if (first === 'you' && id === undefined) return { at: 'you' };
  if (first === 'link' && third === undefined)
    return { at: 'link', code: decodePart(id ?? '').toUpperCase() };
  if (id === undefined || rest.length > 0) return { at: 'nowhere' };
  if (first === 'j' && third === undefined)
    return { at: 'join', code: decodePart(id).toUpperCase(), ...(battle && { battle }) };
  if (first !== 's') return { at: 'nowhere' };
  if (third === undefined) return { at: 'squad', squad: id };
  if (third === 'settings' && dare === undefined) return { at: 'settings', squad: id };
  if (third === 'dare' && dare === undefined) return { at: 'issue', squad: id };
  if (third === 'battle' && dare === undefined) return { at: 'arena', squad: id };
  if (third === 'week' && step === undefined)
    return { at: 'week', squad: id, ...(dare === undefined ? {} : { week: dare }) };
  if (third === 'd' && dare !== undefined) {
    if (step === 'report') return { at: 'dare', squad: id, dare, step };
    if (step === undefined) return { at: 'dare', squad: id, dare };
  }
  if (third === 'b' && dare !== undefined) {
    if (step === 'join') return { at: 'arena', squad: id, battle: dare, step };
    if (step === undefined) return { at: 'arena', squad: id, battle: dare };
  }
  return { at: 'nowhere' };
}

export function pathOf(route: Route): string {
  switch (route.at) {
    case 'start':
    case 'nowhere':
      return '/';
    case 'join':
      return `/j/${encodeURIComponent(route.code)}${route.battle ? `?battle=${route.battle}` : ''}`;
    case 'link':
      return route.code === '' ? '/link' : `/link/${encodeURIComponent(route.code)}`;
    case 'squad':
      return `/s/${route.squad}`;
    case 'issue':
      return `/s/${route.squad}/dare`;
    case 'dare':
      return `/s/${route.squad}/d/${route.dare}${route.step === undefined ? '' : `/${route.step}`}`;
    case 'settings':
      return `/s/${route.squad}/settings`;
    case 'arena':
      if (route.battle === undefined) return `/s/${route.squad}/battle`;
      return `/s/${route.squad}/b/${route.battle}${route.step === undefined ? '' : `/${route.step}`}`;
    case 'week':
      return `/s/${route.squad}/week${route.week === undefined ? '' : `/${route.week}`}`;
    case 'you':
      return '/you';
  }
}

/** Where somebody who comes into a squad is shown: in the battle that their link is for, if it is for one. */
export function arrival(from: Route, squad: string): Route {
  return from.at === 'join' && from.battle
    ? { at: 'arena', squad, battle: from.battle, step: 'join' }
    : { at: 'squad', squad };
}

function decodePart(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
