/** Fields that say in our own words what they want, at the field, in place of the browser's bubble over it. */

/** `pattern` of a field that wants more than spaces. */
export const SOMETHING = '[^]*\\S[^]*';
/** The same for a name: 3 characters or more without the spaces around; `maxlength` bounds it. */
export const NAME = '\\s*\\S.+\\S\\s*';

/** For `oninvalid`: no bubble, and the first field that is not right gets the focus. */
export function showFirstInvalid(event: Event & { currentTarget: HTMLInputElement }): void {
  event.preventDefault();
  event.currentTarget.form?.querySelector<HTMLInputElement>(':invalid')?.focus();
}
