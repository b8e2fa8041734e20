/** Makes a thing when it is first wanted: a formatter of `Intl` takes a phone longer than all the words of a screen. */
export function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}
