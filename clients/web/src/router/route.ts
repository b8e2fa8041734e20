/** Addresses and what they mean, both ways. Pure. */

export type Route =
  | { at: 'start' }
  | { at: 'join'; code: string }
  /** One more device; without a code it is asked for. */
  | { at: 'link'; code: string }
  | { at: 'squad'; squad: string }
  | { at: 'issue'; squad: string }
  | { at: 'dare'; squad: string; dare: string }
  | { at: 'settings'; squad: string }
  | { at: 'you' }
  | { at: 'nowhere' };

export function routeOf(path: string): Route {
  const [first, id, third, dare, ...rest] = path.split('/').filter((part) => part !== '');
  if (first === undefined) return { at: 'start' };
  if (first === 'you' && id === undefined) return { at: 'you' };
  if (first === 'link' && third === undefined)
    return { at: 'link', code: decodePart(id ?? '').toUpperCase() };
  if (id === undefined || rest.length > 0) return { at: 'nowhere' };
  if (first === 'j' && third === undefined) return { at: 'join', code: decodePart(id).toUpperCase() };
  if (first !== 's') return { at: 'nowhere' };
  if (third === undefined) return { at: 'squad', squad: id };
  if (third === 'settings' && dare === undefined) return { at: 'settings', squad: id };
  if (third === 'dare' && dare === undefined) return { at: 'issue', squad: id };
  if (third === 'd' && dare !== undefined) return { at: 'dare', squad: id, dare };
  return { at: 'nowhere' };
}

export function pathOf(route: Route): string {
  switch (route.at) {
    case 'start':
    case 'nowhere':
      return '/';
    case 'join':
      return `/j/${encodeURIComponent(route.code)}`;
    case 'link':
      return route.code === '' ? '/link' : `/link/${encodeURIComponent(route.code)}`;
    case 'squad':
      return `/s/${route.squad}`;
    case 'issue':
      return `/s/${route.squad}/dare`;
    case 'dare':
      return `/s/${route.squad}/d/${route.dare}`;
    case 'settings':
      return `/s/${route.squad}/settings`;
    case 'you':
      return '/you';
  }
}

function decodePart(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
