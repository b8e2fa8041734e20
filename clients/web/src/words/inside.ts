/** Every word there is: for the screens that are loaded when they are wanted. */
import { enInside } from './en-inside';
import { words as first } from './words';

export const words = { ...first, ...enInside };

export { refusalText } from './words';
