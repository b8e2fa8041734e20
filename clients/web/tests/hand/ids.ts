/** Ids that rise: ID-001, ID-002, … */
export function handIds(): () => string {
  let made = 0;
  return () => `ID-${String((made += 1)).padStart(3, '0')}`;
}
