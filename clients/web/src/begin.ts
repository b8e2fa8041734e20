/**
 * The words of the person's language, on their way as soon as possible: the build makes this module a script
 * of its own, so that it need not wait for the app, which comes beside it.
 */
import { loadWords } from './words/load';
import { locale } from './words/locale';

document.documentElement.lang = locale;
export const wordsAreThere = loadWords();
